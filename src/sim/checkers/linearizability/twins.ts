/**
 * Operations that do the same are interchangeable while both are under way: whatever order uses the one that
 * has more time first, the other way round is an order too. So a search need only try the more urgent one. A
 * dozen lost increments then are thirteen cases, not four thousand.
 */
import type { Operation } from '../../history/index.ts';
import type { Schedule } from './schedule.ts';

export interface Twins {
  /** Per known operation: the number of its kind, or -1 when it is the only one. */
  readonly kindOf: Int32Array;
  /** Per unknown operation: the one before it that does the same, or -1. */
  readonly unknownBefore: Int32Array;
}

export function findTwins({ known, unknown }: Schedule, dependsOnProcess: boolean): Twins {
  const kind = ({ f, input, output, process }: Operation): string =>
    JSON.stringify([f, input, output, dependsOnProcess ? process : 0]);
  const counts = new Map<string, { readonly number: number; count: number }>();
  const kinds = known.map(kind);
  for (const text of kinds) {
    const entry = counts.get(text);
    if (entry === undefined) counts.set(text, { number: counts.size, count: 1 });
    else entry.count += 1;
  }
  const last = new Map<string, number>();
  return {
    kindOf: Int32Array.from(kinds, (text) => {
      const entry = counts.get(text);
      return entry !== undefined && entry.count > 1 ? entry.number : -1;
    }),
    unknownBefore: Int32Array.from(unknown, (operation, index) => {
      const text = kind(operation);
      const before = last.get(text) ?? -1;
      last.set(text, index);
      return before;
    }),
  };
}
