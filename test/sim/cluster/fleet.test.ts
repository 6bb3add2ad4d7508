import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../../src/base/index.ts';
import { drawFaultPlan } from '../../../src/sim/cluster/fault-plan.ts';
import { Fleet } from '../../../src/sim/cluster/fleet.ts';

test('a wiped machine has a new identity, and its old one is dead for ever', () => {
  const fleet = new Fleet(['n1', 'n2', 'n3']);
  assert.deepEqual(fleet.members, [1, 2, 3]);
  fleet.wiped('n2', true);
  const heir = fleet.memberOf('n2');
  assert(!fleet.members.includes(2));
  assert.equal(fleet.isDead(2), true);
  assert.equal(fleet.isDead(heir), false);
  assert.equal(fleet.heirOf(2), heir);
  assert.equal(fleet.nameOf(2), 'n2');
  assert.equal(fleet.nameOf(heir), 'n2');
  assert.equal(fleet.awaited, heir);
  fleet.arrived(heir);
  assert.equal(fleet.awaited, undefined);
  fleet.wiped('n3', false);
  assert.equal(fleet.awaited, undefined, 'nobody waits for the heir of one that was no member');
});

test('a machine has so many identities, and all are known from the start', () => {
  const fleet = new Fleet(['n1']);
  const known = new Set(fleet.identities.map(([member]) => member));
  while (fleet.mayWipe('n1')) {
    assert(known.has(fleet.memberOf('n1')));
    fleet.wiped('n1', false);
  }
  assert(known.has(fleet.memberOf('n1')));
});

test('where one disk is bad no other one is wiped', () => {
  const members = ['n1', 'n2', 'n3', 'n4', 'n5'];
  const struck = (seed: number): { bad: Set<string>; wiped: Set<string> } => {
    const bad = new Set<string>();
    const wiped = new Set<string>();
    const plan = drawFaultPlan({
      prng: new Prng(seed),
      members,
      clients: ['c1'],
      mix: { wipes: 1, damage: 1 },
      untilMs: 60_000,
      meanGapMs: 1000,
    });
    for (const { fault } of plan) {
      if (fault.kind === 'disk-decay') bad.add(fault.machine);
      if (fault.kind === 'crash' && fault.wipe) wiped.add(fault.machine);
    }
    return { bad, wiped };
  };
  const runs = Array.from({ length: 50 }, (_, seed) => struck(seed));
  assert(runs.some(({ bad }) => bad.size === 1));
  assert(runs.some(({ bad, wiped }) => bad.size === 0 && wiped.size > 1));
  for (const { bad, wiped } of runs) {
    if (bad.size > 0) assert.deepEqual([...wiped], [...bad]);
  }
});
