/**
 * The numbers of a session's requests. The store keeps each answer until it hears that it has come, and it is told so
 * up to the first request that is open: an old one that hangs keeps all answers behind it where they are. So requests
 * go out in a window above the oldest open one, and the rest wait their turn here, where they cost the store nothing.
 */
import { Deque, QuorateError, untilAborted } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import { expired, told } from './call-errors.ts';

/** Half of the answers that a store keeps for a session by default. */
const windowMax = 512;
/** So many more wait for room; whoever comes then is refused. */
const waitingMax = 16_384;
const commandCall = { kind: 'command', group: 0, body: new Uint8Array(0) } as const;

export interface Patience {
  readonly dueMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

interface Waiting {
  readonly grant: (request: number) => void;
  isOver: boolean;
}

export class RequestNumbers {
  readonly #clock: Clock;
  /** Those whose answers have not come, the oldest first. */
  readonly #open = new Set<number>();
  readonly #waiting = new Deque<Waiting>();
  /** Who hears when one has ended. */
  readonly #sealing = new Set<() => void>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All before the oldest that is open have been answered, or given up. */
  get acknowledged(): number {
    for (const request of this.#open) return request - 1;
    return this.#last;
  }

  /** The next number, at once where there is room. Rejects at the deadline, with the signal's reason, and with `queue-full`. */
  take(patience: Patience): number | Promise<number> {
    return this.#hasRoom && this.#waiting.size === 0 ? this.#next() : this.#queued(patience);
  }

  /** The request was answered, or nobody waits for its answer any more. */
  end(request: number): void {
    this.#open.delete(request);
    for (const ended of this.#sealing) ended();
    while (this.#hasRoom && this.#waiting.size > 0) {
      const first = this.#waiting.popFront();
      if (first?.isOver === false) first.grant(this.#next());
    }
  }

  /** Another number for a request that was certainly not carried out under the one that it has. */
  renumber(request: number): number {
    const next = this.#next();
    this.end(request);
    return next;
  }

  /** Resolves when none of the requests of before is open any more. */
  async untilEnded(patience: Patience): Promise<void> {
    const last = this.#last;
    while (this.acknowledged < last) {
      const ended = Promise.withResolvers<void>();
      this.#sealing.add(ended.resolve);
      await this.#within(ended.promise, patience).finally(() => this.#sealing.delete(ended.resolve));
    }
  }

  get #hasRoom(): boolean {
    return this.#last - this.acknowledged < windowMax;
  }

  #next(): number {
    this.#last += 1;
    this.#open.add(this.#last);
    return this.#last;
  }

  async #queued(patience: Patience): Promise<number> {
    if (this.#waiting.size >= waitingMax) throw tooMany();
    const turn = Promise.withResolvers<number>();
    const waiting: Waiting = { grant: turn.resolve, isOver: false };
    this.#waiting.pushBack(waiting);
    try {
      return await this.#within(turn.promise, patience);
    } catch (error) {
      waiting.isOver = true;
      // It may have come to its turn in the moment in which it was given up.
      void turn.promise.then((request) => this.end(request));
      throw error;
    }
  }

  async #within<T>(promise: Promise<T>, { dueMs, timeoutMs, signal }: Patience): Promise<T> {
    const over = new AbortController();
    const leftMs = Math.max(0, dueMs - this.#clock.now());
    const timer = this.#clock.setTimer(leftMs, () => over.abort(told(expired, commandCall, { timeoutMs })));
    try {
      const timed = untilAborted(promise, over.signal);
      return await (signal === undefined ? timed : untilAborted(timed, signal));
    } finally {
      timer.cancel();
    }
  }
}

function tooMany(): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `${waitingMax} requests wait for room under one session; wait for some of them, then try again`,
    data: { queue: 'requests of a session', limit: waitingMax },
  });
}
