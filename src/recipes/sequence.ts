/**
 * Numbers that are given out once, to all who ask anywhere: 1, 2, 3 and so on.
 *
 * A handle reserves a block of them by one addition and gives them out of its memory. So numbers are unique across
 * all handles, and each handle's grow in the order in which it was asked. Those of two handles are in no order, and
 * there are gaps: what is left of a block is gone when its process ends. An addition whose outcome is unknown only
 * leaves a gap too, so `next` may be called again after any error.
 */
import { Deque, invalidOption, linkSignals, QuorateError, untilAborted } from '../base/index.ts';
import type { CallOptions } from '../engines/port/index.ts';
import { CallLimit } from './budget.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface SequenceOptions {
  /** How many numbers are reserved at once: what a process that ends may leave unused. Default 100. */
  readonly block?: number;
}

/** Who waits for a number. */
interface Asker {
  resolve(number: number): void;
  reject(error: unknown): void;
}

const blockMax = 1_000_000;
/** Who asks while so many wait is refused. */
const askersMax = 65_536;

export class Sequence {
  readonly #context: RecipeContext;
  readonly #key: string;
  readonly #block: number;
  readonly #askers = new Deque<Asker>();
  #next = 1;
  /** The last number that is ours. */
  #last = 0;
  #isReserving = false;

  constructor(context: RecipeContext, name: string, { block = 100 }: SequenceOptions = {}) {
    this.#context = context;
    this.#key = context.pathOf('sequences', name);
    if (!(Number.isSafeInteger(block) && block >= 1 && block <= blockMax))
      throw invalidOption('block', block, `a whole number from 1 to ${blockMax}`);
    this.#block = block;
  }

  /** Above every number that this handle gave before, and never given to anybody else. */
  async next(call: CallOptions = {}): Promise<number> {
    const { signal, deadline } = call;
    signal?.throwIfAborted();
    if (this.#askers.size >= askersMax) throw this.#full();
    if (signal === undefined && deadline === undefined) return await this.#ask();
    using limit = deadline === undefined ? linkSignals(signal) : this.#limitOf(call);
    return await untilAborted(this.#ask(), limit.signal);
  }

  #ask(): Promise<number> {
    const number = new Promise<number>((resolve, reject) => this.#askers.pushBack({ resolve, reject }));
    this.#serve();
    return number;
  }

  #limitOf(call: CallOptions): CallLimit {
    return new CallLimit(this.#context, call, `a number of ${this.#key}`);
  }

  #serve(): void {
    while (this.#askers.size > 0 && this.#next <= this.#last) {
      this.#askers.popFront()?.resolve(this.#next);
      this.#next += 1;
    }
    if (this.#askers.size === 0 || this.#isReserving) return;
    this.#isReserving = true;
    this.#reserve().then(
      () => this.#reserved(),
      (error: unknown) => this.#failed(error),
    );
  }

  /** One addition for all who wait by now, by the patience of the engine and not by that of one of them. */
  async #reserve(): Promise<void> {
    const amount = Math.max(this.#block, this.#askers.size);
    const add = { kind: 'add', key: this.#key, amount } as const;
    const answer = await this.#context.engine.transact({ operations: [add] });
    const result = answer.succeeded ? answer.results[0] : undefined;
    if (result?.kind !== 'add') throw invalidOption('name', this.#key, 'a sequence that is not used up');
    this.#next = result.before + 1;
    this.#last = result.after;
  }

  #reserved(): void {
    this.#isReserving = false;
    this.#serve();
  }

  #full(): QuorateError<'queue-full'> {
    return new QuorateError({
      code: 'queue-full',
      message: `${askersMax} callers wait for a number of ${this.#key}; ask for fewer at once`,
      data: { queue: this.#key, limit: askersMax },
    });
  }

  #failed(error: unknown): void {
    this.#isReserving = false;
    for (let asker = this.#askers.popFront(); asker !== undefined; asker = this.#askers.popFront())
      asker.reject(error);
  }
}
