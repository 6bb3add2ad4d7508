/**
 * An item under a name that only one may have at a time, held by a session that lives on for other things. Its value
 * is unlike all others, so when an answer is lost it can be found out whose it is, and what is no longer wanted is
 * taken away instead of standing in the way for as long as the session lives.
 */
import { isQuorateError } from '../base/index.ts';
import {
  type CallOptions,
  type Condition,
  type Fence,
  type Item,
  type Operation,
  sessionOver,
} from '../engines/port/index.ts';
import type { RecipeContext } from './recipe-context.ts';
import { untilAnswered, untilDone } from './removal.ts';
import type { SessionUse } from './session-pool.ts';

export interface OwnItemOptions {
  readonly context: RecipeContext;
  /** Released by `remove`, and where it is not taken. */
  readonly use: SessionUse;
  readonly key: string;
  /** Unlike that of anybody else. */
  readonly value: Uint8Array;
  /** What must hold as well, and is done with it, all or nothing. Needs the capability `transactions`. */
  readonly together?: { readonly when: readonly Condition[]; readonly operations: readonly Operation[] };
}

export class OwnItem {
  readonly #options: OwnItemOptions;
  readonly #created: number;
  #removing: Promise<void> | undefined;

  private constructor(options: OwnItemOptions, created: number) {
    this.#options = options;
    this.#created = created;
  }

  /** Undefined: somebody else has it, or what must hold as well does not. */
  static async take(options: OwnItemOptions, call: CallOptions): Promise<OwnItem | undefined> {
    const { context, use, key, value, together } = options;
    const put = { kind: 'put', key, value, session: use.session } as const;
    let isAnswered = false;
    try {
      const when = [{ key, is: 'absent' } as const, ...(together?.when ?? [])];
      const operations = [put, ...(together?.operations ?? [])];
      const answer = await context.engine.transact({ when, operations, ...call });
      isAnswered = true;
      const result = answer.succeeded ? answer.results[0] : undefined;
      if (result?.kind === 'put') return new OwnItem(options, result.created);
      const found = await context.engine.get(key, call);
      if (found !== undefined && isSame(found, value)) return new OwnItem(options, found.created);
    } catch (error) {
      // The reason of a signal may say so too, of the wait and not of the request.
      const isSure = !isAnswered && call.signal?.aborted !== true;
      const isNothing = isSure && isQuorateError(error) && error.outcome === 'not-applied';
      if (isNothing) use.release();
      else context.inBackground(`giving up ${key}`, () => removeUnsure(options));
      throw error;
    }
    use.release();
    return undefined;
  }

  get key(): string {
    return this.#options.key;
  }

  get fence(): Fence {
    return { key: this.#options.key, token: this.#created };
  }

  /** By the clock: false when it may be gone. */
  get isLive(): boolean {
    return this.#removing === undefined && this.#options.use.session.isLive;
  }

  /** Aborts when its session is over. */
  get over(): AbortSignal {
    return this.#options.use.session.over;
  }

  /** Gives it another value. Rejects with `session-expired` when it is ours no more. */
  async change(value: Uint8Array, call: CallOptions): Promise<void> {
    const { context, use, key } = this.#options;
    this.checkLive();
    const when = [{ key, is: 'created', created: this.#created }] as const;
    const put = { kind: 'put', key, value, session: use.session } as const;
    const { succeeded } = await context.engine.transact({ when, operations: [put], ...call });
    if (!succeeded) throw sessionOver(use.session.id, `${key} is not there any more`);
  }

  /** Takes it away together with other changes, all or nothing. False: it is ours no more, and nothing was done. */
  async removeWith(operations: readonly Operation[], call: CallOptions): Promise<boolean> {
    const { context, use, key } = this.#options;
    this.checkLive();
    const { succeeded } = await context.engine.transact({
      when: [{ key, is: 'created', created: this.#created }],
      operations: [{ kind: 'delete', key }, ...operations],
      ...call,
    });
    if (succeeded) {
      this.#removing = Promise.resolve();
      use.release();
    }
    return succeeded;
  }

  /** Throws `session-expired` when it may be gone. */
  checkLive(): void {
    const { use, key } = this.#options;
    if (!this.isLive) throw sessionOver(use.session.id, `${key} went with it`, use.session.over.reason);
  }

  /** Settles when it is gone, at the latest when its session is over. May be called twice. */
  remove(): Promise<void> {
    this.#removing ??= removeCreated(this.#options, this.#created).finally(() => this.#options.use.release());
    return this.#removing;
  }
}

/**
 * Whether it is there is not known, and whether it is ours; what was asked may still be on its way. So the same is asked
 * once more under the same session, where it can never come true: what was asked before comes too late behind that.
 */
async function removeUnsure(options: OwnItemOptions): Promise<void> {
  const { context, use, key, value } = options;
  const { engine } = context;
  const { session } = use;
  try {
    const never = { key, is: 'created', created: Number.MAX_SAFE_INTEGER } as const;
    await untilDone(engine, session, {
      when: [never],
      operations: [{ kind: 'put', key, value, session }],
    });
    const found = await untilAnswered(engine, session, (signal) => engine.get(key, { signal }));
    if (found !== undefined && isSame(found, value)) await removeCreated(options, found.created);
  } finally {
    use.release();
  }
}

async function removeCreated({ context, use, key }: OwnItemOptions, created: number): Promise<void> {
  const when = [{ key, is: 'created', created }] as const;
  await untilDone(context.engine, use.session, { when, operations: [{ kind: 'delete', key }] });
}

function isSame({ value }: Item, expected: Uint8Array): boolean {
  return value.length === expected.length && value.every((byte, at) => byte === expected[at]);
}
