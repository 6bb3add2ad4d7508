/**
 * The event loop's delay by a timer that looks at the clock: what it is late, the loop was blocked (or the
 * whole process stopped). It runs in the loop that it measures, so it tells only afterwards; a watcher on a
 * thread of its own comes with the node.
 *
 * Timers run in the order in which they were due, so after a stall this one is before nearly every other;
 * but a turn that was blocked by one socket's bytes first hands out the bytes of the others. Who must not act
 * on those asks `takeMaxMs`, which looks at the clock itself.
 */
import { assert, invalidOption } from '../../base/index.ts';
import type { LoopDelay } from '../index.ts';

export interface RealLoopDelayOptions {
  /** How often the timer fires. Shorter is more exact and costs more wake-ups. Default 20 ms. */
  readonly resolutionMs?: number;
}

interface StallListener {
  readonly leastMs: number;
  readonly hear: (stallMs: number) => void;
}

export function realLoopDelay(options: RealLoopDelayOptions = {}): LoopDelay {
  const { resolutionMs = 20 } = options;
  if (!(resolutionMs >= 1 && resolutionMs <= 10_000)) {
    throw invalidOption('resolutionMs', resolutionMs, 'a number of milliseconds from 1 to 10000');
  }
  return new RealLoopDelay(resolutionMs);
}

class RealLoopDelay implements LoopDelay {
  readonly #resolutionMs: number;
  readonly #listeners = new Set<StallListener>();
  readonly #timer: NodeJS.Timeout;
  #dueMs: number;
  #maxMs = 0;
  #closed = false;

  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
    this.#dueMs = performance.now() + resolutionMs;
    this.#timer = setInterval(() => this.#look(), resolutionMs).unref();
  }

  takeMaxMs(): number {
    const maxMs = this.#closed ? this.#maxMs : Math.max(this.#maxMs, performance.now() - this.#dueMs);
    this.#maxMs = 0;
    return maxMs;
  }

  onStall(leastMs: number, listener: (stallMs: number) => void): Disposable {
    assert(leastMs > 0, `a stall of at least ${leastMs} ms`);
    const entry: StallListener = { leastMs, hear: listener };
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    clearInterval(this.#timer);
  }

  #look(): void {
    const nowMs = performance.now();
    const lateMs = Math.max(0, nowMs - this.#dueMs);
    this.#dueMs = nowMs + this.#resolutionMs;
    this.#maxMs = Math.max(this.#maxMs, lateMs);
    for (const { leastMs, hear } of this.#listeners) {
      if (lateMs >= leastMs) hear(lateMs);
    }
  }
}
