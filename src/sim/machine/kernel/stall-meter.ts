/**
 * How late one process runs, as its loop-delay port tells it. Its gate says when a stall begins and ends; a
 * process that was stopped from outside hears nothing, as one that looks too late, or not at all, hears nothing
 * of a SIGSTOP.
 */
import { assert } from '../../../base/index.ts';
import type { LoopDelay } from '../../../ports/index.ts';

interface StallListener {
  readonly leastMs: number;
  readonly listener: (stallMs: number) => void;
}

export class StallMeter implements LoopDelay {
  readonly #listeners = new Set<StallListener>();
  /** How long the present stall has lasted; 0 when there is none. */
  readonly #presentMs: () => number;
  #longestMs = 0;
  #closed = false;

  constructor(presentMs: () => number) {
    this.#presentMs = presentMs;
  }

  takeMaxMs(): number {
    const longestMs = this.#closed ? this.#longestMs : Math.max(this.#longestMs, this.#presentMs());
    this.#longestMs = 0;
    return longestMs;
  }

  onStall(leastMs: number, listener: (stallMs: number) => void): Disposable {
    assert(leastMs > 0, `a stall of at least ${leastMs} ms`);
    const registered = { leastMs, listener };
    this.#listeners.add(registered);
    return { [Symbol.dispose]: () => void this.#listeners.delete(registered) };
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
  }

  /** True when somebody wants to hear of a stall as long as this. */
  interests(stallMs: number): boolean {
    for (const { leastMs } of this.#listeners) if (stallMs >= leastMs) return true;
    return false;
  }

  /** A stall is over: counts it, and tells those who want to hear. */
  report(stallMs: number): void {
    if (this.#closed) return;
    this.#longestMs = Math.max(this.#longestMs, stallMs);
    for (const { leastMs, listener } of [...this.#listeners]) if (stallMs >= leastMs) listener(stallMs);
  }
}
