import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure, type QuorateError } from '../../src/base/index.ts';
import { type Entry, emptyConfiguration, encodeConfiguration, type Message } from '../../src/raft/index.ts';
import { turn, until } from '../net/manual-clock.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { append, type HostStory, host, install, lead, stateOf } from './host-fixture.ts';
import { RegisterMachine } from './register-machine.ts';

const bytes = (content: string): Uint8Array => Buffer.from(content);
const text = (data: Uint8Array): string => Buffer.from(data).toString();

/** A machine that misbehaves on request. */
class Capricious extends RegisterMachine {
  applyError: Error | undefined;
  readError: Error | undefined;
  levelError: Error | undefined;
  restores = 0;

  levelNeeded(): number {
    if (this.levelError !== undefined) throw this.levelError;
    return 1;
  }

  override apply(index: number, command: Uint8Array | undefined): Uint8Array {
    if (this.applyError !== undefined) throw this.applyError;
    return super.apply(index, command);
  }

  override read(): Uint8Array {
    if (this.readError !== undefined) throw this.readError;
    return super.read();
  }

  override restore(index: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.restores += 1;
    return super.restore(index, chunks);
  }
}

function follower(machine = new Capricious()): HostStory & { readonly machine: Capricious } {
  const story = host([1, 2], machine);
  return Object.assign(story, { machine });
}

function receive(story: HostStory, message: ReturnType<typeof append>): void {
  const verdict = story.host.step({ kind: 'receive', message });
  assert.ok(verdict.accepted);
}

type Answer = Extract<Message, { kind: 'vote-reply' | 'append-accepted' | 'heartbeat-reply' }>;
type Said<T> = T extends Answer ? Omit<T, 'group' | 'from' | 'to' | 'term'> : never;

/** Member 2 answers in the leader's term. */
function memberTwoSays({ host: leader, settle }: HostStory, said: Said<Answer>): void {
  const term = leader.status.term + (said.kind === 'vote-reply' && said.preVote ? 1 : 0);
  const envelope = { group: 0, from: 2, to: 1, term };
  assert.ok(leader.step({ kind: 'receive', message: { ...said, ...envelope } }).accepted);
  settle();
}

test('proposals of one turn enter the log together, and each hears its own reply', async () => {
  const story = host([1]);
  lead(story);
  const persists = story.asked.length;
  const answers = ['a', 'b', 'c'].map((content) => story.host.propose(bytes(content)));
  story.settle();
  assert.deepEqual((await Promise.all(answers)).map(text), ['1', '2', '3']);
  const written = story.asked.slice(persists).filter(({ kind }) => kind === 'persist');
  assert.equal(written.length, 1);
  assert.equal(text(story.machine.read()), 'c');
});

test('a command that is too large is refused alone; what came in the same turn is applied', async () => {
  const story = host([1], new RegisterMachine(), { commandBytesMax: 100 });
  lead(story);
  const answers = [bytes('a'), new Uint8Array(101), bytes('b')].map((command) => story.host.propose(command));
  const settled = Promise.allSettled(answers);
  story.settle();
  const [first, second, third] = await settled;
  assert.deepEqual([first?.status, third?.status], ['fulfilled', 'fulfilled']);
  assert.equal(second?.status === 'rejected' && (second.reason as QuorateError).code, 'command-too-large');
});

test('proposals to a member that does not lead are refused, and say who does', async () => {
  const story = follower();
  receive(story, append(0, ['a'], 0));
  const answer = story.host.propose(bytes('x'));
  const refused = failsWith('not-leader', answer);
  story.settle();
  assert.equal((await refused).data.leader, 2);
});

test('a proposal whose leader steps down has an unknown outcome', async () => {
  const story = host([1, 2], new RegisterMachine());
  story.host.step({ kind: 'campaign' });
  story.settle();
  const grant = { kind: 'vote-reply', group: 0, from: 2, to: 1, term: 1, granted: true } as const;
  for (const preVote of [true, false]) {
    story.host.step({ kind: 'receive', message: { ...grant, preVote } });
    story.settle();
  }
  assert.equal(story.host.status.role, 'leader');
  const lost = failsWith('proposal-lost', story.host.propose(bytes('x')));
  story.settle();
  story.host.step({ kind: 'receive', message: { ...append(0, [], 0), term: 2 } });
  story.settle();
  const error = await lost;
  assert.equal(error.outcome, 'unknown');
  assert.match(error.message, /no longer leads: heard of term 2/);
});

test('14 · a lease is checked by the time of the read, and not of the last tick before a pause', async () => {
  const options = { leaseReads: true, electionTicksMin: 10, electionTicksMax: 20, heartbeatTicks: 1 };
  const story = host([1, 2], new RegisterMachine(), options);
  const { host: leader, clock } = story;
  leader.step({ kind: 'campaign' });
  story.settle();
  for (const preVote of [true, false]) memberTwoSays(story, { kind: 'vote-reply', preVote, granted: true });
  memberTwoSays(story, { kind: 'append-accepted', match: 1, damaged: false });
  clock.advance(10);
  leader.tick(clock.now());
  story.settle();
  const beat = story.asked.findLast((asked) => asked.kind === 'send' && asked.message.kind === 'heartbeat');
  assert.ok(beat?.kind === 'send' && beat.message.kind === 'heartbeat');
  memberTwoSays(story, { kind: 'heartbeat-reply', round: beat.message.round, damaged: false });
  let answered = 0;
  const count = (): void => {
    answered += 1;
  };
  const within = leader.read(bytes('')).then(count);
  story.settle();
  await within;
  // The process stands still for longer than the lease, and the read comes before the next tick.
  clock.advance(1000);
  const behind = leader.read(bytes('')).then(count, () => undefined);
  story.settle();
  await turn();
  assert.equal(answered, 1, 'the second read waits for a quorum');
  await leader.close();
  await behind;
});

test('a question that makes no sense harms nobody but whoever asked it', async () => {
  const machine = new Capricious();
  const story = host([1], machine);
  lead(story);
  machine.readError = new Error('no such question');
  const answer = assert.rejects(story.host.read(bytes('?')), /no such question/);
  story.settle();
  await answer;
  machine.readError = undefined;
  const next = story.host.read(bytes('?'));
  story.settle();
  await next;
  assert.deepEqual(story.failures, []);
});

test('a failed assertion in the state machine is not a matter of the question', async () => {
  const machine = new Capricious();
  const story = host([1], machine);
  lead(story);
  machine.readError = new AssertionFailure('the state is broken');
  const told = failsWith('closed', story.host.read(bytes('?')));
  assert.throws(() => story.settle(), /the state is broken/);
  await told;
});

test('who proposed in the turn in which the group breaks hears of it', async () => {
  const machine = new Capricious();
  const story = host([1], machine);
  lead(story);
  machine.levelError = new AssertionFailure('the state is broken');
  const told = [bytes('a'), bytes('b')].map((command) => failsWith('closed', story.host.propose(command)));
  assert.throws(() => story.settle(), /the state is broken/);
  for (const error of await Promise.all(told)) assert.equal(error.outcome, 'not-applied');
});

test('many large answers are spread over turns, so that the first can leave before the last is made', async () => {
  const story = host([1]);
  lead(story);
  void story.host.propose(new Uint8Array(1 << 20));
  story.settle();
  let answered = 0;
  for (let count = 0; count < 20; count += 1) {
    void story.host.read(bytes('')).then(() => {
      answered += 1;
    });
  }
  for (const expected of [4, 8, 12, 16, 20]) {
    story.settle();
    await turn();
    assert.equal(answered, expected);
    assert.equal(story.isAwake, expected < 20);
  }
});

test('a failed assertion of the core ends the node and not the process', () => {
  const story = host([1]);
  lead(story);
  const verdict = story.host.step({ kind: 'applied', index: 1e6 });
  assert.equal(verdict.accepted, false);
  assert.match(String(story.failures[0]), /only what was handed out is applied/);
});

test('24 · a snapshot takes the place of the state; what is committed behind it waits, and so do readers', async () => {
  const story = follower();
  receive(story, append(0, ['a', 'b'], 2));
  story.settle();
  assert.equal(story.machine.applied, 2);
  story.snapshots.set(100, stateOf('from afar'));
  receive(story, install(100));
  receive(story, append(100, ['behind', 'last'], 102));
  story.settle();
  assert.equal(story.host.isRestoring, true);
  assert.equal(story.machine.applied, 2);
  throwsWith('read-lost', () => story.host.readStale(bytes('')));
  await until(() => !story.host.isRestoring, 'the end of the restore');
  story.settle();
  assert.deepEqual([story.machine.applied, text(story.host.readStale(bytes('')))], [102, 'last']);
  assert.equal(story.host.status.applied, 102);
  assert.deepEqual(story.failures, []);
});

test('24 · a read that is let go while a snapshot is being restored is answered from the state after it', async () => {
  const story = follower();
  receive(story, append(0, ['a'], 1));
  story.settle();
  const answer = story.host.read(bytes(''));
  story.settle();
  const sent = story.asked.flatMap((one) => (one.kind === 'send' ? [one.message] : []));
  const request = sent.find(({ kind }) => kind === 'read-request');
  assert.ok(request?.kind === 'read-request');
  story.snapshots.set(50, stateOf('from afar'));
  receive(story, install(50));
  story.settle();
  const { context } = request;
  receive(story, { kind: 'read-reply', group: 0, from: 2, to: 1, term: 1, context, index: 1 });
  story.settle();
  assert.equal(story.host.isRestoring, true);
  await until(() => !story.host.isRestoring, 'the end of the restore');
  story.settle();
  assert.equal(text(await answer), 'from afar');
});

test('24, 25 · snapshots that come while one is being restored wait, and the last of them stands for all', async () => {
  const story = follower();
  for (const index of [100, 200, 300]) story.snapshots.set(index, stateOf(`state ${index}`));
  for (const index of [100, 200, 300]) {
    receive(story, install(index));
    receive(story, append(index, [`at ${index + 1}`], index + 1));
    story.settle();
    assert.equal(story.machine.restores, 1);
  }
  await until(() => {
    story.settle();
    return story.machine.applied === 301;
  }, 'the last snapshot and what is behind it');
  assert.equal(story.machine.restores, 2);
  assert.equal(text(story.machine.read()), 'at 301');
  assert.equal(story.host.status.applied, 301);
  assert.deepEqual(story.failures, []);
});

test('26 · a snapshot that is installed in the turn in which the log is compacted comes behind the compaction', async () => {
  const story = host([1, 2], new RegisterMachine(), { tailBytesMax: 0 });
  receive(story, append(0, ['a', 'b', 'c'], 3));
  story.settle();
  story.asked.length = 0;
  story.snapshots.set(100, stateOf('from afar'));
  story.host.beginSnapshot();
  story.host.step({ kind: 'snapshot-taken', index: 3 });
  receive(story, install(100));
  story.settle();
  const order = story.asked.flatMap((one) => {
    if (one.kind === 'compact') return [`compact to ${one.index}`];
    return one.kind === 'persist' && one.persist.snapshot !== undefined ? ['install'] : [];
  });
  assert.deepEqual(order, ['compact to 3', 'install']);
  await until(() => !story.host.isRestoring, 'the end of the restore');
});

test('a restore that fails ends the node, and so does what it had made wait', async () => {
  const missing = follower();
  receive(missing, install(100));
  missing.settle();
  await until(() => missing.failures.length > 0, 'the failure');
  assert.match(String(missing.failures[0]), /no such snapshot/);

  const story = follower();
  story.snapshots.set(100, stateOf('from afar'));
  receive(story, install(100));
  receive(story, append(100, ['behind'], 101));
  story.settle();
  story.machine.applyError = new Error('cannot apply');
  await until(() => story.failures.length > 0, 'the failure');
  assert.match(String(story.failures[0]), /cannot apply/);
});

test('a state machine that loses count is found out', async () => {
  const story = follower();
  story.machine.restore = () => Promise.resolve();
  story.snapshots.set(100, stateOf('from afar'));
  receive(story, install(100));
  story.settle();
  await until(() => story.failures.length > 0, 'the failure');
  assert.match(String(story.failures[0]), /knows what was restored into it/);
});

test('closing settles everybody: proposals, reads, and whoever comes later', async () => {
  const story = follower();
  receive(story, append(0, ['a'], 1));
  story.settle();
  const waiting = [story.host.propose(bytes('x')), story.host.read(bytes(''))];
  const told = waiting.map((promise) => failsWith('closed', promise));
  await story.host.close();
  for (const error of await Promise.all(told)) assert.equal(error.outcome, 'not-applied');
  await failsWith('closed', story.host.propose(bytes('y')));
  await failsWith('closed', story.host.read(bytes('')));
  throwsWith('closed', () => story.host.readStale(bytes('')));
  assert.equal(story.host.step({ kind: 'tick', now: 1e6 }).accepted, false);
  const asked = story.asked.length;
  story.settle();
  assert.equal(story.asked.length, asked, 'nothing leaves a group that is closed');

  const leading = host([1, 2]);
  leading.host.step({ kind: 'campaign' });
  leading.settle();
});

test('closing waits until nobody touches the state machine any more', async () => {
  const story = follower();
  story.snapshots.set(100, stateOf('from afar'));
  receive(story, install(100));
  story.settle();
  let isClosed = false;
  const closing = story.host.close().then(() => {
    isClosed = true;
  });
  await Promise.resolve();
  assert.equal(isClosed, false);
  await closing;
  assert.deepEqual(story.failures, []);
});

test('commands without a byte make a snapshot due as well', async () => {
  const story = host([1]);
  lead(story);
  for (let count = 0; count < 10; count += 1) void story.host.propose(new Uint8Array(0));
  story.settle();
  assert.ok(story.host.bytesSinceSnapshot >= 640);
  const mark = story.host.beginSnapshot();
  assert.equal(mark?.index, story.machine.applied);
  assert.equal(story.host.bytesSinceSnapshot, 0);
});

test('32 · a snapshot is named after what it holds, and not after what is committed already', () => {
  const story = follower();
  receive(story, append(0, ['a'], 1));
  story.settle();
  receive(story, append(1, ['b'], 2));
  story.host.drain();
  assert.deepEqual([story.host.status.commit, story.machine.applied], [2, 1], 'the disk has not answered');
  assert.equal(story.host.beginSnapshot()?.index, 1);
});

test('who joined an empty log takes no snapshot before it has heard who belongs to the group', () => {
  const story = host([]);
  receive(story, append(0, ['a'], 1));
  story.settle();
  assert.equal(story.machine.applied, 1);
  assert.equal(story.host.beginSnapshot(), undefined);
  const data = encodeConfiguration({ ...emptyConfiguration, voters: [2], learners: [1] });
  const entries: Entry[] = [{ index: 2, term: 1, kind: 'configuration', data }];
  receive(story, { ...append(1, [], 2), entries } as Message);
  story.settle();
  const mark = story.host.beginSnapshot();
  assert.deepEqual([mark?.index, mark?.configuration.voters], [2, [2]]);
});

test('no snapshot is begun of a state that is about to be replaced', async () => {
  const story = follower();
  receive(story, append(0, ['a', 'b'], 2));
  story.settle();
  story.snapshots.set(100, stateOf('from afar'));
  receive(story, install(100));
  story.host.drain();
  assert.equal(story.host.beginSnapshot(), undefined, 'the log is replaced, the disk does not know yet');
  story.settle();
  assert.equal(story.host.beginSnapshot(), undefined, 'the state is being replaced');
  await until(() => !story.host.isRestoring, 'the end of the restore');
  assert.equal(story.host.beginSnapshot()?.index, 100);
});
