/** One timer for all that is due some time: set for the soonest, it says how late it struck, and is asked again. */
import type { Clock, Timer } from '../ports/index.ts';

export class SoonestTimer {
  readonly #clock: Clock;
  readonly #strike: (lateMs: number) => void;
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, strike: (lateMs: number) => void) {
    this.#clock = clock;
    this.#strike = strike;
  }

  /** Strikes at `dueMs` or before: a timer that is early only asks once more, and to move it costs more than that. */
  arm(dueMs: number): void {
    if (this.#timer !== undefined && this.#dueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const nowMs = this.#clock.now();
    // What was due before it was asked for is not late by that.
    const soonestMs = Math.max(dueMs, nowMs);
    this.#timer = this.#clock.setTimer(soonestMs - nowMs, () => {
      this.#timer = undefined;
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#strike(Math.max(0, this.#clock.now() - soonestMs));
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }
}
