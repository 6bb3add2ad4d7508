/**
 * A mark: of which store it is, and how far directories were. Each directory counts for itself, so a mark of a
 * transaction names several. Given for another directory than those, it says nothing, and a watch begins anew.
 */
import type { Mark } from '../port/index.ts';
import type { Lasts } from './answers.ts';

/** No key has a line end in it. */
const separator = '\n';

export function markOf(store: string, lasts: Lasts): Mark {
  const places = Object.entries(lasts).map(([directory, last]) => `${last} ${directory}`);
  return [store, ...places].join(separator);
}

/** How far `directory` was; `undefined` when the mark does not say, or is of another store, or none at all. */
export function placeIn(mark: Mark, store: string, directory: string): number | undefined {
  const [own, ...places] = mark.split(separator);
  if (own !== store) return undefined;
  const place = places.find((one) => one.slice(one.indexOf(' ') + 1) === directory);
  const digits = place?.slice(0, place.indexOf(' ')) ?? '';
  return /^\d{1,16}$/.test(digits) ? Number(digits) : undefined;
}
