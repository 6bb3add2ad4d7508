import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Recovery } from '../../src/raft/index.ts';
import { emptyConfiguration, RaftGroup } from '../../src/raft/index.ts';
import { Cluster } from './cluster.ts';
import { acceptedLetter, appendLetter, snapshotLetter, voteReplyLetter } from './letters.ts';
import { commandEntry, entriesOf, termsOf } from './logs.ts';
import { Member, type TestOptions } from './member.ts';

const abc = { voters: [1, 2, 3], outgoing: [], learners: [], learnersNext: [], level: 1, details: [] };

function follower(options: TestOptions = {}): Member {
  return new Member({ id: 1, voters: [1, 2, 3], log: [1], options });
}

function acknowledged(member: Member): number[] {
  return member.takeSent().flatMap((message) => (message.kind === 'append-accepted' ? [message.match] : []));
}

test('33 · a follower acknowledges only what its disk has answered for', () => {
  const member = follower();
  for (const index of [2, 3])
    member.receive(
      appendLetter(
        { from: 2, to: 1, term: 1 },
        { previous: [index - 1, 1], entries: [commandEntry(index, 1)] },
      ),
    );
  assert.equal(member.disk.length, 2, 'the second write does not wait for the first');
  assert.deepEqual(acknowledged(member), []);
  member.finishPersist();
  assert.deepEqual(acknowledged(member), [2]);
  member.finishPersist();
  assert.deepEqual(acknowledged(member), [3]);
});

test('33 · what it holds but has not written is not acknowledged to one who asks again', () => {
  const member = follower();
  const append = appendLetter(
    { from: 2, to: 1, term: 1 },
    { previous: [1, 1], entries: [commandEntry(2, 1)] },
  );
  member.receive(append);
  member.receive(append);
  member.receive(appendLetter({ from: 2, to: 1, term: 1 }, { previous: [2, 1] }));
  assert.deepEqual(acknowledged(member), []);
  member.finishDisk();
  assert.deepEqual(acknowledged(member), [2]);
});

test('9 · the answer to a write that was truncated meanwhile counts for nothing (ABA)', () => {
  // 1. Leader 2 of term 2 brings entries 2 and 3; the write is under way.
  const member = follower();
  const brings = (from: number, term: number): void => {
    const entries = entriesOf([term, term], 2);
    member.receive(appendLetter({ from, to: 1, term }, { previous: [1, 1], entries }));
  };
  brings(2, 2);
  // 2. Leader 3 of term 3 replaces them. 3. The disk answers for the first write.
  member.receive(
    appendLetter({ from: 3, to: 1, term: 3 }, { previous: [1, 1], entries: entriesOf([3, 3], 2) }),
  );
  assert.equal(member.disk.length, 2);
  member.step({ kind: 'persisted', sequence: (member.disk[0] as { sequence: number }).sequence });
  assert.equal(member.status.durable, 1);
  assert.deepEqual(acknowledged(member), []);
  assert.equal(member.applied, 0);
});

test('9 · entries that come back as they were are durable only when they are written again (ABA)', () => {
  // Entries 2 and 3 of term 2 are written, replaced by one of term 3, and brought again by a leader of term 4.
  const member = follower();
  member.receive(
    appendLetter({ from: 2, to: 1, term: 2 }, { previous: [1, 1], entries: entriesOf([2, 2], 2) }),
  );
  member.receive(appendLetter({ from: 3, to: 1, term: 3 }, { previous: [1, 1], entries: entriesOf([3], 2) }));
  member.receive(
    appendLetter({ from: 2, to: 1, term: 4 }, { previous: [1, 1], entries: entriesOf([2, 2], 2) }),
  );
  const sequences = member.disk.map(({ sequence }) => sequence);
  for (const sequence of sequences.slice(0, 2)) member.step({ kind: 'persisted', sequence });
  assert.equal(member.status.durable, 1);
  assert.deepEqual(acknowledged(member), []);
  member.finishDisk();
  assert.equal(member.status.durable, 3);
  assert.deepEqual(acknowledged(member), [3]);
});

test('9 · a snapshot that replaces the log makes the writes before it count for nothing', () => {
  const member = follower();
  member.receive(
    appendLetter({ from: 2, to: 1, term: 1 }, { previous: [1, 1], entries: entriesOf([1, 1], 2) }),
  );
  const snapshot = snapshotLetter({ from: 3, to: 1, term: 2 }, [9, 2], abc);
  member.receiveSnapshot(snapshot.mark, 1);
  member.receive(snapshot);
  member.step({ kind: 'persisted', sequence: 1 });
  assert.equal(member.status.durable, 0);
  assert.deepEqual(acknowledged(member), []);
});

test('10 · a group of one answers for a command only when its disk does', () => {
  const cluster = new Cluster({ voters: [1] });
  cluster.pass(1);
  const member = cluster.at(1);
  member.propose('x');
  assert.deepEqual(member.commands, []);
  assert.equal(member.status.commit, 1);
  member.crash();
  member.restart();
  cluster.pass(1);
  assert.deepEqual(member.commands, [], 'nobody was told that it is there');
  member.propose('y');
  member.finishDisk();
  assert.deepEqual(member.commands, ['y']);
  member.crash();
  member.restart();
  cluster.pass(1);
  assert.deepEqual(member.commands, ['y'], 'applied again after the restart');
});

test('32 · what is committed but not durable here waits, so that no state machine is ahead of its log', () => {
  const member = follower();
  member.receive(
    appendLetter({ from: 2, to: 1, term: 1 }, { previous: [1, 1], entries: entriesOf([1, 1], 2), commit: 3 }),
  );
  assert.equal(member.status.commit, 3);
  assert.equal(member.applied, 1);
  member.finishDisk();
  assert.equal(member.applied, 3);
});

test('26 · a snapshot is restored only when the log stands behind it, whenever the crash comes', () => {
  for (const crashesAfter of ['arrival', 'persist'] as const) {
    const member = new Member({ id: 1, voters: [1, 2, 3], log: [1], durableMachine: true });
    const snapshot = snapshotLetter({ from: 2, to: 1, term: 1 }, [9, 1], abc);
    member.receiveSnapshot(snapshot.mark, 77);
    member.receive(snapshot);
    if (crashesAfter === 'persist') member.finishDisk();
    assert.equal(member.applied, crashesAfter === 'persist' ? 9 : 0);
    member.crash();
    member.restart();
    assert.equal(member.applied, crashesAfter === 'persist' ? 9 : 0);
    assert.equal(member.status.base, crashesAfter === 'persist' ? 9 : 0);
  }
});

test('a restart brings back what was durable, and nothing else', () => {
  const member = follower();
  member.receive(
    appendLetter({ from: 2, to: 1, term: 3 }, { previous: [1, 1], entries: entriesOf([3, 3], 2), commit: 2 }),
  );
  member.finishDisk();
  member.receive(appendLetter({ from: 2, to: 1, term: 3 }, { previous: [3, 3], entries: entriesOf([3], 4) }));
  member.crash();
  member.restart();
  const { last, durable, term, commit } = member.status;
  assert.deepEqual({ last, durable, term, commit }, { last: 3, durable: 3, term: 3, commit: 2 });
  assert.equal(member.applied, 2, 'what was known to be committed is applied again');
});

test('a leader whose disk does not answer steps down, and one whose disk is slow does not', () => {
  const options = { diskStallTicksMax: 8, electionTicksMax: 1000 };
  const cluster = new Cluster({ voters: [1, 2, 3], options });
  const leader = cluster.elect(1);
  for (let round = 0; round < 10; round += 1) {
    leader.propose('x');
    leader.tick(7);
    leader.finishPersist();
  }
  assert.equal(leader.status.role, 'leader');
  leader.propose('y');
  leader.tick(8);
  assert.equal(leader.status.role, 'follower');
});

test('a leader with nothing to write is not taken for one with a stalled disk', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { diskStallTicksMax: 4 } });
  const leader = cluster.elect(1);
  cluster.pass(100);
  assert.equal(leader.status.role, 'leader');
});

test('a leader whose event loop stood still for an election steps down before it does anything else', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  leader.step({ kind: 'stalled', stallMs: 199 });
  assert.equal(leader.status.role, 'leader');
  leader.step({ kind: 'stalled', stallMs: 200 });
  assert.equal(leader.status.role, 'follower');
  const alone = new Cluster({ voters: [1] });
  alone.pass(1).at(1).step({ kind: 'stalled', stallMs: 60_000 });
  assert.equal(alone.leader.id, 1, 'a single voter has nobody to step down for');
});

test('11 · a wiped member under its old name is refused, and does not bring the leader down', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.propose('a', 'b', 'c').pass(3).wipe(3).pass(3);
  cluster.propose('d', 'e').pass(30);
  assert.equal(cluster.leader.id, 1);
  assert(cluster.at(3).status.refusedMessages > 0);
  assert.equal(
    cluster.leader.status.matches.get(3),
    4,
    'it counts for what it once acknowledged, and for no more',
  );
});

test('11 · a member that knows of its loss receives the log again, and counts towards no quorum', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const leader = cluster.elect(1);
  cluster.propose('a', 'b', 'c').pass(3).crash(3);
  cluster.at(3).loseTail(3);
  cluster.restart(3).pass(3);
  assert.deepEqual(cluster.at(3).commands, ['a', 'b', 'c'], 'although nothing new was proposed');
  const lost = leader.events.filter(({ kind }) => kind === 'member-lost-data');
  assert.deepEqual(lost, [{ kind: 'member-lost-data', member: 3, match: 4 }]);

  cluster.isolate(2);
  const before = leader.status.commit;
  leader.propose('d');
  cluster.settle();
  assert.equal(cluster.at(3).status.last, before + 1);
  assert.equal(leader.status.commit, before);
  leader.read(1);
  cluster.pass(2);
  assert.equal(leader.reads.has(1), false, 'nor does it confirm a read');
  cluster.pass(40);
  assert.equal(leader.status.role, 'follower', 'nor is it a quorum to lead');
});

test('11 · it loses data twice in one leadership, and is repaired twice', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.propose('a', 'b', 'c', 'd').pass(3);
  for (let times = 0; times < 2; times += 1) {
    cluster
      .crash(3)
      .at(3)
      .loseTail(2 + times);
    cluster.restart(3).pass(6);
    assert.equal(cluster.at(3).status.last, 5);
  }
});

test('11 · a member that forgot its term does not help a deposed leader to commit', () => {
  // 1. Leader 1 of term 1. 2. Members 2 and 3 elect 2 in term 2. 3. Member 3 loses its disk’s tail, the vote too.
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const old = cluster.elect(1);
  cluster.propose('a').isolate(1);
  cluster.elect(2);
  cluster.crash(3).at(3).loseTail(1);
  cluster.restart(3).mend().split([1, 3], [2]);
  // 4. The old leader reaches it: its term is the old one again.
  assert.equal(cluster.at(3).status.term, 1);
  old.propose('must not be');
  cluster.pass(4);
  assert.equal(cluster.at(3).status.last, 3);
  assert.deepEqual(old.commands, ['a']);
});

test('11 · a damaged learner is not promoted, and leadership does not go to a damaged voter', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4], options: { promotionLagMax: 2 } });
  const leader = cluster.elect(1);
  cluster.propose('a', 'b', 'c').pass(3).crash(3, 4);
  for (const id of [3, 4]) cluster.at(id).loseTail(1);
  cluster.restart(3, 4).pass(4);
  const transfer = leader.step({ kind: 'transfer', to: 3 });
  assert(!transfer.accepted && transfer.error.code === 'transfer-refused');
  const change = leader.step({ kind: 'change', changes: [{ kind: 'promote', member: 4 }] });
  assert(!change.accepted && change.error.code === 'not-caught-up');
  cluster.at(3).step({ kind: 'campaign' });
  assert.equal(cluster.at(3).status.role, 'follower');
});

test('a candidate never leads on the strength of a vote that its own disk does not hold', () => {
  const member = new Member({ id: 1, voters: [1, 2, 3], options: { priority: 0 } });
  member.step({ kind: 'campaign' });
  member.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true, { preVote: true }));
  member.finishDisk();
  assert.equal(member.status.role, 'candidate');
  member.receive(voteReplyLetter({ from: 3, to: 1, term: 1 }, false));
  assert.equal(member.status.role, 'candidate');
  member.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true));
  assert.equal(member.status.role, 'leader');
  member.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 1));
  assert.equal(member.status.commit, 0, 'one of three holds its first entry durably');
});

const sound: Recovery = {
  hardState: { term: 4, vote: 2, commit: 6 },
  base: { index: 5, term: 2 },
  configuration: { ...emptyConfiguration, voters: [1, 2, 3] },
  entries: entriesOf([2, 3, 4], 6),
  applied: 6,
  snapshot: { index: 6, term: 2, configuration: { ...emptyConfiguration, voters: [1, 2, 3] } },
};

const impossible: readonly { readonly name: string; readonly changed: Partial<Recovery> }[] = [
  { name: 'an entry is missing', changed: { entries: entriesOf([3, 4], 7) } },
  { name: 'an entry stands twice', changed: { entries: [...entriesOf([2], 6), ...entriesOf([2], 6)] } },
  { name: 'terms fall along the log', changed: { entries: entriesOf([3, 2], 6) } },
  {
    name: 'terms fall behind the base',
    changed: { entries: entriesOf([1], 6), snapshot: undefined as never },
  },
  {
    name: 'the log is of a later term than the member',
    changed: { hardState: { term: 3, vote: 0, commit: 6 } },
  },
  { name: 'more is committed than the log holds', changed: { hardState: { term: 4, vote: 2, commit: 9 } } },
  { name: '27 · the state machine does not reach the log’s base', changed: { applied: 4 } },
  { name: 'the state machine is ahead of the log', changed: { applied: 9 } },
  {
    name: 'the snapshot is ahead of the log',
    changed: { snapshot: { index: 9, term: 4, configuration: abc } },
  },
  {
    name: '23 · the snapshot names another entry',
    changed: { snapshot: { index: 7, term: 2, configuration: abc } },
  },
  { name: 'the term is not a number', changed: { hardState: { term: Number.NaN, vote: 2, commit: 6 } } },
  { name: 'the term is not whole', changed: { hardState: { term: 4.5, vote: 2, commit: 6 } } },
  { name: 'the commit index is below zero', changed: { hardState: { term: 4, vote: 2, commit: -1 } } },
  { name: 'it voted before any election', changed: { hardState: { term: 0, vote: 2, commit: 0 } } },
];

test('a sound recovery is taken, and 27 an older snapshot than the base is kept but never sent', () => {
  const core = new RaftGroup({ group: 1, member: 1, seed: 1 }, sound);
  const { term, base, last, commit, applied } = core.status();
  assert.deepEqual(
    { term, base, last, commit, applied },
    { term: 4, base: 5, last: 8, commit: 6, applied: 6 },
  );
  const older = { ...sound, snapshot: { index: 2, term: 1, configuration: abc } };
  assert.equal(new RaftGroup({ group: 1, member: 1, seed: 1 }, older).status().base, 5);
});

for (const { name, changed } of impossible) {
  test(`an impossible recovery is refused: ${name}`, () => {
    assert.throws(() => new RaftGroup({ group: 1, member: 1, seed: 1 }, { ...sound, ...changed }), {
      code: 'recovery-refused',
      outcome: 'not-applied',
    });
  });
}

test('a recovered log without its end is taken only from a disk that is known to be damaged', () => {
  const cut = { ...sound, hardState: { term: 4, vote: 2, commit: 9 } };
  const core = new RaftGroup({ group: 1, member: 1, seed: 1 }, { ...cut, damaged: true });
  assert.equal(core.status().commit, 8);
});

test('what a follower wrote is what it holds, in the order of the writes', () => {
  const member = follower();
  member.receive(
    appendLetter({ from: 2, to: 1, term: 2 }, { previous: [1, 1], entries: entriesOf([2, 2, 2], 2) }),
  );
  member.receive(appendLetter({ from: 3, to: 1, term: 3 }, { previous: [2, 2], entries: entriesOf([3], 3) }));
  member.receive(appendLetter({ from: 3, to: 1, term: 3 }, { previous: [3, 3], entries: entriesOf([3], 4) }));
  member.finishDisk();
  assert.deepEqual(termsOf(member.durable.entries), [1, 2, 3, 3]);
});
