/**
 * Appends under a session that are asked for again because nobody knows what became of them. The session is sealed, so
 * that a try which is still on its way comes too late for ever, and then the item is looked for.
 *
 * The alternative is a mark beside each item, as appends without a session have it. But those outlive who made them,
 * and a mark costs a second key with its history for each place in each line; what is under a session is asked for
 * again by nobody but the process to which the session belongs, and that process can remember its doubts.
 */
import { isQuorateError, QuorateError } from '../../base/index.ts';
import type { Bytes, Entry, List, Store } from '../../client/index.ts';
import type { CallOptions, Operation, TransactAnswer, TransactRequest } from '../port/index.ts';
import { type Appending, type Layout, suffixOf } from './layout.ts';
import { QuorateSession } from './quorate-session.ts';

interface OwnAppend extends Appending {
  readonly session: QuorateSession;
}

export class EarlierAppends {
  readonly #store: Store;
  readonly #layout: Layout;

  constructor(store: Store, layout: Layout) {
    this.#store = store;
    this.#layout = layout;
  }

  /** The request has failed: its outcome may be unknown. */
  note({ operations }: TransactRequest, error: unknown): void {
    if (isQuorateError(error) && error.outcome === 'not-applied') return;
    for (const append of operations.filter(isOwn)) append.session.doubt(nameOf(append));
  }

  /** The request was answered. */
  settle({ operations }: TransactRequest): void {
    for (const append of operations.filter(isOwn)) append.session.settle(nameOf(append));
  }

  isInDoubt({ operations }: TransactRequest): boolean {
    return operations.some((one) => isOwn(one) && one.session.isInDoubt(nameOf(one)));
  }

  /** The answer to a request that an earlier try has carried out; undefined: none has, and none will. `rest` is the time that is left. */
  async find(request: TransactRequest, rest: () => CallOptions): Promise<TransactAnswer | undefined> {
    const { operations, when = [] } = request;
    const doubtful = operations.filter(isOwn).filter((append) => append.session.isInDoubt(nameOf(append)));
    for (const append of doubtful) {
      const entry = await this.#look(append, rest);
      append.session.settle(nameOf(append));
      if (entry === undefined) continue;
      // What else was in it was done with it, and what that came to is not known any more.
      if (operations.length > 1 || when.length > 0) return { succeeded: false, reason: 'condition' };
      const { createRevision: created, key } = entry;
      const result = { kind: 'append', key: this.#layout.key(key), created } as const;
      return { succeeded: true, results: [result], mark: String(created) };
    }
    return undefined;
  }

  async #look(append: OwnAppend, rest: () => CallOptions): Promise<Entry | undefined> {
    try {
      await append.session.inner.seal(rest());
      const ending = suffixOf(append);
      const { start, end } = this.#layout.appended(append.directory, undefined);
      for (let from: Bytes | undefined = start; from !== undefined; ) {
        const keys = { start: from, end };
        const { entries, resume }: List = await this.#store.list(keys, { keysOnly: true, ...rest() });
        const found = entries.find(({ key }) => key.endsWith(ending));
        if (found !== undefined) return found;
        from = resume;
      }
      return undefined;
    } catch (error) {
      throw unsure(error);
    }
  }
}

function isOwn(operation: Operation): operation is OwnAppend {
  return operation.kind === 'append' && operation.session instanceof QuorateSession;
}

function nameOf({ directory, label, id }: Appending): string {
  return `${directory}/${label}-${id}`;
}

/** To look has failed, and it says nothing of what was looked for. */
function unsure(error: unknown): unknown {
  if (!isQuorateError(error) || error.outcome === 'unknown') return error;
  const { code, data, retryable, message } = error;
  return new QuorateError({
    code,
    message: `whether an earlier try of this append was carried out is not known: ${message}`,
    data,
    retryable,
    outcome: 'unknown',
    cause: error,
  });
}
