/** The codes of errors that coordination objects answer with themselves: a part of the catalogue. */
import type { ErrorDataByCode } from './error-data.ts';
import type { ErrorTraits } from './error-traits.ts';

export type RecipeErrorCode = Extract<
  keyof ErrorDataByCode,
  | 'not-granted'
  | 'not-held'
  | 'counter-bound'
  | 'settings-differ'
  | 'name-taken'
  | 'rollout-open'
  | 'rollout-none'
  | 'mode-refused'
>;

export const recipeErrors: { readonly [Code in RecipeErrorCode]: ErrorTraits } = {
  'not-granted': { retryable: true, outcome: 'not-applied' },
  'not-held': { retryable: false, outcome: 'not-applied' },
  'counter-bound': { retryable: true, outcome: 'not-applied' },
  'settings-differ': { retryable: false, outcome: 'not-applied' },
  'name-taken': { retryable: true, outcome: 'not-applied' },
  'rollout-open': { retryable: false, outcome: 'not-applied' },
  'rollout-none': { retryable: false, outcome: 'not-applied' },
  'mode-refused': { retryable: false, outcome: 'not-applied' },
};
