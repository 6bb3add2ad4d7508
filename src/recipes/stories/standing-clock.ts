/**
 * A clock that can be stood still, and with it whoever goes by it: no timer fires, so no session is renewed and
 * nothing is noticed, while time passes for everybody else. What SIGSTOP does to a process, for one of several
 * programs in a process, on any engine and without a hand on its network.
 */
import type { Clock, Timer, TimerOptions } from '../../ports/index.ts';

export class StandingClock implements Clock {
  readonly #clock: Clock;
  /** What would have been called meanwhile, in its order; as many as there are timers. */
  readonly #withheld = new Set<() => void>();
  #stands = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  standStill(): void {
    this.#stands = true;
  }

  /** Whatever is overdue is called now. */
  goOn(): void {
    this.#stands = false;
    const overdue = [...this.#withheld];
    this.#withheld.clear();
    for (const callback of overdue) callback();
  }

  now(): number {
    return this.#clock.now();
  }

  wall(): number {
    return this.#clock.wall();
  }

  setTimer(delayMs: number, callback: () => void, options?: TimerOptions): Timer {
    const onTime = (): void => {
      if (this.#stands) this.#withheld.add(onTime);
      else callback();
    };
    const timer = this.#clock.setTimer(delayMs, onTime, options);
    return {
      cancel: () => {
        timer.cancel();
        this.#withheld.delete(onTime);
      },
    };
  }

  afterTurn(callback: () => void): void {
    this.#clock.afterTurn(callback);
  }
}
