/** Lists of instances in the order of their ids, which never change: another state is another list. */
import type { Instance } from './instance.ts';

/** By id: what there is now, or that there is nothing any more. */
export type InstanceChanges = ReadonlyMap<string, Instance | undefined>;

/** The list with these changes; the same list where they change nothing. */
export function withChanges(before: readonly Instance[], changes: InstanceChanges): readonly Instance[] {
  const ids = [...changes.keys()].sort();
  const parts: (readonly Instance[])[] = [];
  let from = 0;
  let isSame = true;
  for (const id of ids) {
    const at = placeOf(before, id, from);
    const found = before[at];
    const isThere = found?.id === id;
    const instance = changes.get(id);
    if (instance === undefined ? isThere : instance !== found) isSame = false;
    parts.push(before.slice(from, at));
    if (instance !== undefined) parts.push([instance]);
    from = isThere ? at + 1 : at;
  }
  if (isSame) return before;
  parts.push(before.slice(from));
  return Object.freeze(parts.flat());
}

/** The first place, from `from` on, whose id is not before `id`. */
function placeOf(instances: readonly Instance[], id: string, from: number): number {
  let low = from;
  let high = instances.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((instances[middle] as Instance).id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
