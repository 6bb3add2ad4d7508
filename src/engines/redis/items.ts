/** Items as the scripts tell of them, and marks as their readers keep them. */
import type { Item, Mark } from '../port/index.ts';
import type { Reply } from './reply.ts';

/** An item behind its name: five words. */
export function itemFrom(rest: Reply, directory: string): Item {
  const name = rest.text();
  const created = rest.number();
  const modified = rest.number();
  const session = rest.text();
  const value = rest.bytes();
  return {
    key: `${directory}/${name}`,
    value,
    created,
    modified,
    session: session === '' ? undefined : session,
  };
}

export function itemsFrom(rest: Reply, directory: string): Item[] {
  const items: Item[] = [];
  while (!rest.isOver) items.push(itemFrom(rest, directory));
  return items;
}

/** A revision and the database that counted it. */
export function markAt(marker: string, revision: number): Mark {
  return `${marker}.${revision}`;
}

/** `undefined` for a mark of another database or engine. */
export function revisionOf(mark: Mark, marker: string): number | undefined {
  const [, owner, digits] = /^(\w+)\.(\d{1,16})$/.exec(mark) ?? [];
  return owner === marker ? Number(digits) : undefined;
}
