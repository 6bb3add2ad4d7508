/**
 * How busy an instance is by its latency, as Finagle measures it: the peak, which counts at once and is forgotten slowly
 * in favour of what is measured since, times the calls under way and the one that would be added. So one that turns slow
 * is avoided after its first slow answer, and tried again when the memory of it has faded. Looking at it is no
 * measurement; in Finagle it is one of 0 ms, which makes the figure depend on how often somebody looks. A failure counts as twice
 * what was known, or fast failures would look like speed and draw everything to the instance that is broken.
 */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';
import type { LoadMeasure } from './chance.ts';
import { leftAfter } from './fading.ts';
import type { Slot } from './slot.ts';

export interface PeakLatencyOptions {
  /** After so long 1/e of a peak is left; 10 s unless given. */
  readonly decay?: Duration;
  /**
   * What an instance counts as from which no answer has come yet while a call is under way there, and the most that
   * failures make of one; 60 s unless given. Without it all would go to the one that is new, before it has answered once.
   */
  readonly penalty?: Duration;
}

/** What a first failure is twice of. */
const failureMsMin = 1;
/** Below it all are equally fast, or one whose answers take no time would be chosen over all others for good. */
const peakMsMin = 0.01;

export class PeakLatency implements LoadMeasure {
  readonly decayMs: number;
  readonly penaltyMs: number;

  constructor({ decay = '10s', penalty = '60s' }: PeakLatencyOptions = {}) {
    this.decayMs = durationMs(decay, 'decay');
    this.penaltyMs = durationMs(penalty, 'penalty');
    if (this.decayMs === 0) throw invalidOption('decay', decay, 'more than 0 ms, or nothing is remembered');
    if (this.penaltyMs === 0) throw invalidOption('penalty', penalty, 'more than 0 ms');
  }

  isLess(left: Slot, right: Slot, nowMs: number): boolean {
    return this.of(left, nowMs) < this.of(right, nowMs);
  }

  of(slot: Slot, nowMs: number): number {
    const { peakMs, inFlight, weight } = slot;
    if (peakMs === 0) return inFlight === 0 ? 0 : this.penaltyMs + inFlight / weight;
    return this.#peakAt(slot, nowMs) * (inFlight / weight + 1);
  }

  /** `ok` is undefined where a caller gave up: then it took at least that long, and nothing else is known. */
  observe(slot: Slot, latencyMs: number, ok: boolean | undefined, nowMs: number): void {
    const left = leftAfter(Math.max(0, nowMs - slot.peakAtMs) / this.decayMs);
    const known = slot.peakMs * left;
    const measuredMs = ok === false ? this.#failed(known, latencyMs) : latencyMs;
    if (ok === undefined && measuredMs <= known) return;
    // Never 0, which says that nothing is known.
    slot.peakMs = Math.max(peakMsMin, measuredMs > known ? measuredMs : known + measuredMs * (1 - left));
    slot.peakAtMs = nowMs;
  }

  #failed(knownMs: number, latencyMs: number): number {
    return Math.max(latencyMs, Math.min(this.penaltyMs, 2 * Math.max(failureMsMin, knownMs)));
  }

  #peakAt({ peakMs, peakAtMs }: Slot, nowMs: number): number {
    if (nowMs <= peakAtMs) return peakMs;
    return Math.max(peakMsMin, peakMs * leftAfter((nowMs - peakAtMs) / this.decayMs));
  }
}
