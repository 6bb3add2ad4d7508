import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from './cluster.ts';
import {
  acceptedLetter,
  appendLetter,
  heartbeatLetter,
  pulseLetter,
  snapshotLetter,
  transferLetter,
  voteReplyLetter,
  voteRequestLetter,
} from './letters.ts';
import { Member, type TestOptions } from './member.ts';

const leased: TestOptions = {
  electionTicksMin: 10,
  electionTicksMax: 20,
  heartbeatTicks: 3,
  leaseReads: true,
  priority: 0,
};
const abc = { voters: [1, 2, 3], outgoing: [], learners: [], learnersNext: [], level: 1, details: [] };

/** A follower that has just promised the leader of its term, member 1, to keep silent. */
function boundFollower(options: Partial<TestOptions> = {}): Member {
  const member = new Member({ id: 2, voters: [1, 2, 3], log: [1], options: { ...leased, ...options } });
  member.tick(30);
  member.receive(heartbeatLetter({ from: 1, to: 2, term: 1 }, { lease: true }));
  member.takeSent();
  return member;
}

function wouldVote(member: Member, term: number): boolean {
  member.receive(voteRequestLetter({ from: 3, to: member.id, term }, [50, term - 1]));
  member.finishDisk();
  return member.takeSent().some((message) => message.kind === 'vote-reply' && message.granted);
}

test('a read within the lease costs no message, and one behind it costs a round (§6.4.1)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: leased });
  const leader = cluster.elect(1);
  cluster.propose('x').pass(3);
  leader.read(1, 'lease');
  assert.equal(leader.reads.get(1), leader.applied);
  assert.deepEqual(leader.takeSent(), []);

  leader.now += 1000;
  leader.read(2, 'lease');
  assert.equal(leader.reads.get(2), undefined);
  cluster.settle();
  assert.equal(leader.reads.get(2), leader.applied);
});

test('the lease is shorter than the promise by a tick and by the drift of both clocks', () => {
  const rows = [
    { name: 'no drift', clockDriftMax: 0, leaseMs: 90 },
    { name: 'a tenth', clockDriftMax: 0.1, leaseMs: (90 * 0.9) / 1.1 },
    { name: 'a third', clockDriftMax: 1 / 3, leaseMs: 45 },
  ];
  for (const { name, clockDriftMax, leaseMs } of rows) {
    for (const [after, isServed] of [
      [leaseMs - 0.01, true],
      [leaseMs + 0.01, false],
    ] as const) {
      const cluster = new Cluster({ voters: [1, 2, 3], options: { ...leased, clockDriftMax } });
      const leader = cluster.elect(1);
      cluster.pass(3);
      leader.step({ kind: 'read', id: 1, mode: 'lease', now: leader.now + after });
      assert.equal(leader.reads.has(1), isServed, `${name}: ${after} ms after the round`);
    }
  }
});

test('without the option a read that asks for the lease goes the long way', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.pass(3);
  leader.read(1, 'lease');
  assert.equal(leader.reads.has(1), false);
  cluster.settle();
  assert.equal(leader.reads.has(1), true);
});

test('14 · the lease is checked with the time after the pause, and not with the last tick', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: leased });
  const old = cluster.elect(1);
  cluster.pass(3).isolate(1);
  // 1. The old leader's process stops. 2. The others elect, and commit.
  const next = cluster.elect(2);
  assert(next.propose('newer').accepted);
  cluster.settle();
  // 3. It wakes with a read; nobody has ticked it yet.
  old.step({ kind: 'read', id: 1, mode: 'lease', now: old.now + 500 });
  cluster.settle();
  assert.equal(old.reads.has(1), false);
  cluster.mend().pass(3);
  assert.equal(old.reads.get(1), 'failed');
});

test('the lease counts from when the round was issued, not from when its answers came', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: leased });
  const leader = cluster.elect(1);
  cluster.pass(3);
  const answers = cluster.hold(({ kind }) => kind === 'heartbeat-reply');
  cluster.pass(3);
  const issuedAt = leader.now;
  cluster.split([1], [2, 3]);
  cluster.pass(8, [1]);
  cluster.mend();
  answers.release();
  cluster.settle();
  leader.step({ kind: 'read', id: 1, mode: 'lease', now: issuedAt + 82 });
  assert.equal(leader.reads.has(1), false);
});

test('who has promised silence to a leader with a lease gives no vote until the promise is over', () => {
  const member = boundFollower();
  assert.equal(wouldVote(member, 2), false);
  member.tick(9);
  assert.equal(wouldVote(member, 2), false);
  member.tick();
  assert.equal(wouldVote(member, 2), true);
});

test('neither a broken connection nor a word to campaign ends a promise before its time', () => {
  for (const input of [{ kind: 'unreachable', member: 1 }, { kind: 'campaign' }] as const) {
    const member = boundFollower({ priority: 10 });
    member.step(input);
    member.tick(9);
    assert.deepEqual(member.takeSent(), [], input.kind);
    assert.equal(wouldVote(member, 2), false, input.kind);
    member.tick(3);
    assert.equal(member.status.role, 'pre-candidate', input.kind);
  }
});

test('a leader that does not serve by lease is let go of as soon as its connection breaks', () => {
  const member = boundFollower();
  member.receive(heartbeatLetter({ from: 1, to: 2, term: 1 }, { lease: false }));
  member.step({ kind: 'unreachable', member: 1 });
  assert.equal(wouldVote(member, 2), true);
});

test('a snapshot from the leader does not take the promise back', () => {
  const member = boundFollower({ priority: 10 });
  const mark = snapshotLetter({ from: 1, to: 2, term: 1 }, [40, 1], abc);
  member.receiveSnapshot(mark.mark, 7);
  member.receive(mark);
  member.step({ kind: 'unreachable', member: 1 });
  assert.equal(wouldVote(member, 2), false);
});

test('a promise holds in the term of the next candidate too, when its term came by another way', () => {
  // 1. The follower once asked for pre-votes. 2. It hears the leader. 3. The answer to 1 arrives, of term 2.
  const member = boundFollower();
  member.receive(voteReplyLetter({ from: 3, to: 2, term: 2 }, false, { preVote: true }));
  assert.equal(member.status.term, 2);
  // 4. The candidate of term 2 asks, while the leader of term 1 still counts on its lease.
  assert.equal(wouldVote(member, 2), false);
  member.tick(10);
  assert.equal(wouldVote(member, 2), true);
});

test('a candidate that is asked by another keeps the promise it made as a follower', () => {
  const member = boundFollower();
  member.receive(transferLetter({ from: 1, to: 2, term: 1 }));
  member.finishDisk();
  member.takeSent();
  assert.equal(member.status.role, 'candidate');
  assert.equal(wouldVote(member, 3), false);
  member.receive(voteRequestLetter({ from: 3, to: 2, term: 3 }, [50, 2], { preVote: true }));
  const [reply] = member.takeSent();
  assert(reply?.kind === 'vote-reply' && !reply.granted);
  assert.equal(member.status.term, 2, 'nor does it take up the term');
});

test('a member that restarts keeps the promise that it may have made before', () => {
  const member = boundFollower();
  member.crash();
  member.restart();
  assert.equal(wouldVote(member, 2), false);
  member.tick(10);
  assert.equal(wouldVote(member, 2), true);
});

test('the only voter left by a change that is not committed waits until the leader is silent', () => {
  // 1. The leader makes itself a learner, so member 2 alone decides. 2. Its answer does not come back.
  const cluster = new Cluster({ voters: [1, 2], options: leased });
  const old = cluster.elect(1);
  cluster.pass(3);
  cluster.cut(2, 1);
  assert(old.step({ kind: 'change', changes: [{ kind: 'demote', member: 1 }] }).accepted);
  cluster.settle();
  assert.deepEqual(cluster.at(2).status.configuration.voters, [2]);
  // 3. The lease of the old leader still holds, so the new one may not exist yet.
  old.read(1, 'lease');
  assert.notEqual(old.reads.get(1), undefined);
  cluster.pass(9, [2]);
  assert.deepEqual(cluster.leaders, [1]);
  cluster.restart(2).pass(9, [2]);
  assert.deepEqual(cluster.leaders, [1]);
  cluster.at(2).restart({ priority: 10 });
  cluster.pass(40, [2]);
  assert.deepEqual(cluster.leaders, [1, 2]);
});

test('a leader that told a successor to campaign has no lease any more, however late the word arrives', () => {
  // Dissertation §3.10 and §6.4.1.
  const cluster = new Cluster({ voters: [1, 2, 3], options: leased });
  const old = cluster.elect(1);
  cluster.pass(3);
  const word = cluster.hold(({ kind }) => kind === 'transfer-now');
  assert(old.step({ kind: 'transfer', to: 2 }).accepted);
  cluster.pass(21);
  assert.equal(word.held.length, 1);
  // The transfer was given up long ago: work goes on, and reads are confirmed by rounds.
  assert(old.propose('goes on').accepted);
  cluster.settle();
  old.read(1, 'lease');
  assert.equal(old.reads.has(1), false);
  cluster.settle();
  assert.equal(old.reads.get(1), old.applied);
  // The word arrives after all; nobody's promise stands in the way.
  cluster.isolate(1);
  cluster.mend().cut(2, 1).cut(1, 2).cut(3, 1).cut(1, 3);
  cluster.at(2).receive({ ...transferLetter({ from: 1, to: 2, term: 1 }) });
  cluster.settle();
  assert.equal(cluster.leader.id, 2);
  old.read(2, 'lease');
  cluster.settle();
  assert.equal(old.reads.has(2), false);
});

test('an answer to a round of the past does not renew the lease', () => {
  const leader = new Member({ id: 1, voters: [1, 2, 3], options: leased });
  leader.step({ kind: 'campaign' });
  leader.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true, { preVote: true }));
  leader.finishDisk();
  leader.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true));
  leader.finishDisk();
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 1));
  leader.tick(3);
  const first = leader.takeSent().find(({ kind }) => kind === 'heartbeat');
  assert(first?.kind === 'heartbeat');
  leader.tick(9);
  for (let times = 0; times < 3; times += 1)
    leader.receive(pulseLetter({ from: 2, to: 1, term: 1 }, first.round));
  leader.read(1, 'lease');
  assert.equal(leader.reads.has(1), false);
});

test('an append is as good as a heartbeat for the promise', () => {
  const member = new Member({ id: 2, voters: [1, 2, 3], log: [1], options: leased });
  member.tick(30);
  member.receive(appendLetter({ from: 1, to: 2, term: 1 }, { previous: [1, 1], lease: true }));
  member.step({ kind: 'unreachable', member: 1 });
  assert.equal(wouldVote(member, 2), false);
});
