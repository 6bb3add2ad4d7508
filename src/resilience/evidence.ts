/**
 * What a closed circuit has seen of its calls, and whether that is enough to open it. Pure: outcomes and times come in
 * as arguments. A success alone never opens a circuit, although with it a window may reach its minimum: whoever has
 * just been answered is not the one to be refused next.
 */
import type { RatioLimits } from './circuit-rule.ts';
import type { EvidenceData } from './evidence-data.ts';

export interface Evidence {
  /** Notes a call that has ended, and answers with what is too much, if anything is. */
  note(isFailure: boolean, isSlow: boolean, nowMs: number): EvidenceCause | undefined;
  /** Those that count at `nowMs`. */
  failures(nowMs: number): number;
  clear(): void;
  export(nowMs: number): EvidenceData;
}

export type EvidenceCause = 'failures' | 'slow-calls';

export interface WindowCounts {
  readonly calls: number;
  readonly failures: number;
  readonly slow: number;
}

/** By division, which is exact where the share is: 3 of 30 are 0.1, and 0.1 times 30 is more than 3. */
export function causeOf(counts: WindowCounts, limits: RatioLimits): EvidenceCause | undefined {
  const { calls, failures, slow } = counts;
  if (calls < limits.minimum) return undefined;
  if (failures / calls >= limits.ratio) return 'failures';
  if (limits.slowRatio !== undefined && slow / calls >= limits.slowRatio) return 'slow-calls';
  return undefined;
}
