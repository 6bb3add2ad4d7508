/**
 * Time from what every JavaScript runtime has: Node, browsers, workers at the edge. Node's timers count whole
 * milliseconds of a clock that is read once a turn, so a plain `setTimeout` may fire up to a millisecond before its
 * time on `performance.now`; whoever compares the two would see a deadline that is "not yet over" when its own timer
 * runs. Timers here ask for a millisecond more, and check.
 */
import { assert } from '../../base/index.ts';
import type { Clock, Timer, TimerOptions } from '../index.ts';

/** The longest delay that `setTimeout` takes; it makes 1 ms of anything above. */
const nodeDelayMsMax = 2 ** 31 - 1;

export function webClock(): Clock {
  return new WebClock();
}

/** What `setTimeout` answers with: an object that can be told not to keep the process alive, or a number in a browser. */
type Sleep = ReturnType<typeof setTimeout> | number;

class WebClock implements Clock {
  /** Timers that Node woke too soon, in order. While one waits, those behind it queue up rather than overtake. */
  readonly #early: WebTimer[] = [];
  /** As many of them have run, and go together: taking each away would move all those behind it. */
  #released = 0;

  now(): number {
    return performance.now();
  }

  wall(): number {
    return Date.now();
  }

  setTimer(delayMs: number, callback: () => void, options: TimerOptions = {}): Timer {
    assert(Number.isFinite(delayMs), `a timer's delay is a finite number of milliseconds, not ${delayMs}`);
    const dueMs = this.now() + Math.max(0, delayMs);
    const timer = new WebTimer(dueMs, callback, options.background ?? false);
    this.#arm(timer);
    return timer;
  }

  afterTurn(callback: () => void): void {
    if (typeof setImmediate === 'function') setImmediate(callback);
    else setTimeout(callback, 0);
  }

  #arm(timer: WebTimer): void {
    // A pause of this very process may have let the time pass already, and Node warns of negative delays.
    const waitMs = Math.max(1, Math.ceil(timer.dueMs - this.now()) + 1);
    timer.sleep(Math.min(waitMs, nodeDelayMsMax), () => this.#wake(timer));
  }

  #wake(timer: WebTimer): void {
    const remainingMs = timer.dueMs - this.now();
    if (remainingMs > 1) this.#arm(timer);
    else if (remainingMs > 0 || this.#early.length > 0) this.#holdBack(timer);
    else timer.run();
  }

  #holdBack(timer: WebTimer): void {
    this.#early.push(timer);
    if (this.#early.length === 1) setTimeout(() => this.#releaseEarly(), 1);
  }

  #releaseEarly(): void {
    for (let first = this.#early[this.#released]; first !== undefined; first = this.#early[this.#released]) {
      if (first.dueMs > this.now()) {
        this.#forgetReleased();
        setTimeout(() => this.#releaseEarly(), 1);
        return;
      }
      this.#released += 1;
      try {
        first.run();
      } catch (error) {
        // Nobody catches it, and those behind would wait for ever.
        setTimeout(() => this.#releaseEarly(), 1);
        throw error;
      }
    }
    this.#forgetReleased();
  }

  #forgetReleased(): void {
    this.#early.splice(0, this.#released);
    this.#released = 0;
  }
}

class WebTimer implements Timer {
  readonly dueMs: number;
  readonly #callback: () => void;
  readonly #background: boolean;
  #sleep: Sleep | undefined;
  #over = false;

  constructor(dueMs: number, callback: () => void, background: boolean) {
    this.dueMs = dueMs;
    this.#callback = callback;
    this.#background = background;
  }

  cancel(): void {
    this.#over = true;
    clearTimeout(this.#sleep);
  }

  sleep(waitMs: number, wake: () => void): void {
    this.#sleep = setTimeout(wake, waitMs);
    if (this.#background && typeof this.#sleep === 'object') this.#sleep.unref();
  }

  run(): void {
    if (this.#over) return;
    this.#over = true;
    this.#callback();
  }
}
