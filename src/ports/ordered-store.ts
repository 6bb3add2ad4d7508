/**
 * An ordered map from bytes to bytes that outlives the process: where a state machine keeps its state. It is
 * not the truth (that is the write-ahead log) but a picture of it that remembers up to which index it was
 * painted, so that a restart replays only the rest.
 *
 * Order: keys compare as unsigned bytes, a prefix before what it begins. Keys have 1 to 1,900 bytes; values
 * up to 2³¹ − 1.
 *
 * Ownership: the store copies what `put` is given. Views that reads hand out are valid until the next write
 * to the store, those of a cursor also only until it moves: keep a copy, never the view.
 *
 * Failure: memory never fails; a disk throws `disk-full` or `disk-failed`, and `ordered-store-damaged` when it
 * has changed what was written, after which the store accepts nothing and is opened again from its last commit.
 * So it does with `queue-full` when too much was written without a commit; a commit or a snapshot that is one
 * too many is refused with that code and changes nothing.
 */

/** What can be read, from the store as it is now or from a snapshot of it. */
export interface OrderedReader {
  /** The value of `key`, or undefined. */
  get(key: Uint8Array): Uint8Array | undefined;

  /** A cursor before the first entry of `range`. It may not be used after a write to the store that it reads. */
  scan(range: OrderedRange): OrderedCursor;
}

export interface OrderedStore extends OrderedReader {
  /** The index given to the last commit that is durable; 0 before the first. */
  readonly appliedIndex: number;

  /** Sets `key`; reads see it at once, a crash before the next commit forgets it. */
  put(key: Uint8Array, value: Uint8Array): void;

  /** Removes `key` if it is there. Seen and forgotten as a `put` is. */
  delete(key: Uint8Array): void;

  /**
   * Makes everything written before this call one atomic whole with `appliedIndex`: a crash finds all of it
   * or nothing, and never a later commit without an earlier one. Resolves when it is durable. Writes may go
   * on at once and belong to the next commit. The index never falls; equal is allowed.
   */
  commit(appliedIndex: number): Promise<void>;

  /** The store as it is now, uncommitted writes included; later writes do not change it. Costs next to nothing to take. */
  snapshot(): OrderedSnapshot;

  /** Waits for commits under way and gives memory and files back; what was not committed is lost. May be called twice. */
  close(): Promise<void>;
}

export interface OrderedSnapshot extends OrderedReader {
  /** Lets the store reuse what only this snapshot still held. May be called twice; nothing else may be called after it. */
  close(): void;
}

export interface OrderedRange {
  /** The least key that belongs to the range. Absent: from the first. */
  readonly start?: Uint8Array;
  /** The least key above the range. Absent: to the last. */
  readonly end?: Uint8Array;
  /** True: from the greatest key down. Default false. */
  readonly reverse?: boolean;
  /** Most entries to visit. Default: all. */
  readonly limit?: number;
}

/** Moves over entries without an object for each. */
export interface OrderedCursor {
  /** The entry that the last `next` moved to; asking before the first or after the last is a mistake. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;

  /** Moves on; false behind the last entry, and from then on. */
  next(): boolean;

  /** Gives the cursor up before its end; one that has answered false needs no closing. May be called twice. */
  close(): void;
}
