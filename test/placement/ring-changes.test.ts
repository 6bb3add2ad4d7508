/** A ring that is made out of a former one is the ring that is made anew, point for point. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type PlacementNode, RingPlacement } from '../../src/placement/index.ts';
import { group, without } from './groups.ts';

function assertSame(changed: RingPlacement, anew: RingPlacement): void {
  assert.deepEqual(changed.nodes, anew.nodes);
  const boundaries = anew.boundaries();
  assert.deepEqual(changed.boundaries(), boundaries);
  for (const position of boundaries) {
    const owner = anew.ownerAt(position);
    if (changed.ownerAt(position) !== owner) assert.equal(changed.ownerAt(position), owner);
  }
  assert.deepEqual(changed.shares(), anew.shares());
}

const weight = fc.constantFrom(0.1, 0.5, 1, 1, 1, 2, 3.7);
const id = fc.constantFrom(...group(12).map((node) => node.id));
const nodes = fc.uniqueArray(fc.record({ id, weight }), {
  minLength: 1,
  selector: (node) => node.id,
});
const change = fc.record({ nodes, virtualNodes: fc.constantFrom(1, 20, 100, 100, 100) });

test('whoever comes, leaves, or has another weight: the ring is the same as one made anew', () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 2, maxLength: 6 }), (changes) => {
      let former: RingPlacement | undefined;
      for (const { nodes: present, virtualNodes } of changes) {
        const ring = new RingPlacement(present, { virtualNodes, ...(former && { former }) });
        assertSame(ring, new RingPlacement(present, { virtualNodes }));
        former = ring;
      }
    }),
    { numRuns: 300 },
  );
});

test('points of two nodes at one position are in the order of the ids, whoever came first', () => {
  // 20 × 65,536 points: some two hundred pairs of them lie at one position.
  const all: readonly PlacementNode[] = group(20);
  const virtualNodes = 65_536;
  const anew = new RingPlacement(all, { virtualNodes });
  const positions = anew.boundaries();
  const isShared = positions.some((position, at) => position === positions[at - 1]);
  assert.ok(isShared);
  for (const leaver of ['node-0', 'node-12', 'node-9']) {
    const fewer = new RingPlacement(without(all, leaver), { virtualNodes, former: anew });
    assertSame(fewer, new RingPlacement(without(all, leaver), { virtualNodes }));
    assertSame(new RingPlacement(all, { virtualNodes, former: fewer }), anew);
  }
});
