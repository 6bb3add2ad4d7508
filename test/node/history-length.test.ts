/** How the past is forgotten: the member that leads says when, and sees to it that what nobody can read is freed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePasswordHash, inEnvelope, leaderCredential } from '../../src/mvcc/index.ts';
import { anyHash, encoded, Member, put } from './store-member.ts';

test('the past is forgotten as it becomes older than its length, on a member that leads and on no other', () => {
  const member = new Member({ historyMs: 1_600 });
  const leadership = member.lead(1);
  member.apply(put('k', 'first'));
  member.pass(5_000, undefined);
  assert.equal(member.machine.status.compactedRevision, 0);
  member.pass(1_000, leadership);
  const { revision } = member.apply(put('k', 'second'));
  member.pass(610, leadership);
  // It has led for 1.6 s: what was there when it began may go, and the put of a moment ago may not.
  assert.equal(member.machine.status.compactedRevision, revision - 1);
  member.pass(1_200, leadership);
  assert.equal(member.machine.status.compactedRevision, revision);
  const idle = new Member({ historyMs: 0 });
  idle.apply(put('k'));
  idle.pass(10_000, idle.lead(1));
  assert.equal(idle.machine.status.compactedRevision, 0);
});

test('where no commands come, the leader sees to it that what was compacted is freed', () => {
  const member = new Member({ historyMs: 0 });
  for (let turn = 0; turn < 5_000; turn += 1) member.apply(put('k', 'x'.repeat(100)));
  member.apply({ kind: 'compact', revision: member.machine.status.revision });
  member.pass(10_000, undefined);
  assert.equal(member.machine.status.isCollecting, true);
  const { appliedIndex } = member.machine.status;
  member.pass(2_000, member.lead(1));
  assert.equal(member.machine.status.isCollecting, false);
  assert.ok(member.machine.status.usedBytes < 300);
  assert.ok(member.machine.status.appliedIndex - appliedIndex < 10, 'in few commands');
});

test('where commands come, they carry the collection, and the leader adds nothing', () => {
  const member = new Member({ historyMs: 0 });
  for (let turn = 0; turn < 5_000; turn += 1) member.apply(put('k'));
  member.apply({ kind: 'compact', revision: member.machine.status.revision });
  const leadership = member.lead(1);
  let commands = member.machine.status.appliedIndex;
  while (member.machine.status.isCollecting) {
    for (let turn = 0; turn < 128; turn += 1) member.apply(put('k'));
    commands += 128;
    member.pass(250, leadership);
    assert.equal(member.machine.status.appliedIndex, commands);
  }
});

test('the past is forgotten also where users count, since nobody asks for it by name', () => {
  const member = new Member({ historyMs: 1_600 });
  withUsers(member);
  member.apply(put('k'));
  assert.equal(member.apply({ kind: 'security', change: { action: 'enable' } }).body.kind, 'done');
  assert.equal(member.apply(put('k')).body.kind, 'refused');
  member.pass(2_000, member.lead(1));
  assert.ok(member.machine.status.compactedRevision > 0);
});

test('what was compacted is freed also where users count', () => {
  const member = new Member({ historyMs: 0 });
  for (let turn = 0; turn < 1_000; turn += 1) member.apply(put('k', 'x'.repeat(100)));
  withUsers(member);
  member.apply({ kind: 'security', change: { action: 'enable' } });
  const leadership = member.lead(1);
  const { revision, appliedIndex } = member.machine.status;
  leadership.propose(inEnvelope(leaderCredential, encoded({ kind: 'compact', revision })));
  member.pass(1_000, leadership);
  assert.equal(member.machine.status.isCollecting, false);
  assert.ok(member.machine.status.usedBytes < 1_000);
  assert.ok(member.machine.status.appliedIndex - appliedIndex < 5, 'in few commands');
});

function withUsers(member: Member): void {
  member.apply({
    kind: 'security',
    change: { action: 'user-add', name: 'root', password: encodePasswordHash(anyHash) },
  });
  member.apply({ kind: 'security', change: { action: 'user-grant', name: 'root', role: 'root' } });
}
