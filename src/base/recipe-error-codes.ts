/** The codes of errors that coordination objects answer with themselves: a part of the catalogue. */
import type { ErrorDataByCode } from './error-data.ts';
import type { ErrorTraits } from './error-traits.ts';

type RecipeErrorCode = Extract<keyof ErrorDataByCode, 'not-granted' | 'not-held' | 'counter-bound'>;

export const recipeErrors: { readonly [Code in RecipeErrorCode]: ErrorTraits } = {
  'not-granted': {
    retryable: true,
    outcome: 'not-applied',
    meaning:
      'A lock, a permit or a leadership did not come within the wait that was allowed; try again, or wait longer.',
  },
  'not-held': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'What is asked for needs a lock, a permit or a leadership that is over; stop, and acquire it anew.',
  },
  'counter-bound': {
    retryable: true,
    outcome: 'not-applied',
    meaning:
      'An addition would take a counter out of its bounds, and was not made; add less, or wait for others.',
  },
};
