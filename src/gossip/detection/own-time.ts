/**
 * The time that counts for silences: what a detector is told, without what is no time of its members. A reading far
 * ahead of the last one says that this process stood still or that a clock leapt, not that everybody fell silent at
 * once; one far behind, that somebody set it back. Neither may leave a mark: with "the latest reading ever" as the
 * present, one wrong reading would stop all judging until the world has caught up with it. So time goes forward by the
 * difference of two readings, by no more than one leap, and never back; only a stall that one is told of is taken out
 * again.
 */
import { invalidOption } from '../../base/index.ts';

export class OwnTime {
  readonly #leapMaxMs: number;
  #nowMs = 0;
  /** The last reading. */
  #readMs: number | undefined;

  constructor(leapMaxMs: number) {
    this.#leapMaxMs = leapMaxMs;
  }

  /** The own time at a reading, which becomes the last one. */
  at(nowMs: number): number {
    if (!Number.isFinite(nowMs)) throw invalidOption('nowMs', nowMs, 'a finite number of milliseconds');
    const passedMs = nowMs - (this.#readMs ?? nowMs);
    // Events of one turn may carry readings a little out of order; to follow them back would count the way twice.
    if (passedMs < 0 && passedMs >= -this.#leapMaxMs) return this.#nowMs;
    this.#readMs = nowMs;
    this.#nowMs += Math.min(Math.max(0, passedMs), this.#leapMaxMs);
    return this.#nowMs;
  }

  /** Takes `forMs` out of what has passed. What was noted since then lies ahead of the time that it returns. */
  without(forMs: number): number {
    this.#nowMs -= Math.min(forMs, this.#leapMaxMs);
    return this.#nowMs;
  }
}
