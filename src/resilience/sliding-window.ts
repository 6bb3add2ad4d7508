/**
 * A sliding window in slices: a call begins while fewer than `calls` began in the slice that goes on and in as many
 * before it as make a whole window. So in no span as long as the window do more than `calls` begin, wherever it lies;
 * the price is that a place comes back up to a slice, a sixteenth of the window, later than it could.
 *
 * The alternatives are worse at one of the two: a log of times is exact and as large as the limit, for each key; the
 * usual two counters are small and let twice the limit through around the seam of two windows.
 */
import { instantMs, type RateRule, type RateState } from './rate-rule.ts';

const slicesInWindow = 16;
const slicesKept = slicesInWindow + 1;

export class SlidingWindow implements RateState {
  /** Calls by slice, in a ring. Made by the first call. */
  #counts: number[] = [];
  #sum = 0;
  /** Of the slice that goes on, counted from the clock's zero. */
  #slice = 0;
  #sliceMs = 0;

  take(nowMs: number, rule: RateRule): number {
    const waitMs = this.waitMs(1, nowMs, rule);
    if (waitMs > 0) return waitMs;
    const place = this.#slice % slicesKept;
    this.#counts[place] = (this.#counts[place] as number) + 1;
    this.#sum += 1;
    return 0;
  }

  /** A place that is taken again comes back a whole window later at the soonest. */
  waitMs(count: number, nowMs: number, rule: RateRule): number {
    this.#move(nowMs, rule.perMs / slicesInWindow);
    const windows = Math.floor((count - 1) / rule.calls);
    let lacking = this.#sum + count - windows * rule.calls - rule.calls;
    if (lacking <= 0) return windows * rule.perMs;
    for (let age = slicesInWindow; age >= 0; age -= 1) {
      const slice = this.#slice - age;
      lacking -= slice < 0 ? 0 : (this.#counts[slice % slicesKept] as number);
      if (lacking <= 0)
        return Math.max(instantMs, (slice + slicesKept) * this.#sliceMs - nowMs) + windows * rule.perMs;
    }
    // There were more than the rule allows now; it has become lower.
    return Math.max(instantMs, (this.#slice + slicesKept) * this.#sliceMs - nowMs) + windows * rule.perMs;
  }

  isFresh(nowMs: number, rule: RateRule): boolean {
    this.#move(nowMs, rule.perMs / slicesInWindow);
    return this.#sum === 0;
  }

  #move(nowMs: number, sliceMs: number): void {
    if (this.#sliceMs > 0) this.#advance(sliceAt(nowMs, this.#sliceMs));
    if (sliceMs !== this.#sliceMs) this.#recut(sliceAt(nowMs, sliceMs), sliceMs);
  }

  #advance(slice: number): void {
    if (slice <= this.#slice) return;
    const left = Math.min(slicesKept, slice - this.#slice);
    for (let step = 1; step <= left && this.#sum > 0; step += 1) {
      const place = (this.#slice + step) % slicesKept;
      this.#sum -= this.#counts[place] as number;
      this.#counts[place] = 0;
    }
    this.#slice = slice;
  }

  /** Another length of window: what was counted counts as of now, so that no window that begins with it holds too many. */
  #recut(slice: number, sliceMs: number): void {
    this.#counts = Array.from({ length: slicesKept }, () => 0);
    this.#counts[slice % slicesKept] = this.#sum;
    this.#slice = slice;
    this.#sliceMs = sliceMs;
  }
}

function sliceAt(nowMs: number, sliceMs: number): number {
  return Math.floor((nowMs + instantMs) / sliceMs);
}
