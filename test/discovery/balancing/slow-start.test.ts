import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balancerOf, counted, idsOf, snapshotOf } from './scene.ts';

for (const picker of [
  'weighted-round-robin',
  'random',
  'two-choices',
  'peak-ewma',
  'least-connections',
] as const) {
  test(`${picker}: who comes later has a tenth at first, half of it after half of the time, then all`, () => {
    const balancer = balancerOf({ picker, slowStart: { window: '10s' } }, ['a']);
    balancer.update(snapshotOf(['a', 'z'], 2), 1_000);
    const shareAt = (nowMs: number): number => {
      const z = counted(balancer, 11_000, nowMs).get('z') ?? 0;
      return z / (11_000 - z);
    };
    const rows = [
      [1_000, 0.1],
      [6_000, 0.5],
      [11_000, 1],
    ] as const;
    for (const [nowMs, expected] of rows) {
      const share = shareAt(nowMs);
      assert.ok(Math.abs(share / expected - 1) < 0.12, `${share} of another one's at ${nowMs}`);
    }
  });
}

test('those of the first snapshot carry everything at once, and one whose checks pass again begins anew', () => {
  const options = { picker: 'weighted-round-robin', slowStart: { window: '10s', aggression: 2 } } as const;
  const balancer = balancerOf(options, idsOf(2));
  assert.deepEqual([...counted(balancer, 10).values()], [5, 5]);
  balancer.update(snapshotOf(['i000', { id: 'i001', status: 'critical' }], 2), 100);
  balancer.update(snapshotOf(idsOf(2), 3), 20_000);
  // A quarter of the time, to the power of one half: half of its weight.
  assert.deepEqual(Object.fromEntries(counted(balancer, 30, 22_500)), { i000: 20, i001: 10 });
});

for (const picker of ['random', 'two-choices', 'peak-ewma'] as const) {
  test(`${picker} goes by weights where nobody ramps up, though the clock was set back since somebody came`, () => {
    const balancer = balancerOf({ picker }, [{ id: 'a', weight: 9 }]);
    const both = [
      { id: 'a', weight: 9 },
      { id: 'z', weight: 1 },
    ];
    balancer.update(snapshotOf(both, 2), 1_000);
    const z = counted(balancer, 10_000, 0).get('z') ?? 0;
    assert.ok(Math.abs(z / 1_000 - 1) < 0.15, `${z} of 10,000 with a tenth of the weight`);
  });
}
