import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Slot } from '../../../src/discovery/balancing/index.ts';
import { balancerOf, busy, counted, idsOf, picked, snapshotOf } from './scene.ts';

test('nobody has fewer calls under way for his weight than the one that is picked', () => {
  const loads = fc.array(fc.record({ calls: fc.nat(9), weight: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(loads, fc.integer({ min: 1, max: 5 }), (list, picks) => {
      const sketches = list.map(({ weight }, number) => ({ id: `i${number}`, weight }));
      const balancer = balancerOf({ picker: 'least-connections' }, sketches);
      for (const [number, { calls }] of list.entries()) busy(balancer, `i${number}`, calls);
      const slots = sketches.map(({ id }) => balancer.slotOf(id) as Slot);
      for (let pick = 0; pick < picks; pick += 1) {
        const slot = picked(balancer);
        const least = Math.min(...slots.map(({ inFlight, weight }) => inFlight / weight));
        assert.equal(slot.inFlight / slot.weight, least);
        balancer.begin(slot);
      }
    }),
  );
});

test('calls that come one by one go to everybody in turn, by weight', () => {
  const balancer = balancerOf({ picker: 'least-connections' }, [{ id: 'a', weight: 3 }, 'b', 'c']);
  assert.deepEqual(Object.fromEntries(counted(balancer, 100)), { a: 60, b: 20, c: 20 });
});

test('calls in lasting work are counted until they end, not until they are forgotten', () => {
  const balancer = balancerOf({ picker: 'least-connections' }, ['a', 'b']);
  const slots = Array.from({ length: 6 }, () => {
    const slot = picked(balancer);
    balancer.begin(slot);
    return slot;
  });
  assert.deepEqual(
    slots.map(({ inFlight }) => inFlight),
    new Array(6).fill(3),
  );
  // All calls of one end: the next three are its own.
  const [first] = slots;
  assert.ok(first !== undefined);
  for (let call = 0; call < 3; call += 1) balancer.end(first, { latencyMs: 1, ok: true }, 0);
  for (let call = 0; call < 3; call += 1) {
    assert.equal(picked(balancer), first);
    balancer.begin(first);
  }
});

test('who comes later has its turns from then on, and none for the time before', () => {
  const balancer = balancerOf({ picker: 'least-connections' }, idsOf(2));
  counted(balancer, 1_000);
  balancer.update(snapshotOf(idsOf(3), 2), 0);
  assert.deepEqual([...counted(balancer, 30).values()], [10, 10, 10]);
});
