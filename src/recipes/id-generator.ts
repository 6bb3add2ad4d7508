/**
 * Numbers of 63 bits that no two programs ever get alike, and that grow with time: 41 bits of milliseconds, 10 bits
 * of a worker's number, 12 bits of a count. They are made in memory; the engine is asked once in some seconds.
 *
 * What keeps them apart is not the clock. Each worker's number has a mark in the engine: up to which millisecond its
 * ids may have been given out. A worker reserves the next few seconds by moving the mark, on the condition that
 * nobody moved it since, and gives out nothing beyond; whoever gets the number next begins behind the mark. So a clock
 * that goes back, in one program or from one to the next, and a program that stood still past the end of its session,
 * give out nothing twice: ids then run ahead of the clock for a while, by their count.
 *
 * The numbers of workers themselves are leased by sessions, so that two programs seldom want the same; a program
 * whose session ends takes another number, and its ids go on growing.
 */
import { type Duration, invalidOption, QuorateError, untilAborted } from '../base/index.ts';
import type { CallOptions } from '../engines/port/index.ts';
import { Budget, CallLimit } from './budget.ts';
import { OwnItem } from './own-item.ts';
import type { RecipeContext } from './recipe-context.ts';
import { WorkerMark } from './worker-mark.ts';

export interface IdGeneratorOptions {
  /** How long a worker's number is kept for a program that is not heard of. Default: that of the coordination. */
  readonly ttl?: Duration;
  /** How many numbers of workers there are: how many programs may make ids at once. Default and most 1,024. */
  readonly workers?: number;
  /** Milliseconds since 1970 from which ids count, the same for all of one name for ever. Default: the first of 2026. */
  readonly epochMs?: number;
}

export interface IdParts {
  /** Milliseconds since 1970; ahead of the clock after it has gone back. */
  readonly timeMs: number;
  readonly worker: number;
  readonly count: number;
}

/** The first of January 2026. */
const epochMsDefault = 1_767_225_600_000;
const workersMax = 1_024;
const countMax = 4_096;
const timeMsMax = 2 ** 41;

interface Worker {
  readonly number: number;
  readonly item: OwnItem;
  readonly mark: WorkerMark;
}

export class IdGenerator implements AsyncDisposable {
  readonly #context: RecipeContext;
  readonly #directory: string;
  readonly #ttlMs: number;
  readonly #epochMs: number;
  readonly #workers: number;
  #worker: Worker | undefined;
  #preparing: Promise<void> | undefined;
  /** Of the last id. */
  #timeMs = 0;
  #count = 0;
  #isClosed = false;

  constructor(context: RecipeContext, name: string, options: IdGeneratorOptions = {}) {
    this.#context = context;
    this.#directory = context.pathOf('ids', name);
    this.#ttlMs = context.ttlMsOf(options.ttl);
    const { epochMs = epochMsDefault, workers = workersMax } = options;
    if (!Number.isSafeInteger(epochMs))
      throw invalidOption('epochMs', epochMs, 'whole milliseconds since 1970');
    if (!(Number.isSafeInteger(workers) && workers >= 1 && workers <= workersMax))
      throw invalidOption('workers', workers, `a whole number from 1 to ${workersMax}`);
    this.#epochMs = epochMs;
    this.#workers = workers;
  }

  /** Above every id that this generator gave before, and unlike that of any other of this name. */
  async next(call: CallOptions = {}): Promise<bigint> {
    const budget = new Budget(this.#context.engine.clock, call, `an id of ${this.#directory}`);
    while (true) {
      if (this.#isClosed) throw this.#closed();
      const id = this.#take();
      if (id !== undefined) return id;
      using limit = new CallLimit(this.#context, budget.next(), `an id of ${this.#directory}`);
      this.#preparing ??= this.#prepare().finally(() => {
        this.#preparing = undefined;
      });
      await untilAborted(this.#preparing, limit.signal);
    }
  }

  /** The parts of an id of this name. */
  partsOf(id: bigint): IdParts {
    return {
      timeMs: Number(id >> 22n) + this.#epochMs,
      worker: Number((id >> 12n) & 1_023n),
      count: Number(id & 4_095n),
    };
  }

  /** Gives the worker's number back. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#preparing?.catch(toldToWhoAsked);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.item.remove();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Undefined: the engine has to be asked first. */
  #take(): bigint | undefined {
    const worker = this.#worker;
    if (worker === undefined || !worker.item.isLive) return undefined;
    const nowMs = Math.floor(this.#context.engine.clock.wall()) - this.#epochMs;
    const isUsedUp = this.#count + 1 >= countMax;
    let timeMs = Math.max(nowMs, this.#timeMs, worker.mark.fromMs);
    if (timeMs === this.#timeMs && isUsedUp) timeMs += 1;
    if (timeMs >= timeMsMax) throw tooLate(this.#epochMs);
    if (!worker.mark.covers(timeMs)) return undefined;
    this.#count = timeMs === this.#timeMs ? this.#count + 1 : 0;
    this.#timeMs = timeMs;
    return (BigInt(timeMs) << 22n) | BigInt((worker.number << 12) | this.#count);
  }

  /** One for all who wait, by the patience of the engine and not by that of one of them. */
  async #prepare(): Promise<void> {
    const call = {};
    if (this.#worker?.item.isLive !== true) this.#worker = await this.#lease(call);
    const { mark, item } = this.#worker;
    const nowMs = Math.floor(this.#context.engine.clock.wall()) - this.#epochMs;
    let isReserved = false;
    try {
      isReserved = await mark.reserve(Math.max(nowMs, this.#timeMs + 1), call);
    } finally {
      // What became of the reserving is not known, or another has this number: another worker begins anew.
      if (!isReserved) {
        this.#worker = undefined;
        this.#context.inBackground(`giving back ${item.key}`, () => item.remove());
      }
    }
  }

  /** The free number whose mark is lowest: those that are ahead of the clock are left to rest. */
  async #lease(call: CallOptions): Promise<Worker> {
    const context = this.#context;
    const { engine } = context;
    const directory = `${this.#directory}/workers`;
    const taken = await engine.list(directory, { keysOnly: true, ...call });
    const keys = new Set(taken.items.map(({ key }) => key));
    const marks = await WorkerMark.all(engine, `${this.#directory}/marks`, call);
    const free = Array.from({ length: this.#workers }, (_, number) => number)
      .filter((number) => !keys.has(`${directory}/${number}`))
      .map((number) => ({ number, untilMs: marks.get(number) ?? 0 }))
      .sort((left, right) => left.untilMs - right.untilMs || left.number - right.number);
    for (const { number } of free) {
      const use = await context.sessions.use(this.#ttlMs, context.closed);
      const value = new TextEncoder().encode(context.newId());
      const item = await OwnItem.take({ context, use, key: `${directory}/${number}`, value }, call);
      if (item === undefined) continue;
      try {
        const mark = await WorkerMark.read(engine, `${this.#directory}/marks/${number}`, call);
        return { number, item, mark };
      } catch (error) {
        context.inBackground(`giving back ${item.key}`, () => item.remove());
        throw error;
      }
    }
    throw new QuorateError({
      code: 'name-taken',
      message: `all ${this.#workers} numbers of workers of ${this.#directory} are taken; close generators that are not used, or wait`,
      data: { key: directory },
    });
  }

  #closed(): QuorateError<'closed'> {
    return new QuorateError({
      code: 'closed',
      message: `the id generator ${this.#directory} was closed; make another one`,
      data: { what: this.#directory },
    });
  }
}

function tooLate(epochMs: number): QuorateError<'invalid-option'> {
  return invalidOption('epochMs', epochMs, 'less than 69 years before what the clock of this machine says');
}

/** Whoever asked for an id hears what became of it. */
function toldToWhoAsked(): undefined {
  return undefined;
}
