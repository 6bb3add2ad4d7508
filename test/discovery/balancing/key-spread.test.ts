/** What becomes of keys while the set of instances changes, with pickers that do not make everything anew. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Balancer, PickerName } from '../../../src/discovery/balancing/index.ts';
import { PresentSpread } from '../../../src/discovery/balancing/key-spread.ts';
import { MaglevPlacement } from '../../../src/placement/index.ts';
import { balancerOf, idsOf, picked, snapshotOf } from './scene.ts';

const keyed: readonly PickerName[] = ['ring', 'rendezvous', 'maglev', 'bounded-load'];
const keys = Array.from({ length: 200 }, (_, number) => `customer/${number}`);
const set = fc.subarray(idsOf(12), { minLength: 1 });

function ownersIn(balancer: Balancer): string[] {
  return keys.map((key) => picked(balancer, 0, { key }).id);
}

for (const picker of keyed) {
  test(`${picker}: who is picked is there, and in the end all agree, whatever they have seen before`, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(set, fc.nat(60)), { minLength: 1, maxLength: 6 }), (course) => {
        const balancer = balancerOf({ picker }, idsOf(12));
        picked(balancer, 0, { key: 'first' });
        for (const [at, [ids, picks]] of course.entries()) {
          balancer.update(snapshotOf(ids, 2 + at), 0);
          for (const key of keys.slice(0, picks)) assert.ok(ids.includes(picked(balancer, 0, { key }).id));
        }
        // Enough picks for a table that is being filled, and for the one behind it.
        ownersIn(balancer);
        const [ids] = course.at(-1) ?? [[]];
        assert.deepEqual(ownersIn(balancer), ownersIn(balancerOf({ picker }, ids)));
      }),
      { numRuns: 40 },
    );
  });
}

test('maglev: the former table serves while the next one is filled, and no pick fills more than a bit', () => {
  const balancer = balancerOf({ picker: 'maglev' }, idsOf(100));
  const former = new MaglevPlacement(idsOf(100).map((id) => ({ id })));
  const next = new MaglevPlacement(idsOf(101).map((id) => ({ id })));
  const key =
    keys.find((one) => next.owner(one) === 'i100') ??
    keys.find((one) => next.owner(one) !== former.owner(one));
  assert.ok(key !== undefined);
  assert.equal(picked(balancer, 0, { key }).id, former.owner(key));
  balancer.update(snapshotOf(idsOf(101), 2), 0);
  const owners = Array.from({ length: 200 }, () => picked(balancer, 0, { key }).id);
  const until = owners.indexOf(next.owner(key));
  assert.ok(until > 20 && until < 100, `the next table after ${until} picks`);
  assert.deepEqual(new Set(owners.slice(0, until)), new Set([former.owner(key)]));
  assert.deepEqual(new Set(owners.slice(until)), new Set([next.owner(key)]));
});

test('maglev: who picks seldom fills more at a time', () => {
  const balancer = balancerOf({ picker: 'maglev' }, idsOf(100));
  const former = new MaglevPlacement(idsOf(100).map((id) => ({ id })));
  const next = new MaglevPlacement(idsOf(50).map((id) => ({ id })));
  const key = keys.find((one) => former.owner(one) < 'i050' && next.owner(one) !== former.owner(one));
  assert.ok(key !== undefined);
  picked(balancer, 0, { key });
  balancer.update(snapshotOf(idsOf(50), 2), 0);
  const owners = [1_000, 2_000, 3_000].map((nowMs) => picked(balancer, nowMs, { key }).id);
  assert.deepEqual([owners[0], owners[2]], [former.owner(key), next.owner(key)]);
});

test('maglev: where all of before are gone or ill those who came are picked at once', () => {
  const ill = { id: 'i000', status: 'critical' } as const;
  for (const present of [
    ['i007', 'i008'],
    [ill, 'i007', 'i008'],
  ]) {
    const balancer = balancerOf({ picker: 'maglev' }, ['i000', 'i001']);
    picked(balancer, 0, { key: 'first' });
    balancer.update(snapshotOf(present, 2), 0);
    assert.match(picked(balancer, 0, { key: 'first' }).id, /^i00[78]$/);
  }
});

test('maglev: a set that never rests still gives keys to who has come', () => {
  const balancer = balancerOf({ picker: 'maglev' }, idsOf(10));
  picked(balancer, 0, { key: 'first' });
  const seen = new Set<string>();
  for (let version = 2; version < 400; version += 1) {
    // One comes and goes all the time; i010 has come to stay.
    const ids = version % 2 === 0 ? [...idsOf(11), 'restless'] : idsOf(11);
    balancer.update(snapshotOf(ids, version), 0);
    seen.add(picked(balancer, 0, { key: keys[version % keys.length] }).id);
  }
  assert.ok(seen.has('i010'));
});

test('instances that cannot be placed are told of by every pick, and not by the first alone', () => {
  const placement = new MaglevPlacement([{ id: 'a' }]);
  let isFirst = true;
  const spread = new PresentSpread(() => {
    if (!isFirst) throw new RangeError('too many');
    isFirst = false;
    return placement;
  });
  assert.equal(spread.at(), placement);
  spread.update([]);
  for (let picks = 0; picks < 3; picks += 1) assert.throws(() => spread.at(), /too many/);
});
