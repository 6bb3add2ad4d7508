/**
 * Watches a whole cluster over the whole history and stops the world at the first broken invariant of Raft.
 * It hears what no single node may know: all elections, all votes, all applied states. What was seen once stays
 * true, across crashes and restarts.
 */
import type { Message, RaftEvent } from '../../raft/index.ts';

export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
}

/** What a run has exercised, by name. */
export type Coverage = Map<string, number>;

export class Monitor {
  readonly coverage: Coverage = new Map();
  /** True: faults are over, and nobody changes members any more. */
  calm = false;
  /** Who led each term. */
  readonly #leaders = new Map<number, number>();
  /** The state's hash at each index, as whoever applied it first saw it. */
  readonly #hashes = new Map<number, number>();
  /** Whom each member voted for in each term. */
  readonly #votes = new Map<string, number>();
  #appliedMax = 0;

  /** The greatest index that any member has applied: all of it is committed for ever. */
  get appliedMax(): number {
    return this.#appliedMax;
  }

  count(what: string, by = 1): void {
    this.coverage.set(what, (this.coverage.get(what) ?? 0) + by);
  }

  /** A member's state machine holds `index`. */
  reached(member: number, index: number, hash: number): void {
    const known = this.#hashes.get(index);
    if (known === undefined) this.#hashes.set(index, hash);
    else if (known !== hash) {
      throw new InvariantBroken(
        `member ${member} applied something else at ${index} than the first that applied it`,
      );
    }
    if (index > this.#appliedMax) this.#appliedMax = index;
  }

  event(member: number, event: RaftEvent): void {
    if (event.kind !== 'role-changed') {
      if (event.kind !== 'leader-changed') this.count(event.kind);
      return;
    }
    this.count(`became ${event.role}`);
    if (event.role !== 'leader') return;
    const other = this.#leaders.get(event.term);
    if (other !== undefined)
      throw new InvariantBroken(`term ${event.term} has two leaders: ${other} and ${member}`);
    this.#leaders.set(event.term, member);
  }

  /** A message leaves a member. */
  sent(message: Message): void {
    if (message.kind !== 'vote-reply' || !message.granted || message.preVote) return;
    const ballot = `${message.from} in ${message.term}`;
    const before = this.#votes.get(ballot);
    if (before !== undefined && before !== message.to) {
      throw new InvariantBroken(`member ${ballot} voted for ${before} and for ${message.to}`);
    }
    this.#votes.set(ballot, message.to);
  }
}
