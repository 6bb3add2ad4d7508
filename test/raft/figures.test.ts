import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from './cluster.ts';
import { acceptedLetter, voteReplyLetter } from './letters.ts';
import { termsOf } from './logs.ts';
import { Member } from './member.ts';

/** Raft, figure 7: what the logs of followers can look like when the leader of term 8 comes to power. */
const figure7 = {
  leader: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
  a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
  b: [1, 1, 1, 4],
  c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
  d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
  e: [1, 1, 1, 4, 4, 4, 4],
  f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
} as const;

test('figure 7 · the leader makes every follower’s log equal to its own', () => {
  const logs = {
    1: figure7.leader,
    2: figure7.a,
    3: figure7.b,
    4: figure7.c,
    5: figure7.d,
    6: figure7.e,
    7: figure7.f,
  };
  const cluster = new Cluster({ voters: [1, 2, 3, 4, 5, 6, 7], log: logs });
  // Members with 6 at 10 or later refuse; 1 needs four of seven, and gets them from 2, 3, 6 and 7.
  for (const member of cluster.members.values()) member.durable.hardState = { term: 7, vote: 0, commit: 3 };
  cluster.restart(1, 2, 3, 4, 5, 6, 7);
  cluster.elect(1);
  cluster.pass(30);
  for (const { durable } of cluster.members.values())
    assert.deepEqual(termsOf(durable.entries), [...figure7.leader, 8]);
});

for (const [name, log] of Object.entries(figure7)) {
  test(`figure 7 · log ${name} is repaired with one probe a term at most`, () => {
    const cluster = new Cluster({ voters: [1, 2, 3], log: { 1: figure7.leader, 2: figure7.leader, 3: log } });
    for (const member of cluster.members.values()) member.durable.hardState = { term: 7, vote: 0, commit: 3 };
    cluster.restart(1, 2, 3);
    const rejections = cluster.hold(({ kind }) => kind === 'append-rejected');
    cluster.elect(1);
    let probes = 0;
    for (; rejections.held.length > 0; probes += rejections.held.length) {
      assert(probes < 5, `no more probes than terms: ${probes}`);
      cluster.send(...rejections.held.splice(0)).settle();
    }
    assert.deepEqual(termsOf(cluster.at(3).durable.entries), [...figure7.leader, 8]);
  });
}

test('6 · figure 8 (c) · an entry of an old term is not committed, though a majority holds it', () => {
  const leader = new Member({
    id: 1,
    voters: [1, 2, 3, 4, 5],
    log: [1, 2],
    hardState: { term: 3, commit: 1 },
  });
  leader.tick(31);
  for (const from of [2, 3])
    leader.receive(voteReplyLetter({ from, to: 1, term: 4 }, true, { preVote: true }));
  leader.finishDisk();
  for (const from of [2, 3]) leader.receive(voteReplyLetter({ from, to: 1, term: 4 }, true));
  leader.finishDisk();
  assert.deepEqual([leader.status.role, leader.status.term], ['leader', 4]);
  for (const from of [2, 3]) leader.receive(acceptedLetter({ from, to: 1, term: 4 }, 2));
  assert.equal(leader.status.commit, 1, 'entry 2 of term 2 lies on three of five');
  for (const from of [2, 3]) leader.receive(acceptedLetter({ from, to: 1, term: 4 }, 3));
  assert.equal(leader.status.commit, 3, 'the entry of term 4 commits it along');
});

test('6 · figure 8 (d) · such an entry is overwritten by a leader whose last entry is of a later term', () => {
  const logs = { 1: [1, 2], 2: [1, 2], 3: [1, 2], 4: [1], 5: [1, 3] };
  const cluster = new Cluster({ voters: [1, 2, 3, 4, 5], log: logs });
  for (const { durable } of cluster.members.values()) durable.hardState = { term: 4, vote: 1, commit: 1 };
  cluster.restart(1, 2, 3, 4, 5).crash(1, 2).elect(5);
  assert.deepEqual(termsOf(cluster.at(3).durable.entries), [1, 3, 5]);
  cluster.restart(1, 2).pass(10);
  for (const { durable } of cluster.members.values()) assert.deepEqual(termsOf(durable.entries), [1, 3, 5]);
});

test('6 · figure 8 (e) · an entry of the own term commits what lies before it', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], log: { 1: [1, 2], 2: [1, 2], 3: [1] } });
  cluster.elect(1);
  assert.equal(cluster.at(1).status.commit, 3);
});
