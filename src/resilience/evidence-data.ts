/** What a circuit has seen, as plain JSON: the form in which it is exported, restored, and taken over by another rule. */
import { invalidOption } from '../base/index.ts';
import { checkRecord, wholeOf } from './option-checks.ts';

export type EvidenceData =
  | { readonly rule: 'consecutive'; readonly failures: number }
  /** One letter for each call, the oldest first. */
  | { readonly rule: 'count-window'; readonly outcomes: string }
  | TimeWindowData;

export interface TimeWindowData {
  readonly rule: 'time-window';
  readonly bucketMs: number;
  /** The newest first: calls, failures and slow calls of each. */
  readonly buckets: readonly (readonly [calls: number, failures: number, slow: number])[];
}

/** Success, failure, slow success, slow failure. */
export const outcomeLetters = 'sfSF';

const outcomesMax = 100_000;
const bucketsMax = 1_000;
/** So that sums of all buckets stay what they say. */
const countMax = 1_000_000_000_000;

/** Throws `invalid-option` where `data` has not been exported by a breaker. */
export function checkEvidence(data: unknown): EvidenceData {
  checkRecord('evidence', data, 'what a breaker has exported');
  const { rule, failures, outcomes, bucketMs, buckets } = data as Record<string, unknown>;
  switch (rule) {
    case 'consecutive':
      return { rule, failures: wholeOf('evidence.failures', failures as number, 0) };
    case 'count-window':
      return { rule, outcomes: checkOutcomes(outcomes) };
    case 'time-window':
      if (typeof bucketMs !== 'number' || !Number.isFinite(bucketMs) || bucketMs <= 0) {
        throw invalidOption('evidence.bucketMs', bucketMs, 'a number of milliseconds above 0');
      }
      if (!Array.isArray(buckets) || buckets.length > bucketsMax) {
        throw invalidOption('evidence.buckets', buckets, `a list of at most ${bucketsMax} buckets`);
      }
      return { rule, bucketMs, buckets: buckets.map(checkBucket) };
    default:
      throw invalidOption('evidence.rule', rule, "'consecutive', 'count-window' or 'time-window'");
  }
}

function checkOutcomes(outcomes: unknown): string {
  if (typeof outcomes === 'string' && outcomes.length <= outcomesMax && /^[sfSF]*$/.test(outcomes))
    return outcomes;
  throw invalidOption('evidence.outcomes', outcomes, `at most ${outcomesMax} letters of ${outcomeLetters}`);
}

function checkBucket(bucket: unknown): [number, number, number] {
  if (!Array.isArray(bucket) || bucket.length !== 3) {
    throw invalidOption('evidence.buckets', bucket, 'buckets of three numbers each');
  }
  const calls = wholeOf('evidence.buckets', bucket[0] as number, 0, countMax);
  const failures = wholeOf('evidence.buckets', bucket[1] as number, 0, calls);
  return [calls, failures, wholeOf('evidence.buckets', bucket[2] as number, 0, calls)];
}
