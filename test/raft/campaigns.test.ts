import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../src/raft/index.ts';
import { Cluster } from './cluster.ts';
import { appendLetter, heartbeatLetter, voteReplyLetter, voteRequestLetter } from './letters.ts';
import { Member } from './member.ts';

function kinds(messages: readonly Message[]): string[] {
  return messages.map(({ kind, to }) => `${kind} to ${to}`);
}

test('who has the higher priority campaigns first, and who has none never does', () => {
  for (let seed = 1; seed <= 4; seed += 1) {
    const cluster = new Cluster({ voters: [1, 2, 3], options: { seed } });
    cluster.at(1).restart({ priority: 0 });
    cluster.at(2).restart({ priority: 4 });
    cluster.at(3).restart({ priority: 10 });
    cluster.pass(80);
    assert.equal(cluster.leader.id, 3, `seed ${seed}`);
    cluster.crash(3).pass(120);
    assert.equal(cluster.leader.id, 2, `seed ${seed}`);
    cluster.restart(3).crash(2, 3).pass(200);
    assert.equal(cluster.at(1).status.role, 'follower');
  }
});

test('a member whose leader is unreachable campaigns at once, and one that follows another does not', () => {
  const follower = (): Member => {
    const member = new Member({
      id: 1,
      voters: [1, 2, 3],
      options: { electionTicksMin: 100, electionTicksMax: 200 },
    });
    member.receive(appendLetter({ from: 2, to: 1, term: 1 }));
    member.step({ kind: 'unreachable', member: 3 });
    member.tick(50);
    return member;
  };
  const member = follower();
  assert.equal(member.status.role, 'follower');
  member.step({ kind: 'unreachable', member: 2 });
  member.tick(3);
  assert.equal(member.status.role, 'pre-candidate');
});

test('a member that belongs to no configuration yet waits to be told, however long', () => {
  const member = new Member({ id: 9 });
  member.tick(1000);
  member.step({ kind: 'campaign' });
  assert.equal(member.status.role, 'follower');
  assert.deepEqual(member.takeSent(), []);
});

test('a learner does not campaign, and votes all the same when it is asked', () => {
  const member = new Member({ id: 3, voters: [1, 2], learners: [3] });
  member.tick(1000);
  assert.equal(member.status.role, 'follower');
  member.receive(voteRequestLetter({ from: 1, to: 3, term: 1 }, [0, 0]));
  member.finishDisk();
  const [reply] = member.takeSent();
  assert(reply?.kind === 'vote-reply' && reply.granted);
});

test('a group of one elects itself at the first tick', () => {
  const cluster = new Cluster({ voters: [7] });
  cluster.pass(1);
  assert.equal(cluster.leader.id, 7);
  assert.equal(cluster.leader.status.commit, 1);
});

test('a group of one whose disk is slower than its ticks is elected all the same', () => {
  const member = new Member({ id: 7, voters: [7] });
  for (let round = 0; round < 20; round += 1) {
    member.tick(7);
    member.finishPersist();
  }
  assert.equal(member.status.role, 'leader');
  assert.equal(member.status.term, 1);
});

test('a candidate whose vote is still on its way to the disk does not begin another campaign', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3] });
  member.tick(31);
  member.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true, { preVote: true }));
  member.takeSent();
  member.tick(500);
  assert.deepEqual([member.status.role, member.status.term], ['candidate', 1]);
  member.finishDisk();
  assert.deepEqual(kinds(member.takeSent()), ['vote-request to 2', 'vote-request to 3']);
});

test('who declines a pre-vote tells its term, also when it has none yet', () => {
  const fresh = new Member({ id: 1, voters: [1, 2, 3], log: [] });
  fresh.receive(heartbeatLetter({ from: 3, to: 1, term: 1 }));
  fresh.finishDisk();
  fresh.takeSent();
  fresh.receive(voteRequestLetter({ from: 2, to: 1, term: 2 }, [0, 0], { preVote: true }));
  const [declined] = fresh.takeSent();
  assert(declined?.kind === 'vote-reply' && !declined.granted && declined.term === 1);

  const asker = new Member({ id: 2, voters: [1, 2, 3], log: [], options: { priority: 0 } });
  asker.step({ kind: 'campaign' });
  const verdict = asker.receive(voteReplyLetter({ from: 1, to: 2, term: 0 }, false, { preVote: true }));
  assert(verdict.accepted);
  asker.receive(voteReplyLetter({ from: 3, to: 2, term: 0 }, false, { preVote: true }));
  assert.equal(asker.status.role, 'follower');
});
