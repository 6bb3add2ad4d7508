/** An engine whose watches tell what a story says: what no engine tells when a test would like it to. */
import type { Engine, Watch, WatchBatch, WatchOptions, WatchTarget } from '../../src/engines/port/index.ts';

export class ToldWatches {
  readonly engine: Engine;
  /** In the order in which they were begun. */
  readonly begun: ToldWatch[] = [];

  constructor(inner: Engine) {
    const watch = (_target: WatchTarget, { signal }: WatchOptions = {}): Watch => {
      const one = new ToldWatch();
      signal?.addEventListener('abort', () => one.end(), { once: true });
      this.begun.push(one);
      return one;
    };
    this.engine = new Proxy(inner, {
      get: (target, name) => {
        if (name === 'watch') return watch;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }
}

export class ToldWatch implements Watch {
  readonly #told: WatchBatch[] = [];
  #wake: () => void = () => undefined;
  #isOver = false;
  #failure: unknown;

  tell(batch: WatchBatch): void {
    this.#told.push(batch);
    this.#wake();
  }

  /** It breaks off, when all was heard that it has told. */
  fail(error: unknown): void {
    this.#failure = error;
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async next(): Promise<IteratorResult<WatchBatch, undefined>> {
    if (this.#told.length === 0 && !this.#isOver && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const value = this.#isOver ? undefined : this.#told.shift();
    if (value === undefined && !this.#isOver && this.#failure !== undefined) throw this.#failure;
    return value === undefined ? { done: true, value: undefined } : { done: false, value };
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
