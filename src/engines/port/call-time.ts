/**
 * Until when a call may go on: its caller's signal, the end of its engine and its deadline, made one signal. Disposed
 * when the call is over, on every path.
 */
import { type LinkedSignal, linkSignals } from '../../base/index.ts';
import type { Clock, Timer } from '../../ports/index.ts';

export interface CallTimeInit {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly signals: readonly (AbortSignal | undefined)[];
  /** What the signal aborts with when the deadline is over, made then: what is known of the outcome changes. */
  readonly late: () => unknown;
}

export class CallTime implements Disposable {
  readonly #linked: LinkedSignal;
  readonly #timer: Timer;

  constructor({ clock, deadlineMs, signals, late }: CallTimeInit) {
    this.#linked = linkSignals(...signals);
    this.#timer = clock.setTimer(deadlineMs, () => this.#linked.abort(late()));
  }

  get signal(): AbortSignal {
    return this.#linked.signal;
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
    this.#linked[Symbol.dispose]();
  }
}
