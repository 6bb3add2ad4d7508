import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeConfiguration, type MembershipChange, type Verdict } from '../../src/raft/index.ts';
import { Cluster } from './cluster.ts';
import { appendLetter, voteRequestLetter } from './letters.ts';
import { Member } from './member.ts';

function ask(member: Member, ...changes: MembershipChange[]): Verdict {
  return member.step({ kind: 'change', changes });
}

function refusedFor(verdict: Verdict, part: RegExp, code = 'change-refused'): void {
  assert(!verdict.accepted && verdict.error.code === code, JSON.stringify(verdict));
  assert.match(verdict.error.message, part);
}

function votersOf(cluster: Cluster, id: number): readonly number[] {
  return cluster.at(id).status.configuration.voters;
}

test('a newcomer becomes a learner, catches up, and becomes a voter (§4.2.1)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { promotionLagMax: 2 } });
  const leader = cluster.elect(1);
  cluster.propose('a', 'b', 'c', 'd').pass(2);
  cluster.join(4);
  cluster.isolate(4).change({ kind: 'add-learner', member: 4 });
  refusedFor(ask(leader, { kind: 'promote', member: 4 }), /has not caught up/, 'not-caught-up');
  cluster.pass(30);
  refusedFor(ask(leader, { kind: 'promote', member: 4 }), /has not caught up/, 'not-caught-up');
  cluster.mend().pass(6);
  cluster.change({ kind: 'promote', member: 4 });
  assert.deepEqual(votersOf(cluster, 4), [1, 2, 3, 4]);
  assert.deepEqual(cluster.at(4).commands, ['a', 'b', 'c', 'd']);
});

test('a learner that caught up once and then fell silent is not promoted', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4] });
  const leader = cluster.elect(1);
  cluster.pass(4).isolate(4).pass(45);
  refusedFor(ask(leader, { kind: 'promote', member: 4 }), /has not caught up/, 'not-caught-up');
});

test('a learner does not count: the group commits without it, and not by it', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4, 5] });
  const leader = cluster.elect(1);
  cluster.split([1, 4, 5], [2, 3]);
  const { commit } = leader.status;
  leader.propose('x');
  cluster.settle();
  assert.equal(cluster.at(4).status.last, leader.status.last);
  assert.equal(leader.status.commit, commit);
  cluster.mend().crash(4, 5).pass(6);
  assert.equal(leader.status.commit, leader.status.last);
});

test('16, 17 · a configuration is in force when it is appended, on the leader and on every follower', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4] });
  const leader = cluster.elect(1);
  cluster.pass(4).split([1], [2, 3], [4]);
  ask(leader, { kind: 'promote', member: 4 });
  assert.deepEqual(leader.status.configuration.voters, [1, 2, 3, 4]);
  leader.finishDisk();
  cluster.mend().cut(3, 1).cut(4, 1);
  cluster.pass(4);
  // 1 and 2 are two of three, but two of four.
  assert.equal(leader.status.commit < leader.status.last, true);
  assert.deepEqual(votersOf(cluster, 2), [1, 2, 3, 4]);
});

test('truncation brings the configuration before back (§4.1)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4] });
  const old = cluster.elect(1);
  cluster.pass(4).split([1], [2, 3, 4]);
  ask(old, { kind: 'promote', member: 4 });
  old.finishDisk();
  assert.deepEqual(votersOf(cluster, 1), [1, 2, 3, 4]);
  cluster.elect(2);
  cluster.mend().pass(6);
  assert.deepEqual(votersOf(cluster, 1), [1, 2, 3]);
  assert.deepEqual(old.status.configuration.learners, [4]);
});

test('15 · no change before an entry of the own term is committed, so no two changes to one parent commit (§4.1)', () => {
  // Ongaro’s counterexample: 1 adds 5 and loses office; 2 removes 1, commits; 1 returns and commits its own.
  const cluster = new Cluster({ voters: [1, 2, 3, 4] });
  const first = cluster.elect(1);
  cluster.pass(4).join(5);
  cluster.split([1, 5], [2, 3, 4]);
  ask(first, { kind: 'add-learner', member: 5 });
  cluster.settle();
  const own = cluster.hold((message) => message.kind === 'append' && message.from === 2);
  const second = cluster.elect(2);
  refusedFor(ask(second, { kind: 'remove', member: 1 }), /entry of its own term/);
  own.release();
  cluster.settle();
  cluster.change({ kind: 'remove', member: 1 });
  cluster.mend().pass(10);
  assert.deepEqual(cluster.leaders, [2]);
  assert.deepEqual(votersOf(cluster, 3), [2, 3, 4]);
});

test('15 · one change at a time', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4, 5] });
  const leader = cluster.elect(1);
  cluster.pass(4).isolate(1);
  assert(ask(leader, { kind: 'promote', member: 4 }).accepted);
  refusedFor(ask(leader, { kind: 'promote', member: 5 }), /another change is not committed/);
});

test('a change needs the leader, and a leader that stays', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4] });
  const leader = cluster.elect(1);
  cluster.pass(4);
  const verdict = ask(cluster.at(2), { kind: 'remove', member: 3 });
  assert(!verdict.accepted && verdict.error.code === 'not-leader');
  cluster.isolate(2);
  leader.step({ kind: 'transfer', to: 2 });
  refusedFor(ask(leader, { kind: 'promote', member: 4 }), /being transferred/);
});

test('16, 17 · who campaigns goes by the configuration in its log, applied or not, committed or not', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4, 5], slowMachine: true });
  const leader = cluster.elect(1);
  cluster.pass(4);
  ask(leader, { kind: 'promote', member: 4 }, { kind: 'promote', member: 5 });
  const commits = cluster.hold(({ kind }) => kind === 'append-accepted');
  cluster.settle();
  assert.equal(
    cluster.at(2).status.configuration.outgoing.length,
    3,
    'the joint configuration is in its log',
  );
  commits.drop();
  cluster.crash(1, 5);
  // 2 and 3 are two of the old three, but two of the new five, so they need 4 as well.
  cluster.crash(4);
  cluster.at(3).tick(10);
  cluster.at(2).tick(10);
  cluster.at(2).step({ kind: 'campaign' });
  cluster.settle();
  assert.deepEqual(cluster.leaders, []);
  cluster.restart(4).elect(2);
  cluster.restart(1, 5).pass(10);
  assert.deepEqual(
    cluster.leader.status.configuration.outgoing,
    [],
    'the new leader leaves the joint configuration',
  );
});

test('18 · a learner that does not know of its promotion yet gives the vote that the group needs', () => {
  const cluster = new Cluster({ voters: [1, 2], learners: [3] });
  const leader = cluster.elect(1);
  cluster.pass(4).cut(1, 3);
  ask(leader, { kind: 'promote', member: 3 });
  cluster.settle();
  cluster.crash(1).mend();
  assert.deepEqual(cluster.at(3).status.configuration.learners, [3]);
  cluster.elect(2);
});

test('20 · a recovered joint configuration is left only when its entry is committed', () => {
  const joint = {
    voters: [1, 4, 5],
    outgoing: [1, 2, 3],
    learners: [],
    learnersNext: [],
    level: 1,
    details: [],
  };
  const data = encodeConfiguration(joint);
  const entries = [{ index: 1, term: 1, kind: 'configuration', data } as const];
  const cluster = new Cluster({ voters: [1, 2, 3] });
  for (const id of [1, 2, 3]) {
    cluster.at(id).durable.hardState = { term: 1, vote: 0, commit: 0 };
    cluster.at(id).durable.entries = [...entries];
    cluster.restart(id);
  }
  cluster.join(4);
  cluster.join(5);
  cluster.crash(2, 3);
  cluster.at(1).tick(10);
  cluster.at(1).step({ kind: 'campaign' });
  cluster.settle();
  assert.deepEqual(cluster.leaders, [], 'the outgoing half is needed');
  cluster.restart(2).elect(1);
  cluster.pass(4);
  assert.deepEqual(cluster.leader.status.configuration, { ...joint, outgoing: [] });
  const kinds = cluster.at(1).durable.entries.map(({ kind }) => kind);
  assert.deepEqual(kinds, ['configuration', 'empty', 'configuration']);
});

test('20 · a joint configuration is not left before it is committed by both halves (§4.3)', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4, 5] });
  const leader = cluster.elect(1);
  cluster.pass(4).crash(4, 5);
  ask(
    leader,
    { kind: 'promote', member: 4 },
    { kind: 'promote', member: 5 },
    { kind: 'remove', member: 2 },
    { kind: 'remove', member: 3 },
  );
  cluster.pass(6);
  assert.deepEqual(leader.status.configuration.voters, [1, 4, 5]);
  assert.deepEqual(leader.status.configuration.outgoing, [1, 2, 3]);
  assert(leader.status.commit < leader.status.last, 'the incoming half has one of three');
  cluster.restart(4, 5).pass(12);
  assert.deepEqual(leader.status.configuration, {
    voters: [1, 4, 5],
    outgoing: [],
    learners: [],
    learnersNext: [],
    level: 1,
    details: [],
  });
});

test('a voter that is demoted in a joint change still votes until the joint configuration is left', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4] });
  const leader = cluster.elect(1);
  cluster.pass(4).isolate(1);
  ask(leader, { kind: 'promote', member: 4 }, { kind: 'demote', member: 3 });
  const { configuration } = leader.status;
  assert.deepEqual(configuration, {
    voters: [1, 2, 4],
    outgoing: [1, 2, 3],
    learners: [],
    learnersNext: [3],
    level: 1,
    details: [],
  });
  cluster.mend().pass(10);
  assert.deepEqual(leader.status.configuration, {
    voters: [1, 2, 4],
    outgoing: [],
    learners: [3],
    learnersNext: [],
    level: 1,
    details: [],
  });
  assert.equal(cluster.at(3).status.configuration.learners[0], 3);
});

test('21 · a leader that is cut off removes nobody, and what the others commit is kept', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const old = cluster.elect(1);
  cluster.pass(4).isolate(1);
  ask(old, { kind: 'remove', member: 2 });
  old.finishDisk();
  assert.deepEqual(old.status.configuration.voters, [1, 3]);
  old.propose('lost');
  old.finishDisk();
  const { commit } = old.status;
  cluster.elect(2);
  cluster.propose('kept').mend().pass(8);
  assert.equal(commit, 1, 'one of two is not a majority');
  assert.deepEqual(votersOf(cluster, 1), [1, 2, 3]);
  assert.deepEqual(old.commands, ['kept']);
});

test('a vote is asked of all voters of both halves, and of nobody else (§4.3)', () => {
  const joint = { voters: [1, 4], outgoing: [1, 2], learners: [5], learnersNext: [2], level: 1, details: [] };
  const member = new Member({ id: 1, voters: [1, 2], options: { priority: 0 } });
  member.durable.configuration = joint;
  member.restart();
  member.step({ kind: 'campaign' });
  assert.deepEqual(
    member.takeSent().map(({ to }) => to),
    [2, 4],
  );
});

test('a voter goes by its own log, whoever asks: one that its configuration does not know may win (§4.1)', () => {
  const member = new Member({ id: 2, voters: [1, 2, 3] });
  member.receive(voteRequestLetter({ from: 9, to: 2, term: 1 }, [0, 0]));
  member.finishDisk();
  const [reply] = member.takeSent();
  assert(reply?.kind === 'vote-reply' && reply.granted);
});

test('several configurations in one message: each is in force in its turn, and truncation finds the right one', () => {
  const learner = { voters: [1, 2, 3], outgoing: [], learners: [4], learnersNext: [], level: 1, details: [] };
  const voter = { ...learner, voters: [1, 2, 3, 4], learners: [] };
  const entries = [learner, voter].map((configuration, place) => ({
    index: place + 1,
    term: 1,
    kind: 'configuration' as const,
    data: encodeConfiguration(configuration),
  }));
  const member = new Member({ id: 3, voters: [1, 2, 3] });
  member.receive(appendLetter({ from: 1, to: 3, term: 1 }, { entries }));
  assert.deepEqual(member.status.configuration, voter);
  member.receive(
    appendLetter(
      { from: 2, to: 3, term: 2 },
      {
        previous: [1, 1],
        entries: [{ ...entries[0]!, index: 2, term: 2, kind: 'empty', data: new Uint8Array(0) }],
      },
    ),
  );
  assert.deepEqual(member.status.configuration, learner);
  const told = member.events.filter(({ kind }) => kind === 'configuration-changed');
  assert.equal(told.length, 3);
});

test('every member can be replaced, one after the other, while work goes on', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  for (const id of [4, 5, 6]) {
    cluster.join(id);
    cluster.change({ kind: 'add-learner', member: id }).propose(`with learner ${id}`).pass(6);
    cluster.change({ kind: 'promote', member: id }, { kind: 'remove', member: id - 3 }).pass(6);
    if (cluster.leaders.length === 0) cluster.elect(id);
    cluster
      .crash(id - 3)
      .propose(`without ${id - 3}`)
      .pass(4);
  }
  assert.deepEqual(cluster.leader.status.configuration.voters, [4, 5, 6]);
  assert.equal(cluster.at(6).commands.length, 6);
});

test('what is said of a member is in force when it is appended, and rolled back with its entry', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  const old = cluster.elect(1);
  const said = (text: string): Uint8Array => new TextEncoder().encode(text);
  const told = (id: number): string[] =>
    cluster.at(id).status.configuration.details.map(({ member, bytes }) => `${member} ${Buffer.from(bytes)}`);
  cluster.change({ kind: 'describe', member: 2, details: said('here') }).pass(4);
  for (const id of [1, 2, 3]) assert.deepEqual(told(id), ['2 here']);
  cluster.isolate(1);
  ask(old, { kind: 'describe', member: 2, details: said('nowhere') });
  assert.deepEqual(told(1), ['2 nowhere']);
  cluster.elect(3);
  cluster.change({ kind: 'describe', member: 2, details: said('there') }).pass(4);
  cluster.mend().pass(8);
  for (const id of [1, 2, 3]) assert.deepEqual(told(id), ['2 there']);
});

test('a leader knows who answers, and who is the next to lead', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4] });
  const leader = cluster.elect(1);
  cluster.propose('a').pass(6);
  assert.deepEqual([...leader.status.answering], [2, 3, 4]);
  cluster.isolate(2).propose('b').pass(6);
  assert.deepEqual(leader.status.successors, [3, 2], 'the one with more of the log comes first');
  cluster.pass(60);
  assert.deepEqual([...leader.status.answering], [3, 4]);
  assert.deepEqual(leader.status.successors, [3]);
  assert.deepEqual([...cluster.at(3).status.answering], []);
});
