/** The clock of all policies that are given none: one, because the policies of a stack compare their times. */
import type { Clock } from '../ports/index.ts';
import { webClock } from '../ports/web/index.ts';

let clock: Clock | undefined;

export function sharedClock(): Clock {
  clock ??= webClock();
  return clock;
}
