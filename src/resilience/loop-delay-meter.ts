/**
 * How late this process runs, for policies that give way when it is not the upstream that is slow. A timer measures by
 * how much it was late, and a look at it while it is overdue counts as far as the delay has come. It needs no Node, so
 * it measures in browsers and at the edge as well; it never keeps a process alive.
 */
import type { Duration } from '../base/index.ts';
import type { Clock, Timer } from '../ports/index.ts';
import { lengthMsOf } from './option-checks.ts';
import { sharedClock } from './shared-clock.ts';

/** What an adaptive limit asks before each call; so it must cost next to nothing. */
export interface LoopDelaySource {
  delayMs(): number;
}

export interface LoopDelayMeterOptions {
  /** How often it looks. Default 20 ms. */
  readonly every?: Duration;
  /** Default: that of the runtime. */
  readonly clock?: Clock;
}

/** Begins to measure; `close` ends it. */
export function loopDelayMeter(options: LoopDelayMeterOptions = {}): LoopDelayMeter {
  return new LoopDelayMeter(options);
}

export class LoopDelayMeter implements LoopDelaySource, Disposable {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #dueMs = 0;
  #lateMs = 0;
  #timer: Timer | undefined;

  constructor({ every = 20, clock = sharedClock() }: LoopDelayMeterOptions) {
    this.#clock = clock;
    this.#everyMs = lengthMsOf('every', every);
    this.#arm();
  }

  /** By how much the last look came late, or the next one already is; 0 when closed. */
  delayMs(): number {
    if (this.#timer === undefined) return 0;
    return Math.max(this.#lateMs, this.#clock.now() - this.#dueMs);
  }

  /** May be called twice. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #arm(): void {
    this.#dueMs = this.#clock.now() + this.#everyMs;
    const look = (): void => {
      this.#lateMs = Math.max(0, this.#clock.now() - this.#dueMs);
      this.#arm();
    };
    this.#timer = this.#clock.setTimer(this.#everyMs, look, { background: true });
  }
}
