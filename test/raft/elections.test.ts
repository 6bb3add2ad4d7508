import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../src/raft/index.ts';
import { Cluster } from './cluster.ts';
import { heartbeatLetter, voteReplyLetter, voteRequestLetter } from './letters.ts';
import { Member } from './member.ts';

const timed = { priority: 10 } as const;

function kinds(messages: readonly Message[]): string[] {
  return messages.map(({ kind, to }) => `${kind} to ${to}`);
}

test('1 · a candidate that hears a leader of its own term keeps its vote, and gives no second one', () => {
  // 1. Members 1 and 2 both campaign in term 1. 2. Member 2 wins; member 1 follows it. 3. Member 3 asks too.
  const member = new Member({ id: 1, voters: [1, 2, 3], options: { priority: 0 } });
  member.step({ kind: 'campaign' });
  member.receive(voteReplyLetter({ from: 3, to: 1, term: 1 }, true, { preVote: true }));
  member.finishDisk();
  assert.equal(member.status.role, 'candidate');
  member.receive(heartbeatLetter({ from: 2, to: 1, term: 1 }));
  assert.equal(member.status.leader, 2);
  member.takeSent();
  member.receive(voteRequestLetter({ from: 3, to: 1, term: 1 }, [0, 0], { forced: true }));
  member.finishDisk();
  const [reply] = member.takeSent();
  assert(reply?.kind === 'vote-reply' && !reply.granted);
  assert.equal(member.durable.hardState.vote, 1);
  // 4. The leader falls silent, and member 3 asks once more.
  member.tick(60);
  member.step({ kind: 'campaign' });
  assert.deepEqual([member.status.role, member.status.term], ['pre-candidate', 1]);
  member.finishDisk();
  member.takeSent();
  member.receive(voteRequestLetter({ from: 3, to: 1, term: 1 }, [0, 0]));
  member.finishDisk();
  const [again] = member.takeSent();
  assert(again?.kind === 'vote-reply' && !again.granted);
});

test('2 · a vote is durable before anybody hears of it, so a crash cannot take it back (§3.8)', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3] });
  member.receive(voteRequestLetter({ from: 2, to: 1, term: 1 }, [0, 0]));
  assert.deepEqual(member.takeSent(), [], 'the disk has not answered');
  member.crash();
  member.restart();
  member.receive(voteRequestLetter({ from: 3, to: 1, term: 1 }, [0, 0]));
  member.finishDisk();
  assert.deepEqual(kinds(member.takeSent()), ['vote-reply to 3']);

  member.crash();
  member.restart();
  member.tick(30);
  member.receive(voteRequestLetter({ from: 2, to: 1, term: 1 }, [0, 0]));
  member.finishDisk();
  const [reply] = member.takeSent().filter(({ kind, to }) => kind === 'vote-reply' && to === 2);
  assert(reply?.kind === 'vote-reply' && !reply.granted);
});

test('2 · a candidate asks for votes only when its own is durable', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3], options: { priority: 0 } });
  member.step({ kind: 'campaign' });
  member.takeSent();
  member.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true, { preVote: true }));
  assert.equal(member.status.role, 'candidate');
  assert.deepEqual(member.takeSent(), []);
  member.finishDisk();
  assert.deepEqual(kinds(member.takeSent()), ['vote-request to 2', 'vote-request to 3']);
  assert.deepEqual(member.durable.hardState, { term: 1, vote: 1, commit: 0 });
});

test('3 · a vote that comes twice counts once', () => {
  const member = candidateOfFive();
  for (let times = 0; times < 3; times += 1)
    member.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true));
  assert.equal(member.status.role, 'candidate');
  member.receive(voteReplyLetter({ from: 3, to: 1, term: 1 }, true));
  assert.equal(member.status.role, 'leader');
});

test('3 · votes of an earlier term, pre-votes, and votes of strangers do not help a candidate', () => {
  const member = candidateOfFive();
  member.step({ kind: 'campaign' });
  member.receive(voteReplyLetter({ from: 2, to: 1, term: 2 }, true, { preVote: true }));
  member.receive(voteReplyLetter({ from: 3, to: 1, term: 2 }, true, { preVote: true }));
  member.finishDisk();
  assert.deepEqual([member.status.role, member.status.term], ['candidate', 2]);
  member.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true));
  member.receive(voteReplyLetter({ from: 3, to: 1, term: 1 }, true));
  member.receive(voteReplyLetter({ from: 4, to: 1, term: 2 }, true, { preVote: true }));
  member.receive(voteReplyLetter({ from: 5, to: 1, term: 2 }, true, { preVote: true }));
  member.receive(voteReplyLetter({ from: 8, to: 1, term: 2 }, true));
  member.receive(voteReplyLetter({ from: 9, to: 1, term: 2 }, true));
  assert.equal(member.status.role, 'candidate');
});

test('3 · a pre-vote that was granted for another term is an answer to a question of the past', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3], options: { priority: 0 }, hardState: { term: 4 } });
  member.tick(40);
  member.step({ kind: 'campaign' });
  member.receive(voteReplyLetter({ from: 2, to: 1, term: 7 }, true, { preVote: true }));
  member.receive(voteReplyLetter({ from: 3, to: 1, term: 6 }, true, { preVote: true }));
  assert.equal(member.status.role, 'pre-candidate');
  member.receive(voteReplyLetter({ from: 3, to: 1, term: 5 }, true, { preVote: true }));
  assert.equal(member.status.role, 'candidate');
});

test('4 · a restarted member with a low term and a long log does not keep the others from electing', () => {
  // Member 1 was away with a longer log; 2 has a higher term; 3 is dead. Only 1 can win, and must learn the term.
  const cluster = new Cluster({
    voters: [1, 2, 3],
    options: { ...timed, seed: 5 },
    log: { 1: [1, 1, 3], 2: [1, 1], 3: [1, 1] },
  });
  cluster.at(2).durable.hardState = { term: 8, vote: 3, commit: 2 };
  cluster.restart(1, 2).crash(3).pass(400);
  assert.equal(cluster.leader.id, 1);
  assert(cluster.leader.status.term > 8);
});

test('5 · an old leader that reaches only the bridge gives up, and the majority behind the bridge elects', () => {
  // The leader's link to three others breaks, the fourth hears both sides; one of the three dies, so that the
  // other two cannot do without the fourth.
  const cluster = new Cluster({ voters: [1, 2, 3, 4, 5], options: { ...timed, seed: 3 } });
  cluster.pass(40);
  const old = cluster.leader;
  const [bridge, ...others] = [1, 2, 3, 4, 5].filter((id) => id !== old.id);
  cluster
    .split([old.id], others)
    .crash(others[2] as number)
    .pass(200);
  assert.notEqual(cluster.leader.id, old.id);
  assert(cluster.leader.status.term > 1);
  assert(cluster.leader.propose('behind the bridge').accepted);
  cluster.pass(20);
  assert(cluster.at(bridge as number).commands.includes('behind the bridge'));
});

test('a split vote is resolved because timeouts are drawn anew (§5.2)', () => {
  let split = 0;
  for (let seed = 1; seed <= 8; seed += 1) {
    const options = {
      electionTicksMin: 4,
      electionTicksMax: 8,
      heartbeatTicks: 1,
      priority: 10,
      seed: seed * 10,
    };
    const cluster = new Cluster({ voters: [1, 2, 3, 4], options });
    cluster.pass(80);
    assert.equal(cluster.leaders.length, 1, `seed ${seed}\n${cluster.describe()}`);
    if (cluster.leader.status.term > 1) split += 1;
  }
  assert(split > 0, 'some votes were split at first');
});

test('two candidates of one term that split the vote both stay without office', () => {
  const cluster = new Cluster({ voters: [1, 2, 3, 4] });
  // Both pre-votes are granted before anybody has voted.
  const votes = cluster.hold(({ kind }) => kind === 'vote-request' || kind === 'vote-reply');
  cluster.at(1).step({ kind: 'campaign' });
  cluster.at(2).step({ kind: 'campaign' });
  cluster.settle();
  for (const id of [1, 2]) {
    for (const from of [3, 4])
      cluster.at(id).receive(voteReplyLetter({ from, to: id, term: 1 }, true, { preVote: true }));
  }
  cluster.settle();
  const requests = votes.drop().filter((message) => message.kind === 'vote-request' && !message.preVote);
  const heard = requests.filter(({ from, to }) => (from === 1 ? to !== 4 : to !== 3));
  cluster.send(...heard).settle();
  assert.deepEqual(cluster.leaders, []);
  assert.equal(cluster.at(1).status.role, 'candidate');
  assert.equal(cluster.at(2).status.role, 'candidate');
});

test('the election timeout runs from the last word of the leader, and from a vote that was given', () => {
  const member = new Member({
    id: 1,
    voters: [1, 2, 3],
    options: { electionTicksMin: 10, electionTicksMax: 11 },
  });
  member.tick(9);
  member.receive(heartbeatLetter({ from: 2, to: 1, term: 1 }));
  member.tick(9);
  assert.equal(member.status.role, 'follower', 'the leader was heard nine ticks ago');
  member.tick(2);
  assert.equal(member.status.role, 'pre-candidate');

  member.receive(voteRequestLetter({ from: 3, to: 1, term: 2 }, [5, 1]));
  assert.equal(member.status.role, 'follower');
  member.tick(9);
  assert.equal(member.status.role, 'follower', 'it gave its vote nine ticks ago');
  member.receive(voteRequestLetter({ from: 2, to: 1, term: 3 }, [5, 1]));
  member.tick(9);
  assert.equal(member.status.role, 'follower');
  member.tick(2);
  assert.equal(member.status.role, 'pre-candidate');
});

test('a vote puts the own campaign off also when its term was known before', () => {
  const options = { electionTicksMin: 10, electionTicksMax: 11 };
  const member = new Member({ id: 1, voters: [1, 2, 3], options });
  member.receive(voteReplyLetter({ from: 2, to: 1, term: 2 }, false));
  member.tick(9);
  member.receive(voteRequestLetter({ from: 3, to: 1, term: 2 }, [0, 0]));
  member.finishDisk();
  assert.equal(member.durable.hardState.vote, 3);
  member.tick(9);
  assert.equal(member.status.role, 'follower');
  member.tick(2);
  assert.equal(member.status.role, 'pre-candidate');
});

test('a vote that was refused does not put off the own campaign', () => {
  const options = { electionTicksMin: 10, electionTicksMax: 11 };
  const member = new Member({ id: 1, voters: [1, 2, 3], options, log: [1] });
  member.tick(9);
  member.receive(voteRequestLetter({ from: 3, to: 1, term: 1 }, [0, 0]));
  member.tick(2);
  assert.equal(member.status.role, 'pre-candidate');
});

test('timeouts lie between the two bounds and are not all the same (§5.2)', () => {
  const timeouts = new Set<number>();
  for (let seed = 1; seed <= 60; seed += 1) {
    const member = new Member({ id: 1, voters: [1, 2], options: { seed } });
    let ticks = 0;
    for (; member.status.role === 'follower'; ticks += 1) member.tick();
    timeouts.add(ticks);
  }
  assert.equal(Math.min(...timeouts), 15);
  assert.equal(Math.max(...timeouts), 30);
});

test('a member that was cut off does not raise its term, so its return disturbs nobody (§9.6)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { ...timed, seed: 9 } });
  cluster.pass(60);
  const { id, status } = cluster.leader;
  const away = [1, 2, 3].find((other) => other !== id) as number;
  cluster.isolate(away).pass(300);
  assert.equal(cluster.at(away).status.term, status.term);
  cluster.mend().pass(60);
  assert.equal(cluster.leader.id, id);
  assert.equal(cluster.leader.status.term, status.term);
});

test('a removed member that was not told cannot disturb the group (§4.2.3)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3, 4], options: { ...timed, seed: 2 } });
  cluster.pass(60);
  const { leader } = cluster;
  const removed = [1, 2, 3, 4].find((id) => id !== leader.id) as number;
  const { term } = leader.status;
  cluster.isolate(removed).change({ kind: 'remove', member: removed }).pass(60);
  cluster.mend().pass(300);
  assert.equal(cluster.at(removed).status.configuration.voters.length, 4, 'it was never told');
  assert.equal(cluster.leader.id, leader.id);
  assert.equal(cluster.leader.status.term, term);
});

test('a vote for a later term is refused as long as a leader is heard, and the term is not taken up (§4.2.3)', () => {
  const member = new Member({ id: 2, voters: [1, 2, 3], log: [1] });
  member.receive(heartbeatLetter({ from: 1, to: 2, term: 1 }));
  member.tick(3);
  member.takeSent();
  member.receive(voteRequestLetter({ from: 3, to: 2, term: 9 }, [9, 8]));
  assert.deepEqual([member.status.term, member.status.leader], [1, 1]);
  assert.deepEqual(member.takeSent(), []);
});

test('a leader does not vote for its successor while it leads (§4.2.3)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  leader.receive(voteRequestLetter({ from: 2, to: 1, term: 5 }, [9, 4]));
  leader.receive(voteRequestLetter({ from: 2, to: 1, term: 5 }, [9, 4], { preVote: true }));
  assert.equal(leader.status.role, 'leader');
  const [reply] = leader.takeSent();
  assert(reply?.kind === 'vote-reply' && !reply.granted && reply.term === 1);
});

test('a leader that no quorum answers steps down (§6.2), and one that a quorum answers stays', () => {
  const cluster = new Cluster({ voters: [1, 2, 3, 4, 5] });
  const leader = cluster.elect(1);
  cluster.split([1, 2, 3], [4, 5]).pass(200);
  assert.equal(leader.status.role, 'leader');
  cluster.mend().split([1, 2], [3, 4, 5]).pass(45);
  assert.equal(leader.status.role, 'follower');
  assert.equal(leader.status.leader, 0);
});

test('learners, and members that only a joint half needs, do not answer for a quorum (§6.2)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4, 5] });
  const leader = cluster.elect(1);
  cluster.split([1, 4, 5], [2, 3]).pass(45);
  assert.equal(leader.status.role, 'follower');

  const joint = new Cluster({ voters: [1, 2, 3], learners: [4, 5] });
  const second = joint.elect(1);
  joint.pass(5).split([1, 2, 3], [4, 5]);
  second.step({
    kind: 'change',
    changes: [
      { kind: 'promote', member: 4 },
      { kind: 'promote', member: 5 },
      { kind: 'remove', member: 2 },
    ],
  });
  joint.pass(45);
  assert.equal(second.status.role, 'follower', 'the incoming half 1 3 4 5 has two');
});

function candidateOfFive(): Member {
  const member = new Member({ id: 1, voters: [1, 2, 3, 4, 5], options: { priority: 0 } });
  member.step({ kind: 'campaign' });
  for (const from of [2, 3])
    member.receive(voteReplyLetter({ from, to: 1, term: 1 }, true, { preVote: true }));
  member.finishDisk();
  member.takeSent();
  assert.equal(member.status.role, 'candidate');
  return member;
}
