/**
 * An instance that has just come gets little at first and more from moment to moment: its caches are cold and its code
 * is not compiled. Its share is `(age / window) ^ (1 / aggression)`, as Envoy has it: with an aggression of 1 it grows
 * evenly, with more of it most comes early.
 */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';
import type { Slot } from './slot.ts';

export interface SlowStartOptions {
  /** How long until an instance has its full share. */
  readonly window: Duration;
  /** Above 0; 1 unless given: evenly. */
  readonly aggression?: number;
  /** What it has at the very beginning, above 0 and at most 1; 0.1 unless given. */
  readonly shareMin?: number;
}

export class SlowStart {
  readonly #windowMs: number;
  readonly #exponent: number;
  readonly #shareMin: number;

  /** Without options every instance has all of its weight at once. */
  constructor(options?: SlowStartOptions) {
    const { window, aggression = 1, shareMin = 0.1 } = options ?? { window: 0 };
    if (!(aggression > 0 && aggression < Number.POSITIVE_INFINITY)) {
      throw invalidOption('slowStart.aggression', aggression, 'a finite number above 0');
    }
    if (!(shareMin > 0 && shareMin <= 1)) {
      throw invalidOption('slowStart.shareMin', shareMin, 'a number above 0 and at most 1');
    }
    this.#windowMs = durationMs(window, 'slowStart.window');
    this.#exponent = 1 / aggression;
    this.#shareMin = shareMin;
  }

  /** From above 0 to 1. */
  shareOf({ rampFromMs }: Slot, nowMs: number): number {
    const ageMs = nowMs - rampFromMs;
    // Without a window there is no share of it, though a clock that was set back makes ages negative.
    if (ageMs >= this.#windowMs || this.#windowMs === 0) return 1;
    return Math.max(this.#shareMin, (Math.max(0, ageMs) / this.#windowMs) ** this.#exponent);
  }

  /** From when on it has its full share. */
  fullAtMs({ rampFromMs }: Slot): number {
    return this.#windowMs === 0 ? Number.NEGATIVE_INFINITY : rampFromMs + this.#windowMs;
  }

  weightOf(slot: Slot, nowMs: number): number {
    return slot.weight * this.shareOf(slot, nowMs);
  }
}
