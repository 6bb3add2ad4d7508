/**
 * Proposals on their way through the log, in the order of their indexes. When an index is applied, the proposal
 * made for it either is that entry, or has lost its place to another leader's and was not applied. When
 * leadership ends before that, nobody here can know.
 */
import { Deque, QuorateError } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import type { Entry, GroupId } from '../raft/index.ts';
import type { Waiter } from './waiter.ts';

/** Proposals of one turn, whose entries follow each other. */
interface Batch {
  readonly index: number;
  readonly term: number;
  readonly waiters: readonly Waiter[];
  readonly bytes: number;
  readonly addedAtMs: number;
  /** How many of them have heard. */
  heard: number;
}

export class PendingProposals {
  readonly #group: GroupId;
  readonly #clock: Clock;
  readonly #batches = new Deque<Batch>();
  #size = 0;
  #bytes = 0;
  /** How long the last batch took that has heard. */
  #lastTookMs = 0;

  constructor(group: GroupId, clock: Clock) {
    this.#group = group;
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  /** Of their commands. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What one that is added now has to expect, as far as the others tell; 0 where there are none. */
  waitMs(now: number): number {
    const oldest = this.#batches.front();
    return oldest === undefined ? 0 : Math.max(now - oldest.addedAtMs, this.#lastTookMs);
  }

  /** The first of them waits for `index`, each other one for the entry behind that of the one before. */
  add(index: number, term: number, waiters: readonly Waiter[], bytes = 0): void {
    this.#batches.pushBack({ index, term, waiters, bytes, addedAtMs: this.#clock.now(), heard: 0 });
    this.#size += waiters.length;
    this.#bytes += bytes;
  }

  /** The entry was applied, with this reply. */
  applied(entry: Entry, reply: Uint8Array): void {
    for (let batch = this.#batches.front(); batch !== undefined; batch = this.#batches.front()) {
      const index = batch.index + batch.heard;
      if (index > entry.index) return;
      const waiter = this.#next(batch);
      if (index < entry.index) waiter.reject(this.#lost('unknown', 'its entry was passed over'));
      else if (batch.term === entry.term) waiter.resolve(reply);
      else waiter.reject(this.#lost('not-applied', 'another leader replaced it'));
    }
  }

  /** Nobody here will learn what became of them. */
  abandon(reason: string): void {
    for (let batch = this.#batches.front(); batch !== undefined; batch = this.#batches.front()) {
      this.#next(batch).reject(this.#lost('unknown', reason));
    }
    // What comes next has nothing to do with how long they were kept waiting.
    this.#lastTookMs = 0;
  }

  /** Takes the first waiter out of the first batch. */
  #next(batch: Batch): Waiter {
    const waiter = batch.waiters[batch.heard] as Waiter;
    batch.heard += 1;
    this.#size -= 1;
    if (batch.heard < batch.waiters.length) return waiter;
    this.#batches.popFront();
    this.#bytes -= batch.bytes;
    this.#lastTookMs = this.#clock.now() - batch.addedAtMs;
    return waiter;
  }

  #lost(outcome: 'not-applied' | 'unknown', reason: string): QuorateError<'proposal-lost'> {
    return new QuorateError({
      code: 'proposal-lost',
      message: `a proposal to group ${this.#group} got no answer: ${reason}`,
      data: { group: this.#group, reason },
      outcome,
      retryable: outcome === 'not-applied',
    });
  }
}
