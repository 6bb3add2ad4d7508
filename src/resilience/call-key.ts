/**
 * By what keyed policies tell calls apart: what the caller said, what is made of that, or one text for all. A call
 * without a key is never put together with another one: two that only look alike would be given each other's answers.
 */
import { invalidOption } from '../base/index.ts';
import type { CallContext } from './call.ts';

/** One key for all calls, or what makes one of a call; undefined for a call that stands alone. */
export type KeyChoice = string | ((call: CallContext) => string | undefined);

export function keyChooser(choice: KeyChoice | undefined): (call: CallContext) => string | undefined {
  if (choice === undefined) return ofCall;
  if (typeof choice === 'function') return choice;
  if (typeof choice === 'string') return () => choice;
  throw invalidOption('key', choice, 'a text, or a function that makes one of a call');
}

function ofCall({ key }: CallContext): string | undefined {
  return key;
}
