/**
 * Work that is handed out item by item: each to one program at a time, oldest first, again when that program dies or
 * gives it back, and to the dead letters after so many tries.
 *
 * To take an item is one transaction: a lease, which vanishes with the session of the taker, and one more try counted
 * on the item, on the condition that nobody has it and nobody has changed it. To finish it is one transaction as well,
 * on the condition that the lease is still ours. So an item is never with two who both have a lease, and done is done
 * once; but work itself may be begun more than once, by a taker who was held up past the end of his session: whoever
 * writes somewhere shows the fence of the job.
 *
 * It is made for coordination and not for streams: every taker that waits hears of every change, to take one costs
 * the engine three requests and more where many take at once, and `itemsMax` bounds what lies in it, dead letters
 * included; what is put beyond is refused with `queue-full`.
 */
import { type Duration, invalidOption, QuorateError, type StandardSchema } from '../base/index.ts';
import type { CallOptions, Item } from '../engines/port/index.ts';
import { AgreedSetting } from './agreed-setting.ts';
import { Budget, CallLimit } from './budget.ts';
import { DeadLetters } from './dead-letters.ts';
import { JsonCodec } from './json-codec.ts';
import { OwnItem } from './own-item.ts';
import { patiently } from './patience.ts';
import { type QueueJob, QueueJobHandle } from './queue-job.ts';
import { nameIn, QueueLayout } from './queue-layout.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { SessionUse } from './session-pool.ts';
import type { TimeLimit } from './time-limit.ts';
import type { WaitOptions } from './wait-limit.ts';
import { untilSeen, WatchLimit } from './watch-wait.ts';

export interface QueueOptions<T> {
  /** Of the items. One that does not fit when it is taken goes to the dead letters. Default: any JSON. */
  readonly schema?: StandardSchema<T>;
  /** Most items in it, dead letters included. The same for all who use it. Default 10,000. */
  readonly itemsMax?: number;
  /** After so many tries an item goes to the dead letters. The same for all who use it. Default 5. */
  readonly triesMax?: number;
}

export interface PriorityQueueOptions<T> extends QueueOptions<T> {
  /** How many priorities there are, from 0, which goes first. The same for all who use it. Default 3. */
  readonly priorities?: number;
}

export interface TakeOptions {
  /** How long the server keeps a job for a program that is not heard of. Default: that of the coordination. */
  readonly ttl?: Duration;
  /** After so long the item is given back, though the program lives. Default: never. */
  readonly visibility?: Duration;
}

/** What one taker asks for, and how long he waits for answers. */
interface Asked {
  readonly options: TakeOptions;
  readonly budget: Budget;
  readonly limit: TimeLimit;
}

/** What came of a look at the first items. */
interface Taking<T> {
  readonly job: QueueJob<T> | undefined;
  /** Nothing lay behind what was looked at. */
  readonly isAll: boolean;
}

/** Of the items behind those that others have. */
const candidates = 8;
const prioritiesMax = 10;
const itemsMaxMost = 100_000;

export class Queue<T> {
  readonly #context: RecipeContext;
  readonly #name: string;
  readonly #codec: JsonCodec<T>;
  readonly #layout: QueueLayout;
  readonly #itemsMax: number;
  readonly #triesMax: number;
  readonly #priorities: number;
  readonly #setting: AgreedSetting;
  /** What has failed too often, or does not fit. */
  readonly deadLetters: DeadLetters<T>;

  constructor(context: RecipeContext, name: string, options: PriorityQueueOptions<T> = {}) {
    const { schema, itemsMax = 10_000, triesMax = 5, priorities = 1 } = options;
    this.#context = context;
    this.#name = name;
    this.#codec = new JsonCodec(schema);
    this.#layout = new QueueLayout(context.pathOf('queues', name));
    this.#itemsMax = within('itemsMax', itemsMax, itemsMaxMost);
    this.#triesMax = within('triesMax', triesMax, 1_000);
    this.#priorities = within('priorities', priorities, prioritiesMax);
    const settings = `itemsMax ${itemsMax}, triesMax ${triesMax}, priorities ${priorities}`;
    this.#setting = new AgreedSetting(context, this.#layout.settings, `queue ${name}`, settings);
    this.deadLetters = new DeadLetters(context, this.#layout, this.#codec);
  }

  /** Rejects with `queue-full`. An error whose outcome is unknown may have put it: putting it again may double it. */
  async put(value: T, options: CallOptions & { readonly priority?: number } = {}): Promise<void> {
    const { priority = 0, ...call } = options;
    if (!(Number.isSafeInteger(priority) && priority >= 0 && priority < this.#priorities))
      throw invalidOption('priority', priority, `a whole number from 0 to ${this.#priorities - 1}`);
    const budget = new Budget(this.#context.engine.clock, call, `putting into ${this.#name}`);
    await this.#setting.check(budget.next());
    const directory = this.#layout.items(priority);
    const written = await this.#codec.encode(value, directory);
    const append = {
      kind: 'append',
      directory,
      label: 'item',
      id: this.#context.newId(),
      value: this.#layout.withTries(0, written),
    } as const;
    const count = { kind: 'add', key: this.#layout.count, amount: 1, most: this.#itemsMax } as const;
    const { succeeded } = await this.#context.engine.transact({
      operations: [append, count],
      ...budget.next(),
    });
    if (!succeeded) throw this.#full();
  }

  /** How many items are in it: waiting, taken and dead. */
  async size(call: CallOptions = {}): Promise<number> {
    const item = await this.#context.engine.get(this.#layout.count, call);
    return item === undefined ? 0 : Number(new TextDecoder().decode(item.value));
  }

  /**
   * Nothing is kept of it, its settings included, if nothing is in it. False, and nothing done: something is. For when
   * nobody uses it any more: who goes on with it goes by the settings that it had.
   */
  async remove(options: CallOptions = {}): Promise<boolean> {
    const { engine } = this.#context;
    const { count } = this.#layout;
    const budget = new Budget(engine.clock, options, `removing queue ${this.#name}`);
    const item = await engine.get(count, budget.next());
    if (item !== undefined) {
      if (new TextDecoder().decode(item.value) !== '0') return false;
      const when = [{ key: count, is: 'unchanged', modified: item.modified }] as const;
      const operations = [{ kind: 'delete', key: count }] as const;
      if (!(await engine.transact({ when, operations, ...budget.next() })).succeeded) return false;
    }
    await this.#setting.remove(budget.next());
    return true;
  }

  /** The oldest item of the first priority that nobody has; `undefined` where there is none. */
  async tryTake(options: TakeOptions & CallOptions = {}): Promise<QueueJob<T> | undefined> {
    const what = `taking from ${this.#name}`;
    using limit = new CallLimit(this.#context, options, what);
    const budget = new Budget(this.#context.engine.clock, { ...options, signal: limit.signal }, what);
    await this.#setting.check(budget.next());
    return await this.#takeFirst({ options, budget, limit });
  }

  /** The same, as soon as there is one; rejects with `deadline-exceeded` when `wait` is over before. */
  async take(options: TakeOptions & WaitOptions = {}): Promise<QueueJob<T>> {
    using limit = new WatchLimit(this.#context, `an item of queue ${this.#name}`, options);
    await this.#setting.check({ signal: limit.signal });
    return await untilSeen(this.#context, { directory: this.#layout.work }, limit, () =>
      this.#takePatiently(options, limit),
    );
  }

  /** One job after the other, for as long as the reader goes on; each is the reader's to finish or to give back. */
  async *jobs(
    options: TakeOptions & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<QueueJob<T>, never> {
    while (true) yield await this.take(options);
  }

  async #takePatiently(options: TakeOptions, limit: TimeLimit): Promise<QueueJob<T> | undefined> {
    const { clock } = this.#context.engine;
    const { signal } = limit;
    return await patiently(clock, signal, () => {
      const budget = new Budget(clock, { signal }, `taking from ${this.#name}`);
      return this.#takeFirst({ options, budget, limit });
    });
  }

  /** Undefined: there is nothing to take. Where it could take nothing of what it saw, there may be more behind that. */
  async #takeFirst(asked: Asked): Promise<QueueJob<T> | undefined> {
    while (true) {
      const { job, isAll } = await this.#takeSeen(asked);
      if (job !== undefined || isAll) return job;
    }
  }

  async #takeSeen(asked: Asked): Promise<Taking<T>> {
    const { engine } = this.#context;
    const { budget } = asked;
    let isAll = true;
    const leases = await engine.list(this.#layout.work, { keysOnly: true, ...budget.next() });
    const taken = new Set(leases.items.map(({ key }) => key));
    for (let priority = 0; priority < this.#priorities; priority += 1) {
      const limit = taken.size + candidates;
      const directory = this.#layout.items(priority);
      const { items } = await engine.list(directory, { limit, ...budget.next() });
      if (items.length === limit) isAll = false;
      for (const item of items) {
        if (taken.has(this.#layout.lease(priority, nameIn(directory, item)))) continue;
        const job = await this.#takeItem(priority, item, asked);
        if (job !== undefined) return { job, isAll };
      }
    }
    return { job: undefined, isAll };
  }

  /** Undefined: somebody else was faster, or it is dead now. */
  async #takeItem(
    priority: number,
    item: Item,
    { options, budget, limit }: Asked,
  ): Promise<QueueJob<T> | undefined> {
    const layout = this.#layout;
    const { tries, content } = layout.readTries(item);
    const found = tries >= this.#triesMax ? undefined : await this.deadLetters.valueIfFit(item, content);
    const lease = layout.lease(priority, nameIn(layout.items(priority), item));
    if (found === undefined) {
      await this.deadLetters.bury({ priority, item, lease, tries, content }, budget.next());
      return undefined;
    }
    const context = this.#context;
    const use = await context.sessions.use(context.ttlMsOf(options.ttl), limit.signal);
    const put = { kind: 'put', key: item.key, value: layout.withTries(tries + 1, content) } as const;
    const unchanged = { key: item.key, is: 'unchanged', modified: item.modified } as const;
    const rest = this.#restFor(use, budget);
    const value = new TextEncoder().encode(context.newId());
    const together = { when: [unchanged], operations: [put] };
    // A try may be counted that nobody has made; the item itself is given back.
    const own = await limit.doubt(() => OwnItem.take({ context, use, key: lease, value, together }, rest));
    if (own === undefined) return undefined;
    const { visibility } = options;
    return new QueueJobHandle({
      context,
      queue: this.#name,
      layout,
      itemKey: item.key,
      lease: own,
      value: found.value,
      tries: tries + 1,
      ...(visibility === undefined ? {} : { visibility }),
    });
  }

  /** What is left of the time; where nothing is, the session is not needed any more. */
  #restFor(use: SessionUse, budget: Budget): CallOptions {
    try {
      return budget.next();
    } catch (error) {
      use.release();
      throw error;
    }
  }

  #full(): QuorateError<'queue-full'> {
    const [queue, limit] = [this.#name, this.#itemsMax];
    return new QuorateError({
      code: 'queue-full',
      message: `queue ${queue} holds its limit of ${limit} items, dead letters included; take some out, or wait`,
      data: { queue, limit },
    });
  }
}

function within(option: string, value: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  throw invalidOption(option, value, `a whole number from 1 to ${most}`);
}
