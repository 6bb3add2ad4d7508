/**
 * A page of what changed in a directory behind a number. Numbers have no gaps, so a gap in what was read says that
 * changes are forgotten, and that only a look at everything will do.
 */
import { type Change, changeOf } from './answers.ts';
import type { Row } from './pg-module.ts';

/** Whole transactions behind a number, and the number that they reach. */
export interface ChangesPage {
  readonly kind: 'changes';
  readonly changes: readonly Change[];
  readonly last: number;
  readonly hasMore: boolean;
}

/** Something in between is forgotten. */
export interface ChangesGap {
  readonly kind: 'gap';
  readonly last: number;
}

export function pageOf(directory: string, after: number, rows: readonly Row[]): ChangesPage | ChangesGap {
  const last = Number(rows[0]?.['last'] ?? 0);
  const read = rows.filter((row) => typeof row['name'] === 'string').map((row) => changeOf(directory, row));
  const isWhole = read.every(({ sequence }, place) => sequence === after + 1 + place);
  if (last < after || !isWhole || (read.length === 0 && last > after)) return { kind: 'gap', last };
  const end = read.at(-1)?.sequence ?? after;
  const changes = read.filter(({ through }) => through <= end);
  const reached = changes.at(-1)?.sequence ?? after;
  return { kind: 'changes', changes, last: reached, hasMore: reached < last };
}
