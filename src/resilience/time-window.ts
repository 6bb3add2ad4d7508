/**
 * The calls of the last span, in buckets: a bucket leaves as a whole, so what counts is as old as the span at most, and
 * at least as old as the span without its last bucket. Nothing is done while time passes: who looks next takes away
 * what has become too old in the meantime.
 */
import type { CircuitRule } from './circuit-rule.ts';
import { causeOf, type Evidence, type EvidenceCause } from './evidence.ts';
import type { EvidenceData, TimeWindowData } from './evidence-data.ts';

/** Calls, failures, slow calls. */
const figures = 3;

export class TimeWindow implements Evidence {
  readonly #rule: Extract<CircuitRule, { kind: 'time-window' }>;
  readonly #counts: Float64Array;
  /** The number of the newest bucket since the clock's zero. */
  #newest = Number.NEGATIVE_INFINITY;
  #calls = 0;
  #failures = 0;
  #slow = 0;

  constructor(
    rule: Extract<CircuitRule, { kind: 'time-window' }>,
    before: TimeWindowData | undefined,
    nowMs: number,
  ) {
    this.#rule = rule;
    this.#counts = new Float64Array(rule.buckets * figures);
    this.#advance(nowMs);
    before?.buckets.forEach(([calls, failures, slow], age) => {
      // Buckets of another length are taken over by their age; what is older than the span is not.
      const bucket = this.#newest - Math.floor((age * before.bucketMs) / rule.bucketMs);
      if (bucket > this.#newest - rule.buckets) this.#count(bucket, calls, failures, slow);
    });
  }

  note(isFailure: boolean, isSlow: boolean, nowMs: number): EvidenceCause | undefined {
    this.#advance(nowMs);
    this.#count(this.#newest, 1, isFailure ? 1 : 0, isSlow ? 1 : 0);
    if (!isFailure && !isSlow) return undefined;
    return causeOf({ calls: this.#calls, failures: this.#failures, slow: this.#slow }, this.#rule);
  }

  failures(nowMs: number): number {
    this.#advance(nowMs);
    return this.#failures;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#calls = 0;
    this.#failures = 0;
    this.#slow = 0;
  }

  export(nowMs: number): EvidenceData {
    this.#advance(nowMs);
    const { bucketMs, buckets } = this.#rule;
    const told = Array.from({ length: buckets }, (_, age) => {
      const at = this.#at(this.#newest - age);
      return [...this.#counts.subarray(at, at + figures)] as [number, number, number];
    });
    return { rule: 'time-window', bucketMs, buckets: told };
  }

  #advance(nowMs: number): void {
    const newest = Math.floor(nowMs / this.#rule.bucketMs);
    if (newest <= this.#newest) return;
    const oldest = Math.max(this.#newest + 1, newest - this.#rule.buckets + 1);
    for (let bucket = oldest; bucket <= newest; bucket += 1) this.#empty(this.#at(bucket));
    this.#newest = newest;
  }

  #empty(at: number): void {
    this.#calls -= this.#counts[at] as number;
    this.#failures -= this.#counts[at + 1] as number;
    this.#slow -= this.#counts[at + 2] as number;
    this.#counts.fill(0, at, at + figures);
  }

  #count(bucket: number, calls: number, failures: number, slow: number): void {
    const at = this.#at(bucket);
    this.#counts[at] = (this.#counts[at] as number) + calls;
    this.#counts[at + 1] = (this.#counts[at + 1] as number) + failures;
    this.#counts[at + 2] = (this.#counts[at + 2] as number) + slow;
    this.#calls += calls;
    this.#failures += failures;
    this.#slow += slow;
  }

  /** Where the figures of a bucket lie; a clock may begin below its zero. */
  #at(bucket: number): number {
    const { buckets } = this.#rule;
    return (((bucket % buckets) + buckets) % buckets) * figures;
  }
}
