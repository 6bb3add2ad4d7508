/**
 * What a group replicates. All members apply the same commands in the same order and must reach the same
 * state: no clock, no randomness, no iteration over unordered things. A command that makes no sense is
 * answered as such and changes nothing; throwing stops the node.
 */

export interface StateMachine {
  /** The last index that is held; 0 for none. */
  readonly applied: number;

  /** Applies a command, or `undefined` for an entry that carries none, and returns the reply for whoever proposed it. */
  apply(index: number, command: Uint8Array | undefined): Uint8Array;

  /** Answers a question about the state as it is now; changes nothing. */
  read(query: Uint8Array): Uint8Array;

  /**
   * The whole state as of this call, chunk by chunk; stays the same while later commands are applied. Beware of
   * a generator method: its body begins only when the first chunk is asked for, and that is too late.
   */
  snapshot(): Iterable<Uint8Array>;

  /** Replaces the state by what `snapshot` gave for `index`. A failure leaves the state unusable. */
  restore(index: number, chunks: AsyncIterable<Uint8Array>): Promise<void>;

  /** Equal on two members that hold the same index; for checks. */
  hash(): number;
}
