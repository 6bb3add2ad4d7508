import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../../src/base/index.ts';
import { Balancer, type PickerName, type Slot } from '../../../src/discovery/balancing/index.ts';
import { balancerOf, busy, counted, fail, idsOf, instance, picked, snapshotOf } from './scene.ts';

const everyPicker: readonly PickerName[] = [
  'round-robin',
  'weighted-round-robin',
  'random',
  'least-connections',
  'two-choices',
  'peak-ewma',
  'ring',
  'rendezvous',
  'maglev',
  'bounded-load',
];

for (const picker of everyPicker) {
  test(`${picker}: nobody is picked from nothing, and the only one always is`, () => {
    const balancer = new Balancer({ picker, seed: 1 });
    assert.equal(balancer.pick(0), undefined);
    assert.equal(balancer.pick(0, { key: 'k' }), undefined);
    balancer.update(snapshotOf(['a']), 0);
    assert.equal(picked(balancer, 0, { key: 'k' }).id, 'a');
    assert.equal(picked(balancer).id, 'a');
    assert.equal(balancer.figures.nobody, 2);
  });

  test(`${picker}: only who passes and is not excluded is picked; where nobody else is there, who was tried already`, () => {
    const balancer = balancerOf({ picker }, [
      'a',
      { id: 'b', status: 'critical' },
      'c',
      { id: 'd', status: 'draining' },
      { id: 'e', status: 'warning' },
    ]);
    const [a, c] = [balancer.slotOf('a') as Slot, balancer.slotOf('c') as Slot];
    for (let number = 0; number < 50; number += 1) {
      const request = { key: `k${number}` };
      assert.match(picked(balancer, 0, request).id, /^[ac]$/);
      assert.equal(picked(balancer, 0, { ...request, excluding: [a] }), c);
      assert.equal(picked(balancer, 0, { excluding: [c] }), a);
      assert.match(picked(balancer, 0, { ...request, excluding: [a, c] }).id, /^[ac]$/);
    }
  });

  test(`${picker}: weights that are none cost nobody anything`, () => {
    const weights = [0, Number.POSITIVE_INFINITY, Number.NaN, -3, 1, Number.MAX_VALUE, Number.MIN_VALUE];
    const sketches = weights.map((weight, number) => ({ id: `i${number}`, weight }));
    const balancer = balancerOf({ picker }, sketches);
    assert.equal(balancer.figures.weightsRefused, 4);
    for (let number = 0; number < 200; number += 1) {
      const slot = picked(balancer, 0, { key: `k${number}` });
      balancer.begin(slot);
      balancer.end(slot, { latencyMs: 1, ok: true }, 0);
    }
    balancer.update(snapshotOf(['a', { id: 'b', weight: 0 }], 2), 0);
    const keys = Array.from({ length: 400 }, (_, number) => picked(balancer, 0, { key: `k${number}` }).id);
    assert.ok(keys.filter((id) => id === 'a').length > 100);
  });
}

test('a slot is its instance for as long as that is registered: calls, latency and ejection stay with it', () => {
  const ejection = { consecutiveFailures: 2, successRate: false } as const;
  const balancer = balancerOf({ picker: 'round-robin', ejection }, [{ id: 'a', token: 7 }, 'b', 'c']);
  const slot = balancer.slotOf('a') as Slot;
  busy(balancer, 'a', 3);
  fail(balancer, 'a', 2, 0);
  balancer.update(snapshotOf([{ id: 'a', token: 7, weight: 4, metadata: { rack: '2' } }, 'b', 'c'], 2), 10);
  assert.equal(balancer.slotOf('a'), slot);
  assert.equal(slot.inFlight, 3);
  assert.equal(slot.instance.metadata['rack'], '2');
  assert.equal(counted(balancer, 20, 10).has('a'), false);
  // Registered anew under its old id it is another process.
  balancer.update(snapshotOf([{ id: 'a', token: 8 }, 'b', 'c'], 3), 20);
  assert.notEqual(balancer.slotOf('a'), slot);
  assert.equal(counted(balancer, 30, 20).get('a'), 10);
});

test('who drains finishes what it has and is given nothing new, in panic neither', () => {
  const balancer = balancerOf({ picker: 'round-robin', panicBelow: 0.9 }, idsOf(2));
  busy(balancer, 'i000', 2);
  const slot = balancer.slotOf('i000') as Slot;
  balancer.update(
    snapshotOf(
      [
        { id: 'i000', status: 'draining' },
        { id: 'i001', status: 'critical' },
      ],
      2,
    ),
    0,
  );
  assert.equal(balancer.isPanicking, true);
  assert.deepEqual([...counted(balancer, 10)], [['i001', 10]]);
  balancer.end(slot, { latencyMs: 1, ok: true }, 0);
  assert.equal(slot.inFlight, 1);
  balancer.update(snapshotOf([{ id: 'i000', status: 'draining' }], 3), 0);
  assert.equal(balancer.pick(0), undefined);
  assert.deepEqual(balancer.availability(0), {
    known: 1,
    usable: 0,
    draining: 1,
    shut: 0,
    critical: 0,
    ejected: 0,
  });
});

test('where hardly anybody is healthy all are used, which is counted, until enough are', () => {
  const statuses = (healthy: number) =>
    idsOf(10).map((id, number) => ({
      id,
      status: number < healthy ? ('passing' as const) : ('critical' as const),
    }));
  const balancer = balancerOf({ picker: 'round-robin', panicBelow: 0.3 }, statuses(3));
  assert.equal(counted(balancer, 30).size, 3);
  assert.equal(balancer.figures.panicPicks, 0);
  balancer.update(snapshotOf(statuses(2), 2), 0);
  assert.equal(counted(balancer, 30).size, 10);
  assert.equal(balancer.figures.panicPicks, 30);
  balancer.update(snapshotOf(statuses(4), 3), 0);
  assert.equal(counted(balancer, 40).size, 4);
  assert.equal(balancer.figures.panicPicks, 30);
});

test('who is shut is picked by nobody until its time, not even in panic', () => {
  const balancer = balancerOf({ picker: 'round-robin', panicBelow: 1 }, [
    ...idsOf(2),
    { id: 'z', status: 'critical' },
  ]);
  balancer.shut(balancer.slotOf('i000') as Slot, 5_000, 0);
  assert.deepEqual([...counted(balancer, 20, 4_999).keys()].sort(), ['i001', 'z']);
  assert.equal(counted(balancer, 30, 5_000).get('i000'), 10);
  balancer.shut(balancer.slotOf('i001') as Slot, 9_000, 5_000);
  balancer.shut(balancer.slotOf('i001') as Slot, 0, 6_000);
  assert.equal(counted(balancer, 30, 6_000).get('i001'), 10);
});

test('a session stays with its instance while that one fails, and moves when it drains or is gone', () => {
  const balancer = balancerOf({ picker: 'random', sticky: true }, idsOf(5));
  const request = { key: 'session' };
  const home = picked(balancer, 0, request);
  assert.deepEqual([...counted(balancer, 50, 0, request)], [[home.id, 50]]);
  assert.notEqual(picked(balancer, 0, { ...request, excluding: [home] }), home);
  const others = idsOf(5).filter((id) => id !== home.id);
  balancer.update(snapshotOf([...others, { id: home.id, status: 'critical' }], 2), 0);
  assert.equal(counted(balancer, 50, 0, request).has(home.id), false);
  balancer.update(snapshotOf(idsOf(5), 3), 0);
  assert.deepEqual([...counted(balancer, 50, 0, request)], [[home.id, 50]]);
  assert.equal(balancer.figures.keysMoved, 0);
  balancer.update(snapshotOf([...others, { id: home.id, status: 'draining' }], 4), 0);
  const next = picked(balancer, 0, request);
  balancer.update(snapshotOf(idsOf(5), 5), 0);
  assert.deepEqual([...counted(balancer, 50, 0, request)], [[next.id, 50]]);
  assert.equal(balancer.figures.keysMoved, 1);
});

test('sessions beyond the bound are forgotten, the one unused for longest first', () => {
  const balancer = balancerOf({ picker: 'round-robin', sticky: { keysMax: 2 } }, idsOf(5));
  const first = picked(balancer, 0, { key: 'a' });
  picked(balancer, 0, { key: 'b' });
  assert.equal(picked(balancer, 0, { key: 'a' }), first);
  picked(balancer, 0, { key: 'c' });
  assert.equal(picked(balancer, 0, { key: 'a' }), first);
});

test('an answer that nobody waits for says nothing of the instance but how long it took at least', () => {
  const ejection = { consecutiveFailures: 1, successRate: false } as const;
  const balancer = balancerOf({ picker: 'round-robin', ejection }, idsOf(2));
  const slot = balancer.slotOf('i000') as Slot;
  balancer.begin(slot);
  assert.deepEqual(balancer.end(slot, { latencyMs: 100, ok: undefined }, 0), []);
  assert.equal(balancer.figures.ejections, 0);
  balancer.begin(slot);
  const [ejection1] = balancer.end(slot, { latencyMs: 100, ok: false }, 0);
  assert.deepEqual(ejection1, { slot, cause: 'consecutive-failures', forMs: 30_000 });
});

test('an option that makes no sense is refused with its name and value', () => {
  const rows = [
    [{ picker: 'best' }, /picker.*best/],
    [{ picker: { kind: 'bounded-load', factor: 1 } }, /factor/],
    [{ picker: { kind: 'peak-ewma', decay: 0 } }, /decay/],
    [{ panicBelow: 2 }, /panicBelow/],
    [{ zone: { name: '' } }, /zone.name/],
    [{ zone: { name: 'a', callersShare: 0 } }, /callersShare/],
    [{ sticky: { keysMax: 0 } }, /keysMax/],
    [{ slowStart: { window: '1s', aggression: 0 } }, /aggression/],
    [{ ejection: { ejectedShareMax: 1.5 } }, /ejectedShareMax/],
    [{ ejection: { base: '1m', max: '1s' } }, /ejection.max/],
  ] as const;
  for (const [options, message] of rows) {
    assert.throws(
      () => new Balancer({ ...(options as object), seed: 1 }),
      (error) =>
        error instanceof QuorateError && error.code === 'invalid-option' && message.test(error.message),
    );
  }
  assert.equal(instance('a').status, 'passing');
});
