/**
 * A queue between a producer that must not wait and a consumer that may. At its limit it refuses with
 * `queue-full`, which the producer passes on; it never grows beyond and never drops what it took.
 */
import { assert } from './assert.ts';
import { Deque } from './deque.ts';
import { QuorateError } from './errors.ts';

export interface BoundedQueueOptions {
  /** The queue's name in errors and metrics. */
  readonly name: string;
  /** Most elements that may wait; the next one is refused. */
  readonly limit: number;
}

interface Taker<T> {
  resolve(element: T): void;
  reject(reason: unknown): void;
}

export class BoundedQueue<T> {
  readonly #options: BoundedQueueOptions;
  readonly #elements = new Deque<T>();
  readonly #takers = new Deque<Taker<T>>();
  #closed = false;

  constructor(options: BoundedQueueOptions) {
    assert(
      Number.isInteger(options.limit) && options.limit > 0,
      `queue ${options.name}: limit ${options.limit}`,
    );
    this.#options = options;
  }

  get size(): number {
    return this.#elements.size;
  }

  /** Hands over an element; throws `queue-full` at the limit and `closed` after `close`. */
  put(element: T): void {
    const { name, limit } = this.#options;
    if (this.#closed) throw closedError(name);
    const taker = this.#takers.popFront();
    if (taker !== undefined) {
      taker.resolve(element);
      return;
    }
    if (this.#elements.size >= limit) {
      throw new QuorateError({
        code: 'queue-full',
        message: `queue ${name} holds its limit of ${limit} elements; slow down and try again`,
        data: { queue: name, limit },
      });
    }
    this.#elements.pushBack(element);
  }

  /**
   * The next element, in the order of `put`; takers are served in the order of their calls. Rejects with the
   * signal's reason, or with `closed` once the queue is closed and empty.
   */
  take(options: { readonly signal?: AbortSignal } = {}): Promise<T> {
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#elements.size > 0) return Promise.resolve(this.#elements.popFront() as T);
    if (this.#closed) return Promise.reject(closedError(this.#options.name));
    return new Promise<T>((resolve, reject) => this.#wait({ resolve, reject }, signal));
  }

  /** Refuses what comes, leaves what is queued to be taken, and rejects those who wait. May be called twice. */
  close(): void {
    this.#closed = true;
    for (let taker = this.#takers.popFront(); taker !== undefined; taker = this.#takers.popFront()) {
      taker.reject(closedError(this.#options.name));
    }
  }

  #wait(taker: Taker<T>, signal: AbortSignal | undefined): void {
    if (signal === undefined) {
      this.#takers.pushBack(taker);
      return;
    }
    const onAbort = (): void => {
      this.#forget(waiting);
      taker.reject(signal.reason);
    };
    const waiting: Taker<T> = {
      resolve: (element) => {
        signal.removeEventListener('abort', onAbort);
        taker.resolve(element);
      },
      reject: (reason) => {
        signal.removeEventListener('abort', onAbort);
        taker.reject(reason);
      },
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#takers.pushBack(waiting);
  }

  #forget(gone: Taker<T>): void {
    for (let left = this.#takers.size; left > 0; left -= 1) {
      const taker = this.#takers.popFront() as Taker<T>;
      if (taker !== gone) this.#takers.pushBack(taker);
    }
  }
}

function closedError(name: string): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: `queue ${name} is closed`,
    data: { what: `queue ${name}` },
  });
}
