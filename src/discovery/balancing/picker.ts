/**
 * The one shape of all pickers: chooses among slots. Time and chance come from outside, and a pick makes nothing, so
 * that choosing costs little beside the call that follows. What is healthy, near or remembered is judged around a
 * picker, in the balancer; it sees only those that may be chosen.
 */
import type { Slot, Tally } from './slot.ts';

export interface PickRequest {
  /** What belongs together: calls with one key go to one instance where the picker or sticky sessions look at keys. */
  readonly key?: string | undefined;
  /** Those that have been tried already: only chosen where nothing else is there. A small list. */
  readonly excluding?: readonly Slot[] | undefined;
}

export interface Pool {
  /** Those that keys are spread over, usable or not: another array when it is another set or another weight. */
  readonly members: readonly Slot[];
  /** Those of them that may be picked. */
  readonly usable: readonly Slot[];
  /** Calls under way at the usable ones. */
  readonly tally: Tally;
}

export interface Picker {
  /** Picks from `pool` from now on. */
  update(pool: Pool): void;
  /** Undefined where all are excluded, or nothing is there. */
  pick(nowMs: number, request: PickRequest): Slot | undefined;
}

export const emptyPool: Omit<Pool, 'tally'> = { members: [], usable: [] };

/** By its key: one that left the list and came back meanwhile has another slot, and has been tried all the same. */
export function isExcluded({ excluding }: PickRequest, slot: Slot): boolean {
  if (excluding === undefined) return false;
  for (const { key } of excluding) if (key === slot.key) return true;
  return false;
}
