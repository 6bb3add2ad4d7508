/**
 * Where keys lie must never change from release to release, or data would have to move without a reason. So the
 * owners of some keys are written down here, and a checksum over those of many; whoever has to change a line of this
 * table has broken every cluster that stands.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from '../../src/base/index.ts';
import { BoundedLoadPlacement, RendezvousPlacement, RingPlacement } from '../../src/placement/index.ts';
import { group, keysOf, strategies } from './groups.ts';

const keys = keysOf(20_000);
const encoder = new TextEncoder();

const golden: Readonly<Record<string, readonly [first: string, checksum: number]>> = {
  modulo: ['678 567 012 234 780 123 567 567', 0x949a_31cf],
  range: ['012 123 234 345 456 567 678 780', 0xfaa2_345e],
  ring: ['103 570 860 374 478 612 631 372', 0xba02_c123],
  jump: ['018 804 570 456 703 812 624 041', 0x8ce9_c376],
  rendezvous: ['831 038 480 378 827 527 068 753', 0x634a_9fd3],
  maglev: ['845 718 180 275 872 452 834 574', 0x7177_091b],
  'bounded load': ['458 486 520 571 286 187 716 285', 0x152e_7468],
};

for (const [name, make] of Object.entries(strategies)) {
  test(`${name}: three owners of each key are those of all releases`, () => {
    const placement = make(group(9));
    const owners = keys.map((key) =>
      placement
        .owners(key, 3)
        .map((id) => id.slice(5))
        .join(''),
    );
    const found = [owners.slice(0, 8).join(' '), crc32(encoder.encode(owners.join(' ')))];
    assert.deepEqual(found, golden[name]);
  });
}

const weighted = group(6).map((node, place) => ({ ...node, weight: 0.5 + place * 0.3 }));

test('with weights they are too', () => {
  const bounded = new BoundedLoadPlacement(weighted);
  const ring = new RingPlacement(weighted);
  const rendezvous = new RendezvousPlacement(weighted);
  const checksumOf = (owner: (key: string) => string): number =>
    crc32(encoder.encode(keys.map((key) => owner(key)).join()));
  assert.deepEqual(
    [
      checksumOf((key) => ring.owner(key)),
      checksumOf((key) => rendezvous.owner(key)),
      checksumOf((key) => bounded.place(key)),
    ],
    [0x65fa_dd3b, 0xb01f_a968, 0x1e3e_b343],
  );
});

for (const name of ['ring', 'rendezvous', 'maglev', 'bounded load']) {
  test(`${name}: the order in which nodes are named makes no difference`, () => {
    const nodes = group(9);
    const make = strategies[name];
    assert.ok(make);
    const [one, other] = [make(nodes), make(nodes.toReversed())];
    for (const key of keys.slice(0, 500)) assert.deepEqual(one.owners(key, 9), other.owners(key, 9));
  });
}
