/**
 * Which items a listing wants, and in which order, told from their names where names tell it: those of appended items
 * carry a number that the server counts up in their directory. So the neighbour of one among thousands is found
 * without reading the thousands. Where names do not tell, `undefined` says so, and the nodes must be asked.
 *
 * The number starts anew with the directory, which is collected when it is idle. Who is asked about may lie in an
 * earlier life of it; its number then means nothing here, and everything that is here was created later.
 */
import type { Item, ListOptions } from '../port/index.ts';
import { appendedName, nameOf } from './layout.ts';

export type Wanted = Pick<ListOptions, 'before' | 'descending' | 'limit'>;

/** `directoryCreated`: when the directory itself came to be that these names were read from. */
export function chosenByName(
  names: readonly string[],
  directoryCreated: number,
  { before, descending = false, limit }: Wanted,
): readonly string[] | undefined {
  if (before !== undefined && before.created < directoryCreated) return [];
  const end = before === undefined ? Number.POSITIVE_INFINITY : appendedName(nameOf(before.key))?.sequence;
  if (end === undefined) return undefined;
  const places = new Map<number, string>();
  for (const name of names) {
    const sequence = appendedName(name)?.sequence;
    // Below 0 the server has counted over its end; there it stands still, and numbers tell nothing any more.
    if (sequence === undefined || sequence < 0 || places.has(sequence)) return undefined;
    places.set(sequence, name);
  }
  if (end < 0) return undefined;
  const sequences = [...places.keys()].filter((sequence) => sequence < end);
  sequences.sort(descending ? (a, b) => b - a : (a, b) => a - b);
  return sequences.slice(0, limit ?? sequences.length).map((sequence) => places.get(sequence) as string);
}

/** The same from the nodes themselves. */
export function chosenByAge<T extends Pick<Item, 'key' | 'created'>>(
  items: readonly T[],
  { before, descending = false, limit }: Wanted,
): readonly T[] {
  const chosen = items.filter(({ created }) => before === undefined || created < before.created);
  chosen.sort(descending ? (a, b) => byAge(b, a) : byAge);
  return chosen.slice(0, limit ?? chosen.length);
}

/** Items of one transaction have one number; the order of their names is as good as any, as long as all agree. */
export function byAge(a: Pick<Item, 'key' | 'created'>, b: Pick<Item, 'key' | 'created'>): number {
  if (a.created !== b.created) return a.created - b.created;
  return a.key < b.key ? -1 : 1;
}
