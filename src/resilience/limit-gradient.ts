/**
 * A limit by time, in the manner of Netflix's gradient: how long calls take now beside how long they take where nothing
 * waits says how much of it is queue. Calls may take somewhat longer before the limit gives way (`tolerance`), and
 * there is room for a queue of the root of the limit, so that it grows while growth costs nothing.
 *
 * The hard part is the time without a queue. An average of all calls learns the queue that the limit itself has made,
 * calls that normal, and allows a longer one, without end. So a longer time is learned only where no queue can be
 * ours: in windows that used less than half of the limit, and in a probe, which every hundred windows cuts the limit until
 * what it had let in has gone, looks, and puts it back. It cuts to half of what the tolerance alone would have to be
 * taken away, so that what is left of a queue shrinks from probe to probe. A server that has really become slower is
 * believed then, and costs a few windows in a hundred at a third of the limit. A shorter time is always believed.
 */
import type { LimitStrategy, LimitWindow } from './limit-strategy.ts';

export interface GradientRule {
  /** So many times as long as without a queue may calls take before the limit gives way, at least 1. */
  readonly tolerance: number;
  /** What is left of the limit after a drop, above 0 and below 1. */
  readonly backoff: number;
}

type Phase =
  | { readonly kind: 'following'; readonly probeIn: number }
  | { readonly kind: 'probing'; readonly before: number; readonly windowsLeft: number };

const probeEvery = 100;
/** Nothing is known at first, and what the first windows show may be a queue. */
const firstProbeIn = 10;
/** In so many windows what a cut limit had let in before should be gone; if not, the next probe tries again. */
const probeWindowsMax = 10;
const leastGradient = 0.5;
/** How much of a window's verdict is followed at once. */
const smoothing = 0.5;
/** How much of a shorter time, or of one without a queue, is believed at once. */
const learning = 0.1;

export class GradientStrategy implements LimitStrategy {
  readonly #rule: GradientRule;
  /** How long calls take where nothing waits; 0 while nobody knows. */
  #unqueuedMs = 0;
  #phase: Phase = { kind: 'following', probeIn: firstProbeIn };

  constructor(rule: GradientRule) {
    this.#rule = rule;
  }

  next(limit: number, window: LimitWindow): number {
    if (window.drops > 0) return this.#giveWay(limit);
    if (this.#phase.kind === 'probing') return this.#probed(this.#phase, limit, window);
    this.#learn(limit, window);
    if (!window.wasUsed) return limit;
    if (this.#phase.probeIn === 0) return this.#probe(limit);
    this.#phase = { kind: 'following', probeIn: this.#phase.probeIn - 1 };
    return this.#followed(limit, window);
  }

  #followed(limit: number, { meanMs }: LimitWindow): number {
    // Where a clock stands still between two answers of the network nothing seems to take any time.
    const gradient = meanMs > 0 ? (this.#rule.tolerance * this.#unqueuedMs) / meanMs : 1;
    const target = limit * Math.min(1, Math.max(leastGradient, gradient)) + Math.sqrt(limit);
    return limit + smoothing * (target - limit);
  }

  #giveWay(limit: number): number {
    const before = this.#phase.kind === 'probing' ? this.#phase.before : limit;
    if (this.#phase.kind === 'probing') this.#phase = { kind: 'following', probeIn: probeEvery };
    return before * this.#rule.backoff;
  }

  #learn(limit: number, { meanMs, runningMax }: LimitWindow): void {
    const isQueueOurs = runningMax * 2 > limit;
    if (this.#unqueuedMs === 0) this.#unqueuedMs = meanMs;
    else if (meanMs < this.#unqueuedMs || !isQueueOurs)
      this.#unqueuedMs += learning * (meanMs - this.#unqueuedMs);
  }

  #probe(limit: number): number {
    this.#phase = { kind: 'probing', before: limit, windowsLeft: probeWindowsMax };
    return limit / (2 * this.#rule.tolerance);
  }

  /** A window counts when all that ran in it was let in by the cut limit. */
  #probed(
    { before, windowsLeft }: Phase & { readonly kind: 'probing' },
    limit: number,
    window: LimitWindow,
  ): number {
    const isDrained = window.runningMax <= Math.ceil(limit);
    if (!isDrained && windowsLeft > 1) {
      this.#phase = { kind: 'probing', before, windowsLeft: windowsLeft - 1 };
      return limit;
    }
    if (isDrained) this.#unqueuedMs = window.meanMs;
    this.#phase = { kind: 'following', probeIn: probeEvery };
    return before;
  }
}
