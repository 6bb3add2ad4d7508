/**
 * Plans of movement, carried out step by step as a cluster would: each piece is with its owner of before, goes to
 * its owner of after, and no node is over its bound on the way.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  JumpPlacement,
  MaglevPlacement,
  type MovePlan,
  type PlacementNode,
  planMoves,
  RangePlacement,
  RendezvousPlacement,
  RingPlacement,
} from '../../src/placement/index.ts';
import { group, keysOf, without } from './groups.ts';

/** Each receiver holds a piece from the start of its move, each giver until the end. */
function carryOut(plan: MovePlan, bound: number): void {
  const loads = new Map(plan.before);
  const limitOf = (id: string): number =>
    bound * Math.max(plan.before.get(id) ?? 0, plan.after.get(id) ?? 0) + 1e-6;
  let moved = 0;
  for (const { from, to, share } of plan.moves) {
    loads.set(to, (loads.get(to) ?? 0) + share);
    assert.ok(
      (loads.get(to) as number) <= limitOf(to),
      `${to} holds ${loads.get(to)}, at most ${limitOf(to)}`,
    );
    loads.set(from, (loads.get(from) ?? 0) - share);
    moved += share;
  }
  for (const [id, load] of loads) assert.ok(Math.abs(load - (plan.after.get(id) ?? 0)) < 1e-9, id);
  assert.ok(Math.abs(moved - plan.share) < 1e-9);
}

test('when a node leaves a ring, exactly what it owned moves, to the ends of its arcs', () => {
  const nodes = group(20);
  const before = new RingPlacement(nodes);
  const after = new RingPlacement(without(nodes, 'node-7'));
  const plan = planMoves(before, after);
  assert.equal(plan.method, 'arcs');
  assert.equal(plan.error, 0);
  assert.ok(Math.abs(plan.share - (before.shares().get('node-7') as number)) < 1e-12);
  assert.deepEqual(plan.before, before.shares());
  assert.deepEqual(
    plan.after,
    new Map([...after.shares(), ['node-7', 0]].filter(([id]) => id !== 'node-7') as [string, number][]),
  );
  for (const { from, to, arcs } of plan.moves) {
    assert.equal(from, 'node-7');
    for (const { through } of arcs) assert.equal(after.ownerAt(through), to);
  }
  carryOut(plan, 1.25);
});

const small = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 8 });

function nodesOf(numbers: readonly number[], weight: (number: number) => number): PlacementNode[] {
  return numbers.map((number) => ({ id: `node-${number}`, weight: weight(number) }));
}

test('from any ring to any other: every position ends with its owner, under the bound throughout', () => {
  const bounds = fc.constantFrom(1.02, 1.25, 2);
  fc.assert(
    fc.property(small, small, fc.integer({ min: 1, max: 12 }), bounds, (left, right, virtualNodes, bound) => {
      const before = new RingPlacement(
        nodesOf(left, () => 1),
        { virtualNodes },
      );
      const after = new RingPlacement(
        nodesOf(right, (number) => 1 + (number % 3)),
        { virtualNodes },
      );
      const plan = planMoves(before, after, { bound });
      carryOut(plan, bound);
      for (const { from, to, arcs } of plan.moves) {
        for (const { after: start, through } of arcs) {
          assert.ok(start >= 0 && start < 2 ** 32, `an arc begins at ${start}`);
          assert.equal(before.ownerAt(through), from);
          assert.equal(after.ownerAt(through), to);
        }
      }
      const size = plan.moves
        .flatMap(({ arcs }) => arcs)
        .reduce(
          (sum, { after: start, through }) => sum + ((through - start + 2 ** 32) % 2 ** 32 || 2 ** 32),
          0,
        );
      assert.ok(Math.abs(size / 2 ** 32 - plan.share) < 1e-12, 'the arcs are what moves, none of it twice');
    }),
  );
});

test('an arc that finds no room is divided, and is whole where the bound is wider', () => {
  const nodes = (weight: number): PlacementNode[] => group(2).map((node) => ({ ...node, weight }));
  const before = new RingPlacement(nodes(4), { virtualNodes: 1 });
  const after = new RingPlacement(nodes(2), { virtualNodes: 1 });
  const arcsAt = (bound: number): number => {
    const plan = planMoves(before, after, { bound });
    carryOut(plan, bound);
    return plan.moves.flatMap(({ arcs }) => arcs).length;
  };
  assert.deepEqual([arcsAt(1.01), arcsAt(4)], [3, 2]);
});

test('two ranges of one size that change places need a bound of two', () => {
  const nodes = [{ id: 'a' }, { id: 'b' }];
  const before = new RangePlacement(nodes, [
    { from: '', owner: 'a' },
    { from: 'm', owner: 'b' },
  ]);
  const after = new RangePlacement(nodes, [
    { from: '', owner: 'b' },
    { from: 'm', owner: 'a' },
  ]);
  assert.throws(() => planMoves(before, after, { sizeOf: () => 1 }), {
    code: 'invalid-option',
    message: /bound is 1\.25, but must be about 2\.000 or more/,
  });
  carryOut(planMoves(before, after, { sizeOf: () => 1, bound: 2 }), 2);
});

test('between two sets of ranges the cuts of both count, and the sizes are those that are told', () => {
  const nodes = group(3);
  const [zero, one, two] = ['node-0', 'node-1', 'node-2'] as const;
  const before = new RangePlacement(nodes, [
    { from: '', owner: zero },
    { from: 'g', owner: one },
    { from: 'p', owner: two },
  ]);
  const after = new RangePlacement(nodes, [
    { from: '', owner: zero },
    { from: 'k', owner: one },
    { from: 'p', owner: two },
  ]);
  const decoder = new TextDecoder();
  const sizes: Readonly<Record<string, number>> = { '': 40, g: 10, k: 25, p: 25 };
  const plan = planMoves(before, after, { sizeOf: ({ from }) => sizes[decoder.decode(from)] as number });
  assert.equal(plan.method, 'ranges');
  assert.equal(plan.share, 0.1);
  assert.deepEqual(
    plan.moves.map(({ from, to, ranges: [range] }) => [
      from,
      to,
      decoder.decode(range?.from),
      decoder.decode(range?.until),
    ]),
    [[one, zero, 'g', 'k']],
  );
  // Unless told, by the first bytes: g is 0x67 and k is 0x6b.
  assert.equal(planMoves(before, after).share, 4 / 256);
});

test('with keys given, the plan is about them', () => {
  const [before, after] = [new JumpPlacement(group(9)), new JumpPlacement(group(10))];
  const keys = keysOf(3_000);
  const plan = planMoves(before, after, { keys });
  const moved = keys.filter((key) => before.owner(key) !== after.owner(key)).length;
  assert.equal(plan.method, 'keys');
  assert.equal(plan.share, moved / 3_000);
  assert.ok(plan.moves.every(({ to }) => to === 'node-9'));
  carryOut(plan, 1.25);
});

test('a sample says how far it may be off, and is not further off than that', () => {
  const nodes = group(10);
  const less = without(nodes, 'node-4');
  const sampled = planMoves(new RendezvousPlacement(nodes), new RendezvousPlacement(less), {
    samples: 20_000,
  });
  assert.equal(sampled.method, 'samples');
  assert.ok(Math.abs(sampled.share - 0.1) <= sampled.error, `${sampled.share} ± ${sampled.error}`);
  assert.ok(sampled.error > 0.003 && sampled.error < 0.005);
  carryOut(sampled, 1.25);
  const still = planMoves(new MaglevPlacement(nodes), new MaglevPlacement(nodes), { samples: 1_000 });
  assert.deepEqual([still.share, still.error, still.moves.length], [0, 0.003, 0]);
});
