/** The clock of a node is that of any program: nothing of it needs Node. */
import type { Clock } from '../index.ts';
import { webClock } from '../web/index.ts';

export function realClock(): Clock {
  return webClock();
}
