/** The codes of errors that coordination objects answer with themselves: a part of the catalogue. */
import type { ErrorDataByCode } from './error-data.ts';
import type { ErrorTraits } from './error-traits.ts';

type RecipeErrorCode = Extract<
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
  'settings-differ': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'An object is in use with other settings than were asked for, such as the permits of a semaphore; ask for the same everywhere, or take another name.',
  },
  'name-taken': {
    retryable: true,
    outcome: 'not-applied',
    meaning:
      'Somebody has this name in a group, or all numbers are taken; take another, or wait until one is surely free.',
  },
  'rollout-open': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'A configuration is being rolled out by share; go on to all, or abandon it, before the next publication.',
  },
  'rollout-none': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A configuration is not being rolled out by share; publish it with a share first.',
  },
  'mode-refused': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'What is held for reading is not made one for writing, and the other way round only by its last handle; the message says what to do instead.',
  },
};
