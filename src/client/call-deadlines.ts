/**
 * When calls end that get no answer. Calls that may take equally long end in the order in which they began, so
 * one timer serves all of them, and closing the client reaches them by a set: a timer and a listener of its own
 * would cost each call more than sending it.
 */
import { Deque } from '../base/index.ts';
import type { Clock, Timer } from '../ports/index.ts';

export interface CallDeadline extends Disposable {
  /** Aborts when the call is over before it has its answer; disposing ends the wait, and nothing aborts any more. */
  readonly signal: AbortSignal;
  /** By the clock: when it is over. */
  readonly dueMs: number;
}

export interface CallDeadlinesOptions {
  readonly clock: Clock;
  /** How long most calls may take. */
  readonly timeoutMs: number;
  /** With what the signal aborts when the time is over. */
  readonly expired: Error;
}

export class CallDeadlines {
  readonly #options: CallDeadlinesOptions;
  readonly #open = new Set<OpenCall>();
  /** Those that may take as long as most, in the order in which they end. */
  readonly #queue = new Deque<OpenCall>();
  /** Set for the first of them, or for one that is over by now. */
  #timer: Timer | undefined;
  #closedFor: Error | undefined;

  constructor(options: CallDeadlinesOptions) {
    this.#options = options;
  }

  /** A call begins. It ends with the reason of `caller` when that aborts first. */
  begin(caller: AbortSignal | undefined, timeoutMs: number = this.#options.timeoutMs): CallDeadline {
    const { clock, expired, timeoutMs: usualMs } = this.#options;
    const call = new OpenCall(caller, clock.now() + timeoutMs, (over) => this.#ended(over));
    if (this.#closedFor !== undefined) {
      call.abort(this.#closedFor);
      return call;
    }
    this.#open.add(call);
    if (timeoutMs !== usualMs) call.timer = clock.setTimer(timeoutMs, () => call.abort(expired));
    else {
      this.#queue.pushBack(call);
      if (this.#timer === undefined) this.#arm(timeoutMs);
    }
    return call;
  }

  /** Ends all calls, also those to come, with this reason. */
  close(reason: Error): void {
    this.#closedFor ??= reason;
    this.#queue.clear();
    this.#disarm();
    for (const call of [...this.#open]) call.abort(reason);
  }

  /** Most calls end in the order in which they began, so that few that are over wait in the queue. */
  #ended(call: OpenCall): void {
    this.#open.delete(call);
    for (let first = this.#queue.front(); first?.isOver === true; first = this.#queue.front())
      this.#queue.popFront();
    if (this.#queue.size === 0) this.#disarm();
  }

  #arm(forMs: number): void {
    this.#timer = this.#options.clock.setTimer(forMs, () => this.#expire());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #expire(): void {
    const { clock, expired } = this.#options;
    this.#timer = undefined;
    const now = clock.now();
    let first = this.#queue.front();
    while (first !== undefined && (first.isOver || first.dueMs <= now)) {
      this.#queue.popFront();
      if (!first.isOver) first.abort(expired);
      first = this.#queue.front();
    }
    if (first !== undefined) this.#arm(first.dueMs - now);
  }
}

class OpenCall implements CallDeadline {
  readonly dueMs: number;
  /** Of a call that may take longer, or less long, than most. */
  timer: Timer | undefined;
  isOver = false;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #onEnd: (call: OpenCall) => void;
  readonly #onAbort: (() => void) | undefined;

  constructor(caller: AbortSignal | undefined, dueMs: number, onEnd: (call: OpenCall) => void) {
    this.dueMs = dueMs;
    this.#caller = caller;
    this.#onEnd = onEnd;
    if (caller === undefined) return;
    this.#onAbort = () => this.abort(caller.reason);
    if (caller.aborted) this.abort(caller.reason);
    else caller.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The first reason stays. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    this.isOver = true;
    this.timer?.cancel();
    if (this.#onAbort !== undefined) this.#caller?.removeEventListener('abort', this.#onAbort);
    this.#onEnd(this);
  }
}
