/**
 * What moves when nodes come and go, and how even the shares are. Everything runs on fixed names and keys, so a
 * bound that holds holds always; where the nodes are drawn, what is asserted is exact.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  BoundedLoadPlacement,
  JumpPlacement,
  MaglevPlacement,
  ModuloPlacement,
  type Placement,
  type PlacementNode,
  RendezvousPlacement,
  RingPlacement,
} from '../../src/placement/index.ts';
import { group, keysOf, loadsOf, strategies, without } from './groups.ts';

const hundred = group(100);
const keys = keysOf(20_000);

function ownersOf(placement: Placement): string[] {
  return keys.map((key) => placement.owner(key));
}

test('ring: whichever of 100 nodes leaves, it takes 1/100 of the circle with it, to within a tenth', () => {
  const shares = new RingPlacement(hundred).shares();
  assert.equal(shares.size, 100);
  let sum = 0;
  for (const [id, share] of shares) {
    assert.ok(share > 0.009 && share < 0.011, `${id} owns ${share}`);
    sum += share;
  }
  assert.equal(sum.toFixed(12), '1.000000000000');
});

test('ring: when one of 100 nodes leaves, 1/100 of the keys move ± 10 %, and they were all its own', () => {
  const [before, after] = [new RingPlacement(hundred), new RingPlacement(without(hundred, 'node-42'))];
  const many = keysOf(200_000);
  let moved = 0;
  for (const key of many) {
    const owner = before.owner(key);
    if (after.owner(key) === owner) continue;
    assert.equal(owner, 'node-42');
    moved += 1;
  }
  const share = moved / many.length;
  assert.ok(share > 0.009 && share < 0.011, `${share} moved`);
});

const drawnIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 20 });

const minimal: Readonly<Record<string, (nodes: readonly PlacementNode[]) => Placement>> = {
  ring: (nodes) => new RingPlacement(nodes, { virtualNodes: 20 }),
  rendezvous: (nodes) => new RendezvousPlacement(nodes),
};

for (const [name, make] of Object.entries(minimal)) {
  test(`${name}: whoever leaves loses its keys, nobody else one, and coming back restores all`, () => {
    const some = keys.slice(0, 200);
    const weights = fc.array(fc.double({ min: 0.1, max: 4, noNaN: true }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(drawnIds, weights, fc.nat(), (ids, drawn, choice) => {
        const nodes = ids.map((id, place) => ({ id, weight: drawn[place] as number }));
        const gone = ids[choice % ids.length] as string;
        const [before, after] = [make(nodes), make(without(nodes, gone))];
        const back = make([...without(nodes, gone), ...nodes.filter(({ id }) => id === gone)]);
        for (const key of some) {
          const owner = before.owner(key);
          if (owner === gone) assert.equal(after.owner(key), before.owners(key, 2)[1]);
          else assert.equal(after.owner(key), owner);
          assert.equal(back.owner(key), owner);
        }
      }),
    );
  });

  test(`${name}: more weight for one node draws keys to it, and moves none between others`, () => {
    const nodes = group(10);
    const heavier = nodes.map((node) => (node.id === 'node-3' ? { ...node, weight: 2 } : node));
    const [before, after] = [make(nodes), make(heavier)];
    let drawn = 0;
    for (const key of keys) {
      if (before.owner(key) === after.owner(key)) continue;
      assert.equal(after.owner(key), 'node-3');
      drawn += 1;
    }
    assert.ok(drawn > 0);
  });
}

test('jump: a node more moves its share to it, and nothing else', () => {
  const [before, after] = [new JumpPlacement(group(99)), new JumpPlacement(hundred)];
  const moved = keys.filter((key) => before.owner(key) !== after.owner(key));
  for (const key of moved) assert.equal(after.owner(key), 'node-99');
  assert.ok(moved.length > 160 && moved.length < 240, `${moved.length} of 20,000 moved`);
});

test('maglev: when one of 100 nodes leaves, few keys of the others move', () => {
  const before = ownersOf(new MaglevPlacement(hundred));
  const after = ownersOf(new MaglevPlacement(without(hundred, 'node-42')));
  const disturbed = before.filter((owner, place) => owner !== 'node-42' && owner !== after[place]).length;
  assert.ok(disturbed < keys.length * 0.02, `${disturbed} of 20,000 moved without need`);
  assert.ok(!after.includes('node-42'));
});

test('modulo: a node more moves nearly all, which is why the others exist', () => {
  const after = ownersOf(new ModuloPlacement(group(101)));
  const moved = ownersOf(new ModuloPlacement(hundred)).filter(
    (owner, place) => owner !== after[place],
  ).length;
  assert.ok(moved > keys.length * 0.95);
});

for (const name of ['modulo', 'ring', 'jump', 'rendezvous', 'maglev']) {
  test(`${name}: ten nodes are even to within a tenth`, () => {
    const make = strategies[name];
    assert.ok(make);
    for (const [id, load] of loadsOf(make(group(10)), keys)) {
      assert.ok(Math.abs(load / 2_000 - 1) < 0.1, `${id} has ${load} of 20,000`);
    }
  });
}

for (const name of ['ring', 'rendezvous', 'maglev']) {
  test(`${name}: shares follow weights of 1 to 4 to within a tenth`, () => {
    const nodes = group(8).map((node, place) => ({ ...node, weight: 1 + (place % 4) }));
    const make = strategies[name];
    assert.ok(make);
    const loads = loadsOf(make(nodes), keys);
    for (const { id, weight } of nodes) {
      const expected = (keys.length * weight) / 20;
      const load = loads.get(id) as number;
      assert.ok(
        Math.abs(load / expected - 1) < 0.1,
        `${id} of weight ${weight} has ${load}, not ${expected}`,
      );
    }
  });
}

test('bounded load: at 100 points a node no node of 100 is ever over 1.25 times its share', () => {
  const bounded = new BoundedLoadPlacement(hundred, { virtualNodes: 100 });
  const ring = new RingPlacement(hundred, { virtualNodes: 100 });
  for (const [place, key] of keys.entries()) {
    const id = bounded.place(key);
    assert.ok(bounded.loadOf(id) <= Math.ceil((1.25 * (place + 1)) / 100));
  }
  const plain = Math.max(...loadsOf(ring, keys).values());
  assert.ok(plain > 250, `the ring alone puts ${plain} on one node`);
});

test('bounded load: what is released makes room where it was', () => {
  const bounded = new BoundedLoadPlacement([{ id: 'a' }, { id: 'b', weight: 3 }]);
  const placed = keys.slice(0, 400).map((key) => bounded.place(key));
  const onA = placed.filter((id) => id === 'a').length;
  assert.equal(bounded.loadOf('a'), onA);
  assert.equal(bounded.loadOf('a') + bounded.loadOf('b'), 400);
  assert.ok(bounded.loadOf('a') <= 125 && bounded.loadOf('b') <= 375);
  for (const id of placed) bounded.release(id);
  assert.equal(bounded.loadOf('a') + bounded.loadOf('b'), 0);
  for (const key of keys.slice(0, 20)) {
    const [first, second] = bounded.owners(key, 2);
    assert.equal(first, bounded.owner(key));
    assert.notEqual(first, second);
  }
  assert.throws(() => bounded.release('a'), { code: 'invalid-option' });
});
