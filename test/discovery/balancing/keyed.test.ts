import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PickerName, Slot } from '../../../src/discovery/balancing/index.ts';
import { MaglevPlacement, RendezvousPlacement } from '../../../src/placement/index.ts';
import { balancerOf, busy, counted, idsOf, picked, snapshotOf } from './scene.ts';

const keyed: readonly PickerName[] = ['ring', 'rendezvous', 'maglev', 'bounded-load'];
const keys = Array.from({ length: 2_000 }, (_, number) => `customer/${number}`);

for (const picker of keyed) {
  test(`${picker}: a key has one instance, and keeps it while that one is there`, () => {
    const balancer = balancerOf({ picker }, idsOf(10));
    const before = keys.map((key) => picked(balancer, 0, { key }).id);
    assert.equal(new Set(before).size, 10);
    assert.deepEqual(
      keys.map((key) => picked(balancer, 0, { key }).id),
      before,
    );
    balancer.update(snapshotOf(idsOf(9), 2), 0);
    const after = keys.map((key) => picked(balancer, 0, { key }).id);
    const moved = keys.filter((_, at) => before[at] !== 'i009' && after[at] !== before[at]);
    // Maglev moves a few of the others; the rest none.
    assert.ok(moved.length <= (picker === 'maglev' ? 100 : 0), `${moved.length} keys of others moved`);
  });

  test(`${picker}: an instance that fails its checks lends its keys to others, and has them back`, () => {
    const balancer = balancerOf({ picker }, idsOf(10));
    const before = keys.map((key) => picked(balancer, 0, { key }).id);
    const ill = idsOf(10).map((id) => (id === 'i004' ? ({ id, status: 'critical' } as const) : { id }));
    balancer.update(snapshotOf(ill, 2), 0);
    const meanwhile = keys.map((key) => picked(balancer, 0, { key }).id);
    for (const [at, id] of meanwhile.entries()) {
      if (before[at] === 'i004') assert.notEqual(id, 'i004');
      else assert.equal(id, before[at]);
    }
    balancer.update(snapshotOf(idsOf(10), 3), 0);
    assert.deepEqual(
      keys.map((key) => picked(balancer, 0, { key }).id),
      before,
    );
  });

  test(`${picker}: a call without a key goes to everybody in turn`, () => {
    assert.deepEqual([...counted(balancerOf({ picker }, idsOf(4)), 40).values()], [10, 10, 10, 10]);
  });
}

test('rendezvous and Maglev place a key where quorate/placement does', () => {
  const nodes = idsOf(10).map((id) => ({ id }));
  for (const [picker, placement] of [
    ['rendezvous', new RendezvousPlacement(nodes)],
    ['maglev', new MaglevPlacement(nodes)],
  ] as const) {
    const balancer = balancerOf({ picker }, idsOf(10));
    for (const key of keys) assert.equal(picked(balancer, 0, { key }).id, placement.owner(key));
  }
});

test('weights by the thousand place keys as the same weights by the one', () => {
  for (const picker of keyed) {
    const small = balancerOf({ picker }, [
      { id: 'a', weight: 1 },
      { id: 'b', weight: 3 },
    ]);
    const large = balancerOf({ picker }, [
      { id: 'a', weight: 4_096 },
      { id: 'b', weight: 12_288 },
    ]);
    for (const key of keys) assert.equal(picked(small, 0, { key }).id, picked(large, 0, { key }).id);
  }
});

test('one key that everybody asks for fills its instance up to the bound, and no further', () => {
  const balancer = balancerOf({ picker: { kind: 'bounded-load', factor: 1.25 } }, idsOf(10));
  for (let call = 1; call <= 400; call += 1) {
    const slot = picked(balancer, 0, { key: 'hot' });
    balancer.begin(slot);
    assert.ok(slot.inFlight <= Math.ceil((1.25 * call) / 10), `${slot.id} has ${slot.inFlight} of ${call}`);
  }
  const inFlight = idsOf(10).map((id) => balancer.slotOf(id)?.inFlight ?? 0);
  assert.equal(inFlight.filter((calls) => calls > 0).length, 8);
});

test('calls at an instance that has left the pool do not widen the bound for the others', () => {
  const balancer = balancerOf({ picker: 'bounded-load' }, idsOf(4));
  busy(balancer, 'i003', 1_000);
  const gone = balancer.slotOf('i003') as Slot;
  balancer.update(snapshotOf([...idsOf(3), { id: 'i003', status: 'draining' }], 2), 0);
  const slots = new Set(
    Array.from({ length: 9 }, () => {
      const slot = picked(balancer, 0, { key: 'hot' });
      balancer.begin(slot);
      return slot;
    }),
  );
  assert.equal(slots.size, 3);
  for (let call = 0; call < 1_000; call += 1) balancer.end(gone, { latencyMs: 1, ok: true }, 0);
  assert.equal(gone.inFlight, 0);
});
