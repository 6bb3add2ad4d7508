/**
 * The disk. What is written survives a crash only after `sync` (or a write to a file opened with
 * `durableWrites`) has resolved; before that a crash may keep all of it, none of it, or any torn part.
 * File names become durable with their directory: `rename`, `remove` and every `open` of this port sync the
 * directory before they resolve, because forgetting it is a bug that every database has had once. An `open` for
 * which that would be wasted has to say so; one that finds the file does it too, because whoever made it may have
 * died before its own sync. The same holds for bytes: what `read` returns need not be durable before this process
 * has synced the file itself.
 *
 * Operations on one file may overlap; their order is not promised, so the caller waits where order matters.
 * Failures are `disk-full`, `not-found`, `already-exists`, `in-use` and `disk-failed`, and `closed` after
 * `close`. A failed write may leave any part of its bytes in the range that it was given, and nothing elsewhere.
 *
 * After a failed `sync`, or a durable write that failed for another reason than `disk-full`, nothing is known
 * about what was written since the last good one, and a second `sync` would prove nothing: from then on every
 * operation on this file but `close` fails with `disk-failed`, naming the first failure. Space that runs out
 * during a `sync` is such a failure too.
 */

export interface Disk {
  /** Opens a file for reading and writing. */
  open(path: string, options: OpenOptions): Promise<DiskFile>;

  /** Replaces `to`, or makes it, by `from`, atomically and durably; both lie in one directory. `not-found` without `from`. */
  rename(from: string, to: string): Promise<void>;

  /** Removes a file, durably. `not-found` when there is none. */
  remove(path: string): Promise<void>;

  /** The names in a directory, sorted by code unit; directories included, what `lock` keeps there left out. `not-found` when there is none. */
  list(path: string): Promise<readonly string[]>;

  /** Makes a directory and its missing parents, durably. Harmless when it exists; `already-exists` when a file has the name. */
  makeDirectory(path: string): Promise<void>;

  /** Bytes that can still be written where `path` lies. `not-found` when nothing lies there. */
  freeBytes(path: string): Promise<number>;

  /**
   * Holds a directory against everyone else, in this process or another, until released or until this process
   * ends in any way. `in-use` when it is held, naming the holder where it can be known; `not-found` when there
   * is no such directory.
   */
  lock(path: string): Promise<DiskLock>;
}

export interface OpenOptions {
  /** `never`: must exist. `if-missing`: made when absent. `must-be-new`: `already-exists` otherwise. */
  readonly create: 'never' | 'if-missing' | 'must-be-new';
  /** True: a write resolves only when its bytes, and the size they need, are durable. Default false. */
  readonly durableWrites?: boolean;
  /**
   * False: the directory is not synced, because the name is durable already, or because nobody would miss the file
   * under this name: it is to get another one by `rename`, or is made again where it is wanted. Default true.
   */
  readonly durableName?: boolean;
}

export interface DiskFile {
  /** Reads up to `into.length` bytes from `position`; resolves to their number, below the length only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;

  /** Writes all of `bytes` at `position`; a gap before it reads as zeros. The caller leaves `bytes` alone until it resolves. */
  write(bytes: Uint8Array, position: number): Promise<void>;

  /**
   * The same, done before it returns. Blocks the event loop: for small writes on disks that were measured to be
   * fast. With `durableWrites`, not while another write or a `sync` of this file is under way.
   */
  writeNow(bytes: Uint8Array, position: number): void;

  /** Writes all of `bytes` behind the end; resolves to the position where they begin. One append at a time. */
  append(bytes: Uint8Array): Promise<number>;

  /** Makes everything that was written or truncated, and resolved, before this call durable. */
  sync(): Promise<void>;

  /** Cuts or lengthens the file with zeros to `length` bytes; durable after `sync`, with `durableWrites` too. */
  truncate(length: number): Promise<void>;

  /** The length in bytes. */
  size(): Promise<number>;

  /** Waits for operations under way, then gives the file back; refuses new ones with `closed` at once. May be called twice. Does not sync. */
  close(): Promise<void>;
}

export interface DiskLock {
  /** May be called twice. */
  release(): Promise<void>;
}
