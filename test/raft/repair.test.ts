import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../src/raft/index.ts';
import { Cluster } from './cluster.ts';

/** Member 3 of three has acknowledged three commands, and its disk has lost the last `lost` entries. */
function damaged(lost: number): Cluster {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.propose('a', 'b', 'c').pass(3).crash(3);
  cluster.at(3).loseEntries(lost);
  return cluster;
}

test('a member that lost entries gets them again, says so once, and votes only when its host has let go of the damage', () => {
  const cluster = damaged(2);
  cluster.restart(3);
  const member = cluster.at(3);
  assert.equal(member.status.damage, 'entries');
  cluster.pass(6);
  assert.deepEqual(member.commands, ['a', 'b', 'c']);
  assert(member.awaitsWholeness);
  cluster.isolate(1);
  member.step({ kind: 'campaign' });
  cluster.settle();
  assert.equal(member.status.role, 'follower', 'the host has not let go of the damage');
  member.makeWhole();
  assert.equal(member.status.damage, 'none');
  cluster.elect(3);
  assert.equal(cluster.leader.id, 3);
});

test('31 · a member with a hole in its log does not lead, although nobody else is left to', () => {
  const cluster = damaged(3);
  cluster.crash(1).restart(3);
  cluster.at(3).step({ kind: 'campaign' });
  cluster.at(2).step({ kind: 'campaign' });
  cluster.settle().pass(20);
  assert.deepEqual(cluster.leaders, [], 'neither leads it nor helps to lead');
  cluster.restart(1).elect(2);
  cluster.pass(6);
  assert.deepEqual(cluster.at(3).commands, ['a', 'b', 'c']);
});

test('31 · what it must hold is the end of the leader’s log, and not only what is committed', () => {
  // 1. Leader 1 and member 3 hold entries that are not committed: 1 has not heard of 3's acknowledgements.
  const cluster = new Cluster({ voters: [1, 2, 3], options: { appendBytesMax: 1 } });
  const leader = cluster.elect(1);
  cluster.propose('a').pass(3).cut(1, 2);
  const promises = cluster.hold(({ kind }) => kind === 'append-accepted');
  leader.propose('b', 'c');
  cluster.settle();
  assert.equal(cluster.at(3).status.last, 4);
  // 2. Member 3 loses them, gets one of them back, and an acknowledgement of both is still on its way.
  cluster.crash(3).at(3).loseEntries(2);
  const appends = cluster.hold(({ kind, ...rest }) => 'entries' in rest && rest.entries.at(-1)?.index === 4);
  cluster.restart(3).pass(8);
  promises.release();
  assert.equal(cluster.at(3).status.last, 3);
  assert.equal(cluster.at(3).awaitsWholeness, false, 'it is being counted on for the other');
  appends.release();
  cluster.pass(8);
  assert(cluster.at(3).awaitsWholeness);
});

test('31 · a log that is long enough and not the leader’s is not whole', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(3);
  cluster.propose('a').isolate(3).at(3).propose('x', 'y', 'z', 'w');
  cluster.settle().crash(3).at(3).loseEntries(1);
  cluster.mend().elect(1);
  const appends = cluster.hold(({ kind }) => kind === 'append');
  cluster.restart(3).pass(6);
  assert(cluster.at(3).status.last > cluster.leader.status.last);
  assert.equal(cluster.at(3).awaitsWholeness, false);
  appends.release();
  cluster.pass(6);
  assert(cluster.at(3).awaitsWholeness);
});

test('11 · an answer to a question from before the last restart is none', () => {
  const cluster = damaged(1);
  const answers = cluster.hold(({ kind }) => kind === 'repair-reply');
  cluster.restart(3).pass(4);
  const before = answers.drop();
  assert(before.length > 0);
  cluster.crash(3).at(3).loseEntries(1);
  const later = cluster.hold(({ kind }) => kind === 'repair-reply');
  cluster.restart(3).pass(4);
  cluster.at(3).receive(before[0] as Message);
  assert.equal(cluster.at(3).awaitsWholeness, false);
  later.release();
  cluster.pass(4);
  assert(cluster.at(3).awaitsWholeness);
});

test('11 · what came back counts when the disk holds it, so that a second crash cannot take it again', () => {
  const cluster = damaged(2);
  cluster.restart(3);
  const { leader } = cluster;
  const member = cluster.at(3);
  // What is left of its term is on the disk again before it says a word.
  member.finishDisk();
  for (let rounds = 0; rounds < 20; rounds += 1) {
    leader.tick();
    cluster.deliver();
  }
  assert.deepEqual([member.status.last, member.status.durable], [leader.status.last, leader.status.last - 2]);
  assert.equal(member.awaitsWholeness, false, 'its disk has not answered');
  member.finishDisk();
  assert(member.awaitsWholeness);
});

test('a damaged member says nothing before the term that it goes by is on its disk again', () => {
  const cluster = damaged(1);
  cluster.restart(3);
  const member = cluster.at(3);
  for (let ticks = 0; ticks < 60; ticks += 1) member.tick();
  assert.deepEqual(member.takeSent(), []);
  member.finishDisk();
  assert.ok(member.takeSent().length > 0);
});

test('a new leader is asked anew', () => {
  const cluster = damaged(1);
  const answers = cluster.hold(({ kind }) => kind === 'repair-reply');
  cluster.restart(3).pass(4);
  cluster.leader.step({ kind: 'transfer', to: 2 });
  cluster.settle();
  assert.equal(cluster.leader.id, 2);
  answers.release();
  cluster.settle();
  assert.equal(cluster.at(3).awaitsWholeness, false);
  cluster.pass(6);
  assert(cluster.at(3).awaitsWholeness);
});

test('what it acknowledges counts again when it is whole, and not before', () => {
  const cluster = damaged(2);
  cluster.restart(3).pass(6).isolate(2);
  const { leader } = cluster;
  const before = leader.status.commit;
  leader.propose('d');
  cluster.settle().pass(4);
  assert.equal(leader.status.commit, before);
  cluster.at(3).makeWhole();
  cluster.pass(4);
  assert.equal(leader.status.commit, before + 1);
});

test('a member that may have forgotten its vote becomes complete, and never votes', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.propose('a', 'b').pass(3).crash(3);
  cluster.at(3).loseTail(2);
  cluster.restart(3).pass(6);
  const member = cluster.at(3);
  assert(member.awaitsWholeness);
  assert.equal(member.status.damage, 'vote');
  assert.throws(() => member.step({ kind: 'made-whole' }), { name: 'AssertionFailure' });
});

test('a silent group wakes for a member that must be repaired, and falls silent again', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { quiesceTicks: 10, priority: 10 } });
  cluster.elect(1);
  cluster.propose('a').pass(60);
  assert(cluster.at(1).status.quiescent);
  cluster.crash(3).at(3).loseEntries(1);
  cluster.restart(3).pass(60);
  assert(cluster.at(3).awaitsWholeness);
  cluster.at(3).makeWhole();
  cluster.pass(60);
  assert(cluster.at(1).status.quiescent && cluster.at(3).status.quiescent);
});

test('a member that never campaigns by itself asks for its repair all the same, when its group is silent', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { quiesceTicks: 5 } });
  cluster.elect(1);
  cluster.propose('a', 'b', 'c').pass(40);
  assert(cluster.at(1).status.quiescent);
  cluster.crash(3).at(3).loseEntries(2);
  cluster.at(3).options = { ...cluster.at(3).options, priority: 0 };
  cluster.restart(3).pass(120);
  assert.deepEqual(cluster.at(3).commands, ['a', 'b', 'c']);
  assert(cluster.at(3).awaitsWholeness);
});
