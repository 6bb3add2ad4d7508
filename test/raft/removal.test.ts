import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MembershipChange, Verdict } from '../../src/raft/index.ts';
import { Cluster } from './cluster.ts';
import type { Member } from './member.ts';

function ask(member: Member, ...changes: MembershipChange[]): Verdict {
  return member.step({ kind: 'change', changes });
}

function votersOf(cluster: Cluster, id: number): readonly number[] {
  return cluster.at(id).status.configuration.voters;
}

test('19 · the leader of two removes the other, or itself, and the group lives on', () => {
  for (const removed of [1, 2]) {
    const cluster = new Cluster({ voters: [1, 2], options: { priority: 10, seed: 4 } });
    cluster.pass(50);
    const leader = cluster.leader.id;
    const other = 3 - leader;
    const gone = removed === 1 ? leader : other;
    const stays = 3 - gone;
    cluster.change({ kind: 'remove', member: gone }).pass(60);
    assert.equal(cluster.leader.id, stays);
    cluster.crash(gone);
    cluster.propose('alone').pass(4);
    assert.deepEqual(cluster.at(stays).commands, ['alone']);
  }
});

test('19 · a leader that removes itself sees the entry through, tells the others, and steps down (§4.2.2)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.pass(4).split([1], [2, 3]);
  ask(leader, { kind: 'remove', member: 1 });
  leader.propose('on the way');
  leader.finishDisk();
  assert.equal(leader.status.role, 'leader');
  assert.equal(leader.status.commit, 1, 'its own copy does not count any more');
  cluster.mend().cut(3, 1).pass(4);
  assert.equal(leader.status.commit, 1, 'one of two does not suffice');
  cluster.mend().pass(4);
  assert.equal(leader.status.role, 'follower');
  assert.deepEqual(cluster.at(2).commands, ['on the way']);
  assert.deepEqual(votersOf(cluster, 2), [2, 3]);
  leader.tick(500);
  assert.equal(leader.status.role, 'follower', 'it does not campaign again');
  cluster.elect(3);
});

test('figure 4.6 · a leader that removed itself crashes before anybody knows, and must campaign once more', () => {
  // Only 1 holds the entry, and without it nobody gets the vote of 1. So 1, which has no vote, must lead.
  const cluster = new Cluster({ voters: [1, 2] });
  const leader = cluster.elect(1);
  cluster.pass(4).isolate(1);
  ask(leader, { kind: 'remove', member: 1 });
  leader.finishDisk();
  cluster.crash(1).restart(1).mend().pass(10);
  assert.deepEqual(votersOf(cluster, 1), [2]);
  assert.deepEqual(votersOf(cluster, 2), [1, 2]);
  leader.step({ kind: 'campaign' });
  cluster.pass(3);
  assert.deepEqual(votersOf(cluster, 2), [2]);
  assert.deepEqual([leader.status.role, cluster.leader.id], ['follower', 2]);
});

test('figure 4.6 · those whom an uncommitted joint configuration leaves out carry on when its leader is gone', () => {
  const cluster = new Cluster({ voters: [1, 2, 3, 4] });
  const leader = cluster.elect(1);
  cluster.pass(4).split([1, 3], [2, 4]);
  ask(leader, { kind: 'remove', member: 1 }, { kind: 'remove', member: 3 });
  cluster.settle().crash(1).mend().pass(10);
  // 3 holds the longest log of those that are left.
  assert.deepEqual(votersOf(cluster, 3), [2, 4]);
  assert.deepEqual(votersOf(cluster, 2), [1, 2, 3, 4]);
  cluster.at(3).step({ kind: 'campaign' });
  cluster.pass(3);
  assert.deepEqual(cluster.at(2).status.configuration, {
    voters: [2, 4],
    outgoing: [],
    learners: [],
    learnersNext: [],
    level: 1,
    details: [],
  });
  assert.equal(cluster.at(3).status.role, 'follower');
  cluster.elect(4);
});

test('who is left out by a committed configuration does not campaign', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { priority: 10, seed: 3 } });
  cluster.pass(60);
  const leader = cluster.leader.id;
  const removed = leader === 3 ? 2 : 3;
  cluster.change({ kind: 'remove', member: removed }).pass(10);
  assert.equal(cluster.at(removed).status.commit, cluster.at(removed).status.last);
  cluster.isolate(removed).pass(200, [removed]);
  assert.equal(cluster.at(removed).status.role, 'follower');
});

test('a removed member is told of its removal, and then let go (§4.2.3)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.pass(4).change({ kind: 'remove', member: 3 });
  cluster.pass(4);
  assert.deepEqual(votersOf(cluster, 3), [1, 2]);
  assert.equal(cluster.at(3).status.commit, leader.status.commit);
  assert.deepEqual([...leader.status.matches.keys()], [2]);
});

test('a removed member that does not answer is let go after a while', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.pass(4).crash(3).change({ kind: 'remove', member: 3 });
  cluster.pass(19);
  assert.deepEqual([...leader.status.matches.keys()], [2, 3]);
  cluster.pass(2);
  assert.deepEqual([...leader.status.matches.keys()], [2]);
});

test('a member that comes back before it heard of its removal is not let go as one that departs', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.pass(4).crash(3).change({ kind: 'remove', member: 3 });
  cluster.pass(3).change({ kind: 'add-learner', member: 3 });
  cluster.pass(60);
  assert.deepEqual([...leader.status.matches.keys()], [2, 3]);
  cluster.restart(3).propose('x').pass(6);
  assert.deepEqual(cluster.at(3).commands, ['x']);
});

test('a member that is removed and comes back is served from its beginning', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.pass(4).change({ kind: 'remove', member: 3 });
  cluster.pass(3).change({ kind: 'add-learner', member: 3 });
  cluster.propose('x').pass(6);
  assert.deepEqual(cluster.at(3).commands, ['x']);
  cluster.pass(40);
  assert.deepEqual([...leader.status.matches.keys()], [2, 3], 'it is not let go as one that departs');
  cluster.change({ kind: 'promote', member: 3 });
});
