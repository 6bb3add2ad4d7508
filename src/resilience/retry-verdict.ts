/**
 * Whether a call that has failed may be made again: one pure rule over what the error states, what the options say and
 * what the caller said of the call. Its rows, the first that fits:
 *
 * | the error | is tried again |
 * |---|---|
 * | is a broken assertion of this package | never: the program is wrong, and trying again hides it |
 * | is none that `retryOn` or `codes` choose, where one of them is given | no |
 * | may have had an effect | only where the call is idempotent, whoever chooses it |
 * | is chosen by `retryOn` or `codes` | yes, even where it states `retryable: false` |
 * | states `retryable` | as it states |
 * | states nothing, or that it had no effect | yes |
 */
import { AssertionFailure } from '../base/index.ts';
import type { CallContext } from './call.ts';
import { codeOf, type FailureStatement, statedBy } from './failure.ts';

/** What an error counts as that states nothing of itself. */
export type Unstated = 'retry' | 'unknown';

/** Why no further try follows. */
export type GaveUpBecause =
  | 'attempts'
  | 'not-retryable'
  | 'unknown-outcome'
  | 'retry-after'
  | 'deadline'
  | 'budget';

export interface RetryRule {
  readonly retryOn: ((error: unknown, call: CallContext) => boolean) | undefined;
  readonly codes: ReadonlySet<unknown> | undefined;
  readonly unstated: Unstated;
}

export type Verdict = 'again' | Extract<GaveUpBecause, 'not-retryable' | 'unknown-outcome'>;

export function judgeFailure(error: unknown, rule: RetryRule, call: CallContext): Verdict {
  if (error instanceof AssertionFailure) return 'not-retryable';
  const stated = statedBy(error);
  const isChosen = chosen(error, rule, call);
  if (isChosen === false) return 'not-retryable';
  if (isChosen === undefined && stated.retryable === false) return 'not-retryable';
  return mayHaveHadEffect(stated, rule.unstated) && !call.idempotent ? 'unknown-outcome' : 'again';
}

/** Undefined where nothing chooses. */
function chosen(error: unknown, { retryOn, codes }: RetryRule, call: CallContext): boolean | undefined {
  if (codes === undefined && retryOn === undefined) return undefined;
  if (codes?.has(codeOf(error)) === true) return true;
  return retryOn === undefined ? false : retryOn(error, call);
}

function mayHaveHadEffect({ outcome, retryable }: FailureStatement, unstated: Unstated): boolean {
  if (outcome !== undefined) return outcome === 'unknown';
  return unstated === 'unknown' && retryable !== true;
}
