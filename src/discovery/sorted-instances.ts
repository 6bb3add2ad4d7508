/**
 * Arrays of instances in the order of their ids, which never change: another state is another array. They are read-only
 * by their type and not frozen, because a frozen array is copied forty times as slowly, by whoever copies it.
 */
import type { Instance } from './instance.ts';

/** By id: what there is now, or that there is nothing any more. */
export type InstanceChanges = ReadonlyMap<string, Instance | undefined>;

/** So many are put in their places in a copy; more of them are merged. */
const fewMax = 16;

/** The array with these changes; the same one where they change nothing. */
export function withChanges(before: readonly Instance[], changes: InstanceChanges): readonly Instance[] {
  const different = [...changes].filter(([id, instance]) => instanceIn(before, id) !== instance);
  if (different.length === 0) return before;
  return different.length <= fewMax ? withFew(before, different) : merged(before, new Map(different));
}

export function instanceIn(instances: readonly Instance[], id: string): Instance | undefined {
  const found = instances[placeOf(instances, id)];
  return found?.id === id ? found : undefined;
}

function withFew(
  before: readonly Instance[],
  changes: readonly (readonly [id: string, instance: Instance | undefined])[],
): readonly Instance[] {
  const list = before.slice();
  for (const [id, instance] of changes) {
    const at = placeOf(list, id);
    const isThere = list[at]?.id === id;
    if (isThere && instance !== undefined) list[at] = instance;
    else list.splice(at, isThere ? 1 : 0, ...(instance === undefined ? [] : [instance]));
  }
  return list;
}

function merged(before: readonly Instance[], changes: InstanceChanges): readonly Instance[] {
  const list: Instance[] = [];
  let at = 0;
  for (const id of [...changes.keys()].sort()) {
    for (let next = before[at]; next !== undefined && next.id < id; next = before[at]) {
      list.push(next);
      at += 1;
    }
    if (before[at]?.id === id) at += 1;
    const instance = changes.get(id);
    if (instance !== undefined) list.push(instance);
  }
  for (const rest of before.slice(at)) list.push(rest);
  return list;
}

/** The first place whose id is not before `id`. */
function placeOf(instances: readonly Instance[], id: string): number {
  let low = 0;
  let high = instances.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((instances[middle] as Instance).id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
