/**
 * A countdown that opens once: all who wait go on when it has been counted down as often as it was made for, and
 * nobody ever waits at it again. Another round takes another name. That it is open is known for as long as it is not
 * removed, which only those can decide who know that nobody comes any more.
 *
 * The steps are counted up by one command each, so none is lost; a step whose outcome is unknown may have counted,
 * and making it again may count twice. Steps beyond the last one change nothing.
 */
import { invalidOption } from '../base/index.ts';
import type { CallOptions, Item } from '../engines/port/index.ts';
import { AgreedSetting } from './agreed-setting.ts';
import { Budget } from './budget.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { WaitOptions } from './wait-limit.ts';
import { untilSeen, WatchLimit } from './watch-wait.ts';

const countMax = 1_000_000;
const text = new TextDecoder();

export class Latch {
  readonly #context: RecipeContext;
  readonly #name: string;
  readonly #count: number;
  readonly #stepsKey: string;
  readonly #setting: AgreedSetting;

  constructor(context: RecipeContext, name: string, count: number) {
    if (!(Number.isSafeInteger(count) && count >= 1 && count <= countMax))
      throw invalidOption('count', count, `a whole number from 1 to ${countMax}`);
    const directory = context.pathOf('latches', name);
    this.#context = context;
    this.#name = name;
    this.#count = count;
    this.#stepsKey = `${directory}/steps`;
    this.#setting = new AgreedSetting(context, `${directory}/count`, `latch ${name}`, String(count));
  }

  /** One step; answers with how many are left. */
  async countDown(options: CallOptions = {}): Promise<number> {
    const budget = this.#budgetOf(options);
    await this.#setting.check(budget.next());
    const add = { kind: 'add', key: this.#stepsKey, amount: 1, most: this.#count } as const;
    const answer = await this.#context.engine.transact({ operations: [add], ...budget.next() });
    const result = answer.succeeded ? answer.results[0] : undefined;
    return result?.kind === 'add' ? this.#count - result.after : 0;
  }

  /** How many steps are left; 0 when it is open. */
  async left(options: CallOptions = {}): Promise<number> {
    const budget = this.#budgetOf(options);
    await this.#setting.check(budget.next());
    return this.#leftBy(await this.#context.engine.get(this.#stepsKey, budget.next()));
  }

  /** Resolves when it is open. */
  async wait(options: WaitOptions = {}): Promise<void> {
    using limit = new WatchLimit(this.#context, `latch ${this.#name} to open`, options);
    await this.#setting.check({ signal: limit.signal });
    await untilSeen(this.#context, { key: this.#stepsKey }, limit, ({ items }) =>
      this.#leftBy(items.get(this.#stepsKey)) === 0 ? true : undefined,
    );
  }

  /**
   * Nothing is kept of it: whoever comes to this name then comes to a new one. For when nobody uses it any more; who
   * waits at it goes on waiting.
   */
  async remove(options: CallOptions = {}): Promise<void> {
    const budget = new Budget(this.#context.engine.clock, options, `removing latch ${this.#name}`);
    const operations = [{ kind: 'delete', key: this.#stepsKey }] as const;
    await this.#context.engine.transact({ operations, ...budget.next() });
    await this.#setting.remove(budget.next());
  }

  #budgetOf(options: CallOptions): Budget {
    return new Budget(this.#context.engine.clock, options, `asking latch ${this.#name}`);
  }

  #leftBy(steps: Item | undefined): number {
    return this.#count - (steps === undefined ? 0 : Number(text.decode(steps.value)));
  }
}
