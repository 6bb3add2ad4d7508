import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PickerName } from '../../../src/discovery/balancing/index.ts';
import { balancerOf, counted, type InstanceSketch, picked, snapshotOf } from './scene.ts';

const zone = { name: 'here', overprovision: 1 } as const;

function spread(here: number, far: number, ill = 0): InstanceSketch[] {
  return [
    ...Array.from({ length: here }, (_, number) => ({
      id: `here-${number}`,
      zone: 'here',
      status: number < ill ? ('critical' as const) : ('passing' as const),
    })),
    ...Array.from({ length: far }, (_, number) => ({ id: `far-${number}`, zone: 'far' })),
  ];
}

function hereShare(counts: ReadonlyMap<string, number>): number {
  let here = 0;
  let all = 0;
  for (const [id, count] of counts) {
    all += count;
    if (id.startsWith('here')) here += count;
  }
  return here / all;
}

const rows = [
  { name: 'as many here as elsewhere', sketch: spread(4, 4), share: 1 },
  { name: 'more here than elsewhere', sketch: spread(6, 2), share: 1 },
  // 2 of 6 healthy ones are here and half of the callers: a third of all against a half.
  { name: 'half of those here are ill', sketch: spread(4, 4, 2), share: 2 / 3 },
  // 1 of 5 against a half.
  { name: 'one is left here', sketch: spread(4, 4, 3), share: 2 / 5 },
  { name: 'nobody is left here', sketch: spread(4, 4, 4), share: 0 },
];

for (const { name, sketch, share } of rows) {
  test(`${name}: ${Math.round(share * 100)} % of the calls stay in the zone`, () => {
    for (const picker of ['round-robin', 'least-connections', 'two-choices'] as const) {
      const balancer = balancerOf({ picker, zone }, sketch);
      assert.ok(Math.abs(hereShare(counted(balancer, 3_000)) - share) < 0.001);
      assert.ok(Math.abs(balancer.figures.spilled - 3_000 * (1 - share)) <= 1);
    }
  });
}

test('a key that stays in the zone stays with every call, and so does one that does not', () => {
  for (const picker of ['ring', 'maglev'] satisfies PickerName[]) {
    const balancer = balancerOf({ picker, zone }, spread(4, 4, 2));
    const keys = Array.from({ length: 3_000 }, (_, number) => `key/${number}`);
    const first = keys.map((key) => picked(balancer, 0, { key }).id);
    assert.deepEqual(
      keys.map((key) => picked(balancer, 0, { key }).id),
      first,
    );
    const here = first.filter((id) => id.startsWith('here')).length / keys.length;
    assert.ok(Math.abs(here - 2 / 3) < 0.04, `${here}`);
  }
});

test('by default an instance carries two fifths more than its share before calls leave the zone', () => {
  const balancer = balancerOf({ picker: 'round-robin', zone: { name: 'here' } }, spread(5, 5, 2));
  // 3 of 8 against a half, times 1.4.
  assert.equal(hereShare(counted(balancer, 1_000)), 1);
  balancer.update(snapshotOf(spread(5, 5, 3), 2), 0);
  // 2 of 7 against a half, times 1.4.
  assert.ok(Math.abs(hereShare(counted(balancer, 1_000)) - 0.8) < 0.001);
});

test('who says how many call from here is believed', () => {
  const balancer = balancerOf({ picker: 'round-robin', zone: { ...zone, callersShare: 0.8 } }, spread(4, 4));
  assert.ok(Math.abs(hereShare(counted(balancer, 1_000)) - 0.625) < 0.002);
});

test('where all of the zone were tried already, a call goes elsewhere before it goes to one of them again', () => {
  const balancer = balancerOf({ picker: 'round-robin', zone }, spread(2, 2));
  const [first, second] = [picked(balancer), picked(balancer)];
  assert.notEqual(first, second);
  const excluding = [first, second];
  assert.match(picked(balancer, 0, { excluding }).id, /^far/);
});
