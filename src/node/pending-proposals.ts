/**
 * Proposals on their way through the log, in the order of their indexes. When an index is applied, the proposal
 * made for it either is that entry, or has lost its place to another leader's and was not applied. When
 * leadership ends before that, nobody here can know.
 */
import { Deque, QuorateError } from '../base/index.ts';
import type { Entry, GroupId } from '../raft/index.ts';

export interface Waiter {
  resolve(reply: Uint8Array): void;
  reject(reason: unknown): void;
}

interface Pending {
  readonly index: number;
  readonly term: number;
  readonly waiter: Waiter;
}

export class PendingProposals {
  readonly #group: GroupId;
  readonly #pending = new Deque<Pending>();

  constructor(group: GroupId) {
    this.#group = group;
  }

  get size(): number {
    return this.#pending.size;
  }

  add(index: number, term: number, waiter: Waiter): void {
    this.#pending.pushBack({ index, term, waiter });
  }

  /** The entry was applied, with this reply. */
  applied(entry: Entry, reply: Uint8Array): void {
    for (
      let first = this.#pending.front();
      first !== undefined && first.index <= entry.index;
      first = this.#pending.front()
    ) {
      this.#pending.popFront();
      if (first.index < entry.index) first.waiter.reject(this.#lost('unknown', 'its entry was passed over'));
      else if (first.term === entry.term) first.waiter.resolve(reply);
      else first.waiter.reject(this.#lost('not-applied', 'another leader replaced it'));
    }
  }

  /** Nobody here will learn what became of them. */
  abandon(reason: string): void {
    for (let first = this.#pending.popFront(); first !== undefined; first = this.#pending.popFront()) {
      first.waiter.reject(this.#lost('unknown', reason));
    }
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
