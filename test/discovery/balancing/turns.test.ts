import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { balancerOf, counted, idsOf, picked, snapshotOf } from './scene.ts';

test('the smooth weighted round robin gives the sequence of the example that nginx published it with', () => {
  const balancer = balancerOf({ picker: 'weighted-round-robin' }, [
    { id: 'a', weight: 5 },
    { id: 'b', weight: 1 },
    { id: 'c', weight: 1 },
  ]);
  const sequence = Array.from({ length: 14 }, () => picked(balancer).id).join('');
  assert.equal(sequence, 'aabacaaaabacaa');
});

test('in a cycle of turns each instance has as many as its weight, whatever the weights are', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 }), (weights) => {
      const sketches = weights.map((weight, number) => ({ id: `i${number}`, weight }));
      const balancer = balancerOf({ picker: 'weighted-round-robin' }, sketches);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const counts = counted(balancer, total);
      for (const { id, weight } of sketches) assert.equal(counts.get(id), weight);
    }),
  );
});

test('round robin gives each its turn, and goes on in step when one leaves', () => {
  const balancer = balancerOf({ picker: 'round-robin' }, idsOf(7));
  assert.deepEqual([...counted(balancer, 70).values()], new Array(7).fill(10));
  balancer.update(snapshotOf(idsOf(6), 2), 0);
  assert.deepEqual([...counted(balancer, 60).values()], new Array(6).fill(10));
});

test('processes that start together do not all begin with the same instance', () => {
  const first = new Set(
    Array.from({ length: 40 }, (_, seed) => picked(balancerOf({ picker: 'round-robin' }, idsOf(5), seed)).id),
  );
  assert.equal(first.size, 5);
});

test('instances that come and go by the hundred leave nobody richer than the others', () => {
  const balancer = balancerOf({ picker: 'weighted-round-robin' }, ['a', 'b']);
  for (let round = 0; round < 200; round += 1) {
    // The one that comes is taken away right after its turn, with its debt.
    balancer.update(snapshotOf(['a', 'b', { id: 'z', weight: 50, token: round }], 2 * round + 2), 0);
    while (picked(balancer).id !== 'z');
    balancer.update(snapshotOf(['a', 'b'], 2 * round + 3), 0);
  }
  balancer.update(snapshotOf(['a', 'b', 'c'], 1_000), 0);
  const counts = counted(balancer, 30);
  for (const id of ['a', 'b', 'c'])
    assert.ok(Math.abs((counts.get(id) ?? 0) - 10) <= 1, `${id}: ${counts.get(id)}`);
});
