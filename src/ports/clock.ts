/**
 * Time as a machine gives it. Production has the system's clocks, the simulator a virtual one that jumps,
 * drifts and freezes on command; no room reads time in another way.
 */

export interface Clock {
  /** Monotonic milliseconds with fractions, from an arbitrary zero. Never falls; may pause while the machine is suspended. */
  now(): number;

  /** Milliseconds since 1970 by the wall clock. May jump in both directions: for people and logs, never for deadlines. */
  wall(): number;

  /**
   * Calls `callback` once, when at least `delayMs` have passed on `now`; with 0 or less as soon as possible, yet
   * never inside this call. Timers due at the same time run in the order they were set. A timer that is still
   * set keeps the process alive unless `background` is true.
   */
  setTimer(delayMs: number, callback: () => void, options?: TimerOptions): Timer;

  /** Calls `callback` once, after the input of this turn of the event loop has been handled: the place to flush what a turn gathered. */
  afterTurn(callback: () => void): void;
}

export interface TimerOptions {
  /** True for timers that alone must not keep the process alive. Default false. */
  readonly background?: boolean;
}

export interface Timer {
  /** After it the callback does not run. Harmless when it has run or was cancelled before. */
  cancel(): void;
}
