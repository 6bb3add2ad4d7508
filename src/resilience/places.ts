/**
 * How many of the places of a bulkhead each priority may fill, as a table made once. What is kept for a priority is
 * kept from those below it and open to those above: a call begins while fewer run, of whatever priority, than its own
 * may fill. So nothing is counted by priority, and a place kept for nobody in particular is never empty while
 * somebody who may have it waits.
 */
import { invalidOption } from '../base/index.ts';
import type { Priority } from './call.ts';
import { priorities } from './execution.ts';
import { checkRecord } from './option-checks.ts';

/** Shares of all places, from 0 up to less than 1, kept for a priority and those above it. */
export interface Reserve {
  readonly critical?: number;
  readonly high?: number;
  readonly normal?: number;
}

export type PlacesByPriority = Readonly<Record<Priority, number>>;

const reserved: readonly Priority[] = ['critical', 'high', 'normal'];
/** So that a tenth of thirty is three, and not the four that comes of what is behind the point. */
const roundingMax = 1e-9;

/** A share that is kept is at least one place. Throws `invalid-option` where the lowest priority would never run. */
export function placesByPriority(running: number, reserve: Reserve): PlacesByPriority {
  checkRecord('reserve', reserve, `shares for ${reserved.join(', ')}, or left out`);
  for (const name of Object.keys(reserve)) {
    if (!reserved.includes(name as Priority)) {
      throw invalidOption(
        'reserve',
        name,
        `one of ${reserved.join(', ')}: there is nothing to keep from whom`,
      );
    }
  }
  const places = { critical: running, high: running, normal: running, low: running };
  let kept = 0;
  for (const [rank, priority] of priorities.entries()) {
    places[priority] = running - kept;
    if (priority !== 'low') kept += keptFor(priority, running, reserve[priority] ?? 0);
    if (rank < reserved.length && kept >= running) throw belowShare(running, reserve, kept);
  }
  return places;
}

function keptFor(priority: Priority, running: number, share: number): number {
  if (!(Number.isFinite(share) && share >= 0 && share < 1))
    throw invalidOption(`reserve.${priority}`, share, 'a share from 0 to less than 1');
  return Math.ceil(share * running - roundingMax);
}

function belowShare(running: number, reserve: Reserve, kept: number): Error {
  const shares = Object.entries(reserve).map(([priority, share]) => `${priority} ${share}`);
  return invalidOption(
    'running',
    running,
    `more than the ${kept} places kept for higher priorities (${shares.join(', ')}, at least one each), ` +
      'or calls of the lowest priority would never run',
  );
}
