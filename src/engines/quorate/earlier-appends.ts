/**
 * Appends under a session that are asked for again because nobody knows what became of them. The session is sealed, so
 * that a try which is still on its way comes too late for ever, and then the item is looked for. What is put under a
 * session again is sealed too: an earlier one that came late would stand in the way of others, or put back what was.
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

type OwnPut = Extract<Operation, { kind: 'put' }> & { readonly session: QuorateSession };

export class EarlierAppends {
  readonly #store: Store;
  readonly #layout: Layout;

  constructor(store: Store, layout: Layout) {
    this.#store = store;
    this.#layout = layout;
  }

  /** The request has failed: its outcome may be unknown. */
  note({ operations, signal }: TransactRequest, error: unknown): void {
    // The reason of a signal says nothing of the request, whatever it says of itself.
    if (signal?.aborted !== true && isQuorateError(error) && error.outcome === 'not-applied') return;
    for (const one of operations.filter(isUnderSession)) one.session.doubt(nameOf(one));
  }

  /** The request was answered. */
  settle({ operations }: TransactRequest): void {
    for (const one of operations.filter(isUnderSession)) one.session.settle(nameOf(one));
  }

  isInDoubt({ operations }: TransactRequest): boolean {
    return operations.some((one) => isUnderSession(one) && one.session.isInDoubt(nameOf(one)));
  }

  /** The answer to a request that an earlier try has carried out; undefined: none has, and none will. `rest` is the time that is left. */
  async find(request: TransactRequest, rest: () => CallOptions): Promise<TransactAnswer | undefined> {
    const { operations, when = [] } = request;
    const doubtful = operations.filter(isUnderSession).filter((one) => one.session.isInDoubt(nameOf(one)));
    for (const one of doubtful) {
      const entry = await this.#look(one, rest);
      one.session.settle(nameOf(one));
      if (entry === undefined) continue;
      // What else was in it was done with it, and what that came to is not known any more.
      if (operations.length > 1 || when.length > 0) return { succeeded: false, reason: 'condition' };
      const { createRevision: created, key } = entry;
      const result = { kind: 'append', key: this.#layout.key(key), created } as const;
      return { succeeded: true, results: [result], mark: String(created) };
    }
    return undefined;
  }

  /** Of a put it is enough that earlier ones come too late. */
  async #look(one: OwnAppend | OwnPut, rest: () => CallOptions): Promise<Entry | undefined> {
    try {
      await one.session.inner.seal(rest());
      if (one.kind === 'put') return undefined;
      const ending = suffixOf(one);
      const { start, end } = this.#layout.appended(one.directory, undefined);
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

function isUnderSession(operation: Operation): operation is OwnAppend | OwnPut {
  return 'session' in operation && operation.session instanceof QuorateSession;
}

function nameOf(one: OwnAppend | OwnPut): string {
  return one.kind === 'put' ? one.key : `${one.directory}/${one.label}-${one.id}`;
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
