/**
 * Events for one reader at its own pace. What waits is bounded: a reader that falls too far behind is told how many
 * it missed, in their place, and looks at the members themselves, which are always those of now.
 */
import { Deque } from '../base/index.ts';

/** So many events that this reader was too slow for. */
export interface MissedEvents {
  readonly kind: 'missed';
  readonly events: number;
}

interface Waiting<T> {
  resolve(result: IteratorResult<T>): void;
  reject(reason: unknown): void;
}

export class ChangeStream<T> implements AsyncIterableIterator<T | MissedEvents> {
  readonly #limit: number;
  readonly #release: (stream: ChangeStream<T>) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #events = new Deque<T>();
  readonly #waiting = new Deque<Waiting<T | MissedEvents>>();
  #missed = 0;
  #isOver = false;
  #failure: { readonly reason: unknown } | undefined;
  readonly #onAbort = (): void => this.#end({ reason: this.#signal?.reason });

  /** `release` is called once, when nobody reads any more. */
  constructor(limit: number, release: (stream: ChangeStream<T>) => void, signal: AbortSignal | undefined) {
    this.#limit = limit;
    this.#release = release;
    this.#signal = signal;
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  put(event: T): void {
    if (this.#isOver) return;
    const waiting = this.#waiting.popFront();
    if (waiting !== undefined) {
      waiting.resolve({ done: false, value: event });
      return;
    }
    if (this.#events.size >= this.#limit) {
      this.#missed += this.#events.size;
      this.#events.clear();
    }
    this.#events.pushBack(event);
  }

  /** No more events come; those that wait are still read. */
  close(): void {
    this.#end(undefined);
  }

  next(): Promise<IteratorResult<T | MissedEvents>> {
    const missed = this.#missed;
    if (missed > 0) {
      this.#missed = 0;
      return Promise.resolve({ done: false, value: { kind: 'missed', events: missed } });
    }
    const failure = this.#failure;
    if (failure !== undefined) {
      this.#failure = undefined;
      return Promise.reject(failure.reason);
    }
    const event = this.#events.popFront();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => void this.#waiting.pushBack({ resolve, reject }));
  }

  return(): Promise<IteratorResult<T | MissedEvents>> {
    this.#events.clear();
    this.#missed = 0;
    this.#end(undefined);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(failure: { readonly reason: unknown } | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    if (failure !== undefined) {
      this.#events.clear();
      if (this.#waiting.size === 0) this.#failure = failure;
    }
    for (let waiting = this.#waiting.popFront(); waiting !== undefined; waiting = this.#waiting.popFront()) {
      if (failure === undefined) waiting.resolve({ done: true, value: undefined });
      else waiting.reject(failure.reason);
    }
    this.#release(this);
  }
}
