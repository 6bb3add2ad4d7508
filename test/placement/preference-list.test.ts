/** Lists of replicas: spread over zones, the owner first, and as stable as the strategy below them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Placement,
  type PlacementNode,
  preferenceList,
  RendezvousPlacement,
  RingPlacement,
} from '../../src/placement/index.ts';
import { group, keysOf, strategies, without } from './groups.ts';

const makers: readonly (readonly [string, (nodes: readonly PlacementNode[]) => Placement])[] = [
  ['ring', (nodes) => new RingPlacement(nodes, { virtualNodes: 16 })],
  ['rendezvous', (nodes) => new RendezvousPlacement(nodes)],
];

/** Ten nodes in two, three or more zones, some of them small. */
const zoned = fc
  .array(fc.constantFrom('east', 'west', 'north', undefined), { minLength: 2, maxLength: 10 })
  .map((zones) =>
    zones.map(
      (zone, place): PlacementNode => ({ id: `node-${place}`, ...(zone === undefined ? {} : { zone }) }),
    ),
  );

for (const [name, make] of Object.entries(strategies)) {
  test(`${name}: three replicas lie in three zones, the owner first`, () => {
    const nodes = group(9).map((node, place) => ({ ...node, zone: `zone-${place % 3}` }));
    const placement = make(nodes);
    for (const key of keysOf(200)) {
      const list = preferenceList(placement, key, 3);
      assert.equal(list[0], placement.owner(key));
      assert.equal(new Set(list.map((id) => Number(id.slice(5)) % 3)).size, 3);
    }
  });
}

for (const [name, make] of makers) {
  test(`${name}: as many zones as possible, and none has two more than one that had a node left`, () => {
    fc.assert(
      fc.property(zoned, fc.string(), fc.nat(), (nodes, key, choice) => {
        const count = 1 + (choice % nodes.length);
        const list = preferenceList(make(nodes), key, count);
        assert.equal(new Set(list).size, count);
        const zoneOf = new Map(nodes.map(({ id, zone = '' }) => [id, zone]));
        const taken = new Map([...zoneOf.values()].map((zone) => [zone, 0]));
        for (const id of list) {
          const zone = zoneOf.get(id) as string;
          taken.set(zone, (taken.get(zone) ?? 0) + 1);
        }
        const all = [...zoneOf.values()];
        const open = [...taken].filter(([zone, some]) => all.filter((each) => each === zone).length > some);
        const least = Math.min(...open.map(([, some]) => some), Number.POSITIVE_INFINITY);
        for (const some of taken.values()) assert.ok(some <= least + 1);
      }),
    );
  });

  test(`${name}: who leaves and is not in the list changes nothing, and who is in it is replaced by one`, () => {
    fc.assert(
      fc.property(zoned, fc.string(), fc.nat(), fc.nat(), (nodes, key, size, choice) => {
        const count = 1 + (size % (nodes.length - 1));
        const before = preferenceList(make(nodes), key, count);
        const gone = `node-${choice % nodes.length}`;
        const after = preferenceList(make(without(nodes, gone)), key, count);
        if (!before.includes(gone)) assert.deepEqual(after, before);
        else assert.equal(after.filter((id) => !before.includes(id)).length, 1);
      }),
    );
  });
}
