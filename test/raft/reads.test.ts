import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from './cluster.ts';
import { pulseLetter, readReplyLetter } from './letters.ts';

const abc = { voters: [1, 2, 3] } as const;

test('12 · a new leader answers no read before it has committed in its own term (§6.4)', () => {
  // 1. Leader 1 commits an entry; member 2 holds it and has not heard that it is committed.
  const cluster = new Cluster(abc);
  cluster.elect(1);
  const news = cluster.hold(({ kind, to }) => kind === 'append' && to === 2);
  cluster.at(1).propose('x');
  cluster.settle();
  const [first] = news.drop();
  assert(first?.kind === 'append');
  assert.deepEqual(cluster.at(1).commands, ['x']);
  cluster.crash(1).send(first).settle();
  assert.deepEqual(cluster.at(2).commands, []);
  // 2. It takes over; its first entry does not get through yet. 3. A read comes.
  const own = cluster.hold((message) => message.kind === 'append' && message.from === 2);
  const next = cluster.elect(2);
  next.read(1);
  cluster.pass(4);
  assert.equal(next.reads.has(1), false);
  own.release();
  cluster.pass(4);
  assert.equal(next.reads.get(1), 3, 'it sees the empty entry, and x before it');
  assert.deepEqual(next.commands, ['x']);
});

test('a read is confirmed by a round that began after it, not by one that was under way (§6.4)', () => {
  const cluster = new Cluster(abc);
  const leader = cluster.elect(1);
  cluster.pass(4);
  const answers = cluster.hold(({ kind }) => kind === 'heartbeat-reply');
  cluster.pass(3);
  assert(answers.held.length > 0);
  leader.read(1);
  // The answers to the earlier round arrive now; those to the read's own round never do.
  answers.release();
  const own = cluster.hold(({ kind }) => kind === 'heartbeat');
  cluster.settle();
  assert.equal(leader.reads.has(1), false);
  own.release();
  cluster.settle();
  assert.equal(leader.reads.get(1), leader.applied);
});

test('one round confirms all reads that came before it (§6.4)', () => {
  const cluster = new Cluster(abc);
  const leader = cluster.elect(1);
  cluster.pass(4);
  leader.gather(
    ...[1, 2, 3, 4].map((id) => ({ kind: 'read', id, mode: 'quorum', now: leader.now }) as const),
  );
  leader.collect();
  assert.equal(leader.sent.filter(({ kind }) => kind === 'heartbeat').length, 2);
  cluster.settle();
  assert.deepEqual([...leader.reads.keys()], [1, 2, 3, 4]);
});

test('a deposed leader that does not know it answers no read', () => {
  const cluster = new Cluster(abc);
  const old = cluster.elect(1);
  cluster.pass(4).isolate(1);
  cluster.elect(2);
  cluster.propose('newer');
  old.read(1);
  cluster.pass(15);
  assert.equal(old.reads.has(1), false);
  cluster.mend().pass(10);
  assert.equal(old.reads.get(1), 'failed');
});

test('a quorum means a majority: one answer of four does not confirm a read in a group of five', () => {
  const cluster = new Cluster({ voters: [1, 2, 3, 4, 5] });
  const leader = cluster.elect(1);
  cluster.pass(4).split([1, 2], [3, 4, 5]);
  leader.read(1);
  cluster.pass(2);
  assert.equal(leader.reads.has(1), false);
  cluster.mend().split([1, 2, 3], [4, 5]).pass(4);
  assert.equal(leader.reads.get(1), leader.applied);
});

test('a learner does not confirm a read', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], learners: [4, 5] });
  const leader = cluster.elect(1);
  cluster.pass(4).split([1, 4, 5], [2, 3]);
  leader.read(1);
  cluster.pass(4);
  assert.equal(leader.reads.has(1), false);
});

test('a leader that is its own quorum answers at once', () => {
  const cluster = new Cluster({ voters: [1], learners: [2] });
  cluster.pass(2);
  cluster.at(1).read(1);
  assert.equal(cluster.at(1).reads.get(1), 1);
});

test('a read waits until the state machine holds what it must see (§6.4)', () => {
  const cluster = new Cluster({ ...abc, slowMachine: true });
  const leader = cluster.elect(1);
  cluster.propose('x').propose('y');
  assert.equal(leader.applied, 0);
  leader.read(1);
  cluster.settle();
  assert.equal(leader.reads.has(1), false);
  leader.finishWork(2);
  assert.equal(leader.reads.has(1), false);
  leader.finishWork();
  assert.equal(leader.reads.get(1), 3);
});

test('a follower asks the leader once for all reads of a turn, and serves them itself (§6.4)', () => {
  const cluster = new Cluster(abc);
  cluster.elect(1);
  cluster.propose('x').pass(4);
  const follower = cluster.at(2);
  follower.gather(
    ...[1, 2, 3].map((id) => ({ kind: 'read', id, mode: 'quorum', now: follower.now }) as const),
  );
  follower.collect();
  assert.deepEqual(
    follower.sent.map(({ kind }) => kind),
    ['read-request'],
  );
  cluster.settle();
  assert.deepEqual(
    [...follower.reads],
    [1, 2, 3].map((id) => [id, follower.applied]),
  );
});

test('a follower that is behind waits for what its reads must see', () => {
  const cluster = new Cluster(abc);
  cluster.elect(1);
  cluster.pass(4);
  const news = cluster.hold((message) => message.kind === 'append' && message.to === 3);
  cluster.propose('x');
  const follower = cluster.at(3);
  follower.read(1);
  cluster.settle();
  assert.equal(follower.reads.has(1), false);
  news.release();
  cluster.settle();
  assert.equal(follower.reads.get(1), 2);
  assert.deepEqual(follower.commands, ['x']);
});

test('a read on a follower whose leader does not answer fails in time, and is not asked again', () => {
  const cluster = new Cluster(abc);
  cluster.elect(1);
  cluster.pass(4);
  const questions = cluster.hold(({ kind }) => kind === 'read-request');
  cluster.at(2).read(1);
  cluster.pass(19);
  assert.equal(cluster.at(2).reads.has(1), false);
  cluster.pass(1);
  assert.equal(cluster.at(2).reads.get(1), 'failed');
  assert.equal(questions.held.length, 1);
});

test('a read on a follower that its log leaves behind fails in time, though its index is known', () => {
  // It was removed, or is cut off for good: what the read must see will never come.
  const cluster = new Cluster(abc);
  cluster.elect(1);
  cluster.pass(4);
  cluster.hold(({ kind, to }) => (kind === 'append' || kind === 'heartbeat') && to === 3);
  cluster.propose('x');
  const follower = cluster.at(3);
  follower.read(1);
  cluster.settle().pass(19, [3]);
  assert.equal(follower.reads.has(1), false);
  follower.tick();
  assert.equal(follower.reads.get(1), 'failed');
});

test('a read that only the state machine keeps waiting does not fail', () => {
  const cluster = new Cluster({ ...abc, slowMachine: true });
  cluster.elect(1);
  cluster.propose('x').pass(4);
  const follower = cluster.at(3);
  follower.read(1);
  cluster.settle().pass(200);
  assert.equal(follower.reads.has(1), false);
  follower.finishWork();
  assert.equal(follower.reads.get(1), 2);
});

test('13 · an answer that comes after its question was given up answers no other question', () => {
  // 1. A read is asked; the answer is late. 2. It fails. 3. More is committed; a new read is asked.
  const cluster = new Cluster(abc);
  cluster.elect(1);
  cluster.pass(4);
  const follower = cluster.at(2);
  const answers = cluster.hold(({ kind }) => kind === 'read-reply');
  follower.read(1);
  cluster.pass(20);
  assert.equal(follower.reads.get(1), 'failed');
  const [late] = answers.drop();
  assert(late?.kind === 'read-reply');
  cluster.propose('x');
  const questions = cluster.hold(({ kind }) => kind === 'read-request');
  follower.read(2);
  cluster.settle();
  const [question] = questions.held;
  assert(question?.kind === 'read-request');
  assert.notEqual(question.context, late.context);
  // 4. The late answer arrives, with an index that does not hold x.
  follower.receive(late);
  assert.equal(follower.reads.has(2), false);
  questions.release();
  cluster.settle();
  assert.equal(follower.reads.get(2), 2);
});

test('13 · a restarted follower does not take an answer to its former life for its own', () => {
  const cluster = new Cluster(abc);
  cluster.elect(1);
  cluster.pass(4);
  const questions = cluster.hold(({ kind }) => kind === 'read-request');
  const follower = cluster.at(2);
  follower.read(1);
  cluster.settle();
  cluster.crash(2).restart(2).pass(4);
  follower.read(2);
  cluster.settle();
  const [before, after] = questions.held;
  assert(before?.kind === 'read-request' && after?.kind === 'read-request');
  assert.notEqual(before.context, after.context);
  follower.receive(readReplyLetter({ from: 1, to: 2, term: 1 }, before.context, 1));
  assert.equal(follower.reads.has(2), false);
});

test('an answer that comes twice answers once', () => {
  const cluster = new Cluster(abc);
  cluster.elect(1);
  cluster.pass(4);
  const answers = cluster.hold(({ kind }) => kind === 'read-reply');
  cluster.at(2).read(1);
  cluster.settle();
  const [answer] = answers.drop();
  assert(answer !== undefined);
  cluster.send(answer, answer).settle();
  assert.equal(cluster.at(2).reads.size, 1);
});

test('reads that wait fail when leadership ends, on the leader as on those who asked it', () => {
  const cluster = new Cluster(abc);
  const leader = cluster.elect(1);
  cluster.pass(4);
  cluster.hold(({ kind }) => kind === 'heartbeat-reply');
  leader.read(1);
  cluster.at(2).read(1);
  cluster.settle();
  assert.equal(leader.reads.size + cluster.at(2).reads.size, 0);
  for (const id of [1, 2]) cluster.at(id).receive(pulseLetter({ from: 3, to: id, term: 7 }, 0));
  assert.equal(leader.reads.get(1), 'failed');
  assert.equal(cluster.at(2).reads.get(1), 'failed');
});

test('reads that came too early fail too when the leader loses office before it commits', () => {
  const cluster = new Cluster(abc);
  cluster.hold(({ kind }) => kind === 'append');
  const leader = cluster.elect(1);
  leader.read(1);
  leader.receive(pulseLetter({ from: 3, to: 1, term: 7 }, 0));
  assert.equal(leader.reads.get(1), 'failed');
});

test('a read on a member that knows no leader is refused at once', () => {
  const cluster = new Cluster(abc);
  const verdict = cluster.at(1).read(1);
  assert(!verdict.accepted && verdict.error.code === 'not-leader');
  assert.equal(verdict.error.retryable, true);
});

test('waiting reads are bounded, whether they wait for a quorum, a leader or the state machine', () => {
  const rows = [
    { name: 'on the leader, for a quorum', asks: 1, silent: 'heartbeat-reply', slowMachine: false },
    { name: 'on a follower, for the leader', asks: 2, silent: 'read-reply', slowMachine: false },
    { name: 'on the leader, for the state machine', asks: 1, silent: 'none', slowMachine: true },
    { name: 'on a follower, for the state machine', asks: 2, silent: 'none', slowMachine: true },
  ] as const;
  for (const { name, asks, silent, slowMachine } of rows) {
    const cluster = new Cluster({ ...abc, slowMachine, options: { readsMax: 3 } });
    cluster.elect(1);
    cluster.propose('x').pass(4);
    cluster.hold(({ kind }) => kind === silent);
    const member = cluster.at(asks);
    for (const id of [1, 2, 3]) {
      assert(member.read(id).accepted, name);
      cluster.settle();
    }
    const refused = member.read(4);
    assert(!refused.accepted && refused.error.code === 'group-busy', name);
    assert.equal(member.reads.size, 0, name);
    member.finishWork();
    if (slowMachine) assert(member.read(5).accepted, `${name}: there is room again`);
  }
});

test('a follower’s question beyond the leader’s bound gets no answer, and fails by itself', () => {
  const cluster = new Cluster({ ...abc, options: { readsMax: 1 } });
  const leader = cluster.elect(1);
  cluster.pass(4);
  const rounds = cluster.hold(({ kind }) => kind === 'heartbeat');
  leader.read(1);
  cluster.at(2).read(1);
  cluster.settle();
  rounds.release();
  cluster.pass(25);
  assert.equal(leader.reads.get(1), leader.applied);
  assert.equal(cluster.at(2).reads.get(1), 'failed');
});

test('reads of different leaders wait for different indexes, and each is served at its own', () => {
  const cluster = new Cluster({ ...abc, slowMachine: true });
  const leader = cluster.elect(1);
  cluster.pass(4);
  const asked: number[] = [];
  for (const id of [1, 2, 3]) {
    leader.propose(`x${id}`);
    cluster.settle();
    leader.read(id);
    cluster.settle();
    asked.push(leader.status.commit);
  }
  for (const id of [1, 2, 3]) {
    leader.finishWork((asked[id - 1] as number) - leader.applied);
    assert.deepEqual([...leader.reads.keys()], [1, 2, 3].slice(0, id));
  }
});
