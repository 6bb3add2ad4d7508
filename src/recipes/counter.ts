/**
 * A whole number that many add to.
 *
 * Adding is one command of the engine and not a read with a write behind it, so no two additions see the same number
 * and none is lost, however many run at once. Each answers with the numbers before and after it.
 *
 * Exactly once, as far as can be known: what the engine acknowledged was done once. An error whose `outcome` is
 * `unknown` says that an addition may have been carried out; it is never tried again behind the caller's back.
 *
 * Bounds belong to the handle and are checked by the engine within the same command: no addition through this handle
 * leaves the counter outside of them. They are not kept with the counter; give all handles the same.
 */
import { invalidOption, QuorateError } from '../base/index.ts';
import type { CallOptions, Condition, Item } from '../engines/port/index.ts';
import { Budget } from './budget.ts';
import { fencesOf, type GuardedOptions } from './guarded-options.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface CounterOptions {
  /** No addition takes it below. Default −(2⁵³ − 1), the engine's own bound. */
  readonly least?: number;
  /** No addition takes it above. Default 2⁵³ − 1. */
  readonly most?: number;
}

export interface CounterChange {
  readonly before: number;
  readonly after: number;
}

export interface CompareAnswer {
  readonly succeeded: boolean;
  /** What the counter holds now: the next value, or the one that was found in place of the expected. */
  readonly value: number;
}

const text = new TextDecoder();
const utf8 = new TextEncoder();

export class Counter {
  readonly #context: RecipeContext;
  readonly #key: string;
  readonly #least: number;
  readonly #most: number;

  constructor(context: RecipeContext, name: string, options: CounterOptions = {}) {
    this.#context = context;
    this.#key = context.pathOf('counters', name);
    this.#least = whole('least', options.least ?? Number.MIN_SAFE_INTEGER);
    this.#most = whole('most', options.most ?? Number.MAX_SAFE_INTEGER);
    if (this.#least > this.#most) throw invalidOption('least', this.#least, `at most ${this.#most}`);
  }

  /** 0 where nobody has added yet. */
  async get(options: CallOptions = {}): Promise<number> {
    return this.#numberOf(await this.#context.engine.get(this.#key, options));
  }

  /** Rejects with `counter-bound`, and changes nothing, where the sum would leave the bounds. */
  async add(amount = 1, options: GuardedOptions = {}): Promise<CounterChange> {
    const change = await this.tryAdd(amount, options);
    if (change !== undefined) return change;
    const [least, most] = [this.#least, this.#most];
    throw new QuorateError({
      code: 'counter-bound',
      message:
        `${amount} more would take ${this.#key} out of its bounds, ${least} to ${most}; nothing was added; ` +
        'add less, or wait until others have taken away',
      data: { counter: this.#key, amount, least, most },
    });
  }

  /** For whom the bound is no surprise: `undefined`, and nothing changed, where `add` would reject. */
  async tryAdd(amount = 1, { fence, ...call }: GuardedOptions = {}): Promise<CounterChange | undefined> {
    const [least, most] = [this.#least, this.#most];
    const add = { kind: 'add', key: this.#key, amount: whole('amount', amount), least, most } as const;
    const fences = fencesOf(fence === undefined ? {} : { fence });
    const answer = await this.#context.engine.transact({ operations: [add], ...fences, ...call });
    if (!answer.succeeded) return undefined;
    const [result] = answer.results;
    if (result?.kind !== 'add') throw new TypeError(`the engine answered add with ${result?.kind}`);
    return { before: result.before, after: result.after };
  }

  /** Nothing is kept of it; whoever adds then begins at 0 again. True: there was one. */
  async delete(options: GuardedOptions = {}): Promise<boolean> {
    const { fence, ...call } = options;
    const operations = [{ kind: 'delete', key: this.#key }] as const;
    const fences = fencesOf(fence === undefined ? {} : { fence });
    const answer = await this.#context.engine.transact({ operations, ...fences, ...call });
    const result = answer.succeeded ? answer.results[0] : undefined;
    return result?.kind === 'delete' && result.existed;
  }

  /** Sets it to `next` if it holds `expected`; what is absent holds 0. */
  async compareAndSet(expected: number, next: number, options: GuardedOptions = {}): Promise<CompareAnswer> {
    whole('expected', expected);
    if (!(whole('next', next) >= this.#least && next <= this.#most))
      throw invalidOption('next', next, `a whole number from ${this.#least} to ${this.#most}`);
    const budget = new Budget(this.#context.engine.clock, options, `comparing ${this.#key}`);
    while (true) {
      const item = await this.#context.engine.get(this.#key, budget.next());
      const value = this.#numberOf(item);
      if (value !== expected) return { succeeded: false, value };
      const put = { kind: 'put', key: this.#key, value: utf8.encode(String(next)) } as const;
      const when = [sameAs(this.#key, item)];
      const answer = await this.#context.engine.transact({
        when,
        operations: [put],
        ...fencesOf(options),
        ...budget.next(),
      });
      if (answer.succeeded) return { succeeded: true, value: next };
    }
  }

  #numberOf(item: Item | undefined): number {
    if (item === undefined) return 0;
    const found = text.decode(item.value);
    const number = Number(found);
    if (/^-?\d{1,16}$/.test(found) && Number.isSafeInteger(number)) return number;
    throw new QuorateError({
      code: 'value-invalid',
      message: `${this.#key} holds ${JSON.stringify(found.slice(0, 40))}, which is no whole number; use another name, or delete what lies there`,
      data: { key: this.#key, issues: [{ message: 'no whole number', path: '' }] },
    });
  }
}

function sameAs(key: string, item: Item | undefined): Condition {
  return item === undefined ? { key, is: 'absent' } : { key, is: 'unchanged', modified: item.modified };
}

function whole(option: string, value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw invalidOption(option, value, 'a whole number from −(2⁵³ − 1) to 2⁵³ − 1');
}
