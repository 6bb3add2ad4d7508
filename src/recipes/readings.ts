/**
 * A watch of the engine as its user wants to read it: each batch becomes some readings, which come one by one. It
 * ends as the watch does, and takes the watch with it: by `return()`, by its signal, or where a reading fails.
 */
import { Deque, type LinkedSignal, linkSignals } from '../base/index.ts';
import type { Watch, WatchBatch, WatchTarget } from '../engines/port/index.ts';
import type { RecipeContext } from './recipe-context.ts';

export class Readings<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  readonly #watch: Watch;
  readonly #link: LinkedSignal;
  readonly #read: (batch: WatchBatch) => Promise<readonly T[]>;
  /** Of one batch, so it has as many as that. */
  readonly #ready = new Deque<T>();
  /** Readers are served one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    context: RecipeContext,
    target: WatchTarget,
    signal: AbortSignal | undefined,
    read: (batch: WatchBatch) => Promise<readonly T[]>,
  ) {
    this.#link = linkSignals(context.closed, signal);
    this.#watch = context.engine.watch(target, { signal: this.#link.signal });
    this.#read = read;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const step = this.#turn.then(() => this.#step());
    this.#turn = step.catch(ignored);
    return step;
  }

  /** Resolves when the watch has begun: what happens from then on is read. For before the first reading. */
  async begin(): Promise<this> {
    const begun = this.#turn.then(() => this.#fill());
    this.#turn = begun.catch(ignored);
    await begun;
    return this;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#link[Symbol.dispose]();
    this.#ready.clear();
    return await this.#watch.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #step(): Promise<IteratorResult<T, undefined>> {
    while (this.#ready.size === 0) if (!(await this.#fill())) return { done: true, value: undefined };
    return { done: false, value: this.#ready.popFront() as T };
  }

  /** With the readings of one more batch. False: it is over. */
  async #fill(): Promise<boolean> {
    try {
      const step = await this.#watch.next();
      if (step.done === true) {
        await this.return();
        return false;
      }
      for (const reading of await this.#read(step.value)) this.#ready.pushBack(reading);
      return true;
    } catch (error) {
      await this.return();
      throw error;
    }
  }
}

/** Who asked hears of it; the next in turn asks for itself. */
function ignored(): undefined {
  return undefined;
}
