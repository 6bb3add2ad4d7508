/**
 * How far a group of readers has come in a topic's log. It only moves forward, and only under the lease of the one
 * who reads: a reader who was held up, or a request that comes late, cannot set the group back.
 */
import { QuorateError } from '../base/index.ts';
import type { CallOptions, Item } from '../engines/port/index.ts';
import { Budget } from './budget.ts';
import type { OwnItem } from './own-item.ts';
import type { RecipeContext } from './recipe-context.ts';
import { offsetOf } from './topic-log.ts';

export interface GroupOffsetOptions {
  readonly context: RecipeContext;
  readonly lease: OwnItem;
  readonly key: string;
  /** For the error. */
  readonly what: string;
}

const utf8 = new TextEncoder();

export class GroupOffset {
  readonly #options: GroupOffsetOptions;
  #number: number;
  /** Undefined: what is there has to be looked at. */
  #modified: number | undefined;
  /** One step after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: GroupOffsetOptions, item: Item | undefined) {
    this.#options = options;
    this.#number = item === undefined ? 0 : offsetOf(item);
    this.#modified = item?.modified;
  }

  /** Of the last event that is done. */
  get number(): number {
    return this.#number;
  }

  /** Rejects with `not-held` where another reader has taken over. */
  advance(number: number, call: CallOptions): Promise<void> {
    const step = this.#turn.then(() => this.#advance(number, call));
    this.#turn = step.catch(toldToItsCaller);
    return step;
  }

  async #advance(number: number, call: CallOptions): Promise<void> {
    const { context, lease, key, what } = this.#options;
    const { engine } = context;
    const budget = new Budget(engine.clock, call, what);
    while (number > this.#number) {
      if (!lease.isLive) throw this.#notHeld();
      const modified = this.#modified ?? (await this.#look(budget.next()));
      this.#modified = undefined;
      const answer = await engine.transact({
        when: [
          { key: lease.key, is: 'created', created: lease.fence.token },
          { key, is: 'unchanged', modified },
        ],
        operations: [{ kind: 'put', key, value: utf8.encode(String(number)) }],
        ...budget.next(),
      });
      const result = answer.succeeded ? answer.results[0] : undefined;
      if (result?.kind === 'put') {
        this.#number = number;
        this.#modified = result.modified;
      } else if (!(await this.#isOurs(budget.next()))) throw this.#notHeld();
    }
  }

  /** Where it stands, since that is not known. */
  async #look(call: CallOptions): Promise<number> {
    const item = await this.#options.context.engine.get(this.#options.key, call);
    if (item === undefined) throw this.#notHeld();
    this.#number = Math.max(this.#number, offsetOf(item));
    return item.modified;
  }

  async #isOurs(call: CallOptions): Promise<boolean> {
    const { context, lease } = this.#options;
    const item = await context.engine.get(lease.key, call);
    return item?.created === lease.fence.token;
  }

  #notHeld(): QuorateError<'not-held'> {
    const { what, lease } = this.#options;
    const { key, token } = lease.fence;
    return new QuorateError({
      code: 'not-held',
      message: `${what} is over: another reader has taken over, or the group was removed; stop, and read on`,
      data: { what, key, token },
    });
  }
}

/** The next step does not depend on it. */
function toldToItsCaller(): undefined {
  return undefined;
}
