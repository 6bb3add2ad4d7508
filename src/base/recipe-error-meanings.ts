/** What errors that coordination objects answer with themselves mean, for people: a part of the table. */
import type { RecipeErrorCode } from './recipe-error-codes.ts';

export const recipeMeanings: { readonly [Code in RecipeErrorCode]: string } = {
  'not-granted':
    'A lock, a permit or a leadership did not come within the wait that was allowed; try again, or wait longer.',
  'not-held':
    'What is asked for needs a lock, a permit or a leadership that is over; stop, and acquire it anew.',
  'counter-bound':
    'An addition would take a counter out of its bounds, and was not made; add less, or wait for others.',
  'settings-differ':
    'An object is in use with other settings than were asked for, such as the permits of a semaphore; ask for the same everywhere, or take another name.',
  'name-taken':
    'Somebody has this name in a group, or all numbers are taken; take another, or wait until one is surely free.',
  'rollout-open':
    'A configuration is being rolled out by share; go on to all, or abandon it, before the next publication.',
  'rollout-none': 'A configuration is not being rolled out by share; publish it with a share first.',
  'mode-refused':
    'What is held for reading is not made one for writing, and the other way round only by its last handle; the message says what to do instead.',
};
