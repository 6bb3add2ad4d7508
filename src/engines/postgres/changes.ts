/** Reads what is in a directory, and what changed in it behind a number. */
import { QuorateError } from '../../base/index.ts';
import type { CallOptions, Item } from '../port/index.ts';
import { itemOf } from './answers.ts';
import { type ChangesGap, type ChangesPage, pageOf } from './changes-page.ts';
import type { Row } from './pg-module.ts';
import type { Server } from './server.ts';
import { changesText, itemsText } from './statements.ts';

export interface Present {
  readonly items: readonly Item[];
  readonly last: number;
}

const changesMax = 1_000;
const bytesMax = 16 * 2 ** 20;
/** More than this many items are not listed, nor begun with by a watch. */
export const itemsMax = 65_536;

export async function changesAfter(
  server: Server,
  directory: string,
  after: number,
): Promise<ChangesPage | ChangesGap> {
  for (let share = 1; ; share *= 2) {
    const query = { directory, after, limit: changesMax * share, bytesMax: bytesMax * share };
    const rows = await server.read({}, 'calls', [directory], changesText(server.settings.schema, query));
    const page = pageOf(directory, after, rows);
    // The transaction that it begins with is longer than what was asked for.
    if (page.kind === 'gap' || page.changes.length > 0 || !page.hasMore) return page;
  }
}

export async function presentOf(
  server: Server,
  directory: string,
  name: string | undefined,
  options: CallOptions = {},
): Promise<Present> {
  const query = { directory, name, limit: itemsMax + 1 };
  const rows = await server.read(options, 'calls', [directory], itemsText(server.settings.schema, query));
  checkLength(directory, rows);
  return { items: itemsOf(directory, rows), last: lastOf(rows) };
}

/** Throws for a directory that has more than one answer brings. */
export function checkLength(directory: string, rows: readonly Row[]): void {
  if (rows.length <= itemsMax) return;
  const what = `directory ${directory}`;
  throw new QuorateError({
    code: 'too-large',
    message: `${what} holds more than ${itemsMax} items; list it with a limit, or keep fewer items in it`,
    data: { what, bytes: 0, limit: itemsMax },
  });
}

export function itemsOf(directory: string, rows: readonly Row[]): readonly Item[] {
  return rows.filter((row) => typeof row['name'] === 'string').map((row) => itemOf(directory, row));
}

/** The number that the directory had reached; 0 while it has none. */
export function lastOf(rows: readonly Row[]): number {
  return Number(rows[0]?.['last'] ?? 0);
}
