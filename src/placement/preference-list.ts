/**
 * Which nodes hold the replicas of a key: in the order in which the strategy prefers them, but spread over as many
 * zones as there are. It goes in rounds, and in each round a zone gives its most preferred node that is left; so no
 * zone has two replicas more than another that could have taken one. The owner is always first. When a node leaves
 * that is not in the list nothing changes, and when one leaves that is, one other comes for it.
 */
import type { Key } from './key.ts';
import { checkCount, type Placement } from './placement.ts';

/** The ids of `count` nodes. */
export function preferenceList(placement: Placement, key: Key, count: number): string[] {
  checkCount(count, placement.nodes);
  const zones = new Map(placement.nodes.map(({ id, zone = '' }) => [id, zone]));
  const list: string[] = [];
  let left = placement.owners(key, placement.nodes.length);
  while (list.length < count) {
    const visited = new Set<string>();
    const later: string[] = [];
    for (const id of left) {
      const zone = zones.get(id) as string;
      if (visited.has(zone)) later.push(id);
      else list.push(id);
      visited.add(zone);
    }
    left = later;
  }
  return list.slice(0, count);
}
