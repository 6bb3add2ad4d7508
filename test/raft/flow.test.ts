import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../src/raft/index.ts';
import { Cluster } from './cluster.ts';
import { acceptedLetter, pulseLetter, voteReplyLetter } from './letters.ts';
import { Member, type TestOptions } from './member.ts';

type Append = Extract<Message, { kind: 'append' }>;

/** What an entry counts beyond its data. */
const overhead = 64;

function leaderOfThree(options: TestOptions): Member {
  const leader = new Member({ id: 1, voters: [1, 2, 3], options: { priority: 0, ...options } });
  leader.step({ kind: 'campaign' });
  leader.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true, { preVote: true }));
  leader.finishDisk();
  leader.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true));
  leader.finishDisk();
  for (const from of [2, 3]) leader.receive(acceptedLetter({ from, to: 1, term: 1 }, 1));
  leader.takeSent();
  return leader;
}

function appendsTo(leader: Member, to: number): Append[] {
  return leader
    .takeSent()
    .filter((message): message is Append => message.kind === 'append' && message.to === to);
}

test('messages on the way to a follower are bounded in number (§10.2.2)', () => {
  const leader = leaderOfThree({ inflightMessagesMax: 3 });
  for (let turn = 0; turn < 10; turn += 1) leader.propose('x');
  const sent = appendsTo(leader, 2);
  assert.deepEqual(
    sent.map(({ entries }) => entries.length),
    [1, 1, 1],
  );
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 2));
  const [next, ...more] = appendsTo(leader, 2).filter(({ entries }) => entries.length > 0);
  assert.equal(next?.entries.length, 7, 'what waited goes as one');
  assert.equal(more.length, 0);
});

test('messages on the way to a follower are bounded in bytes', () => {
  const leader = leaderOfThree({ inflightBytesMax: 3 * (100 + overhead) });
  for (let turn = 0; turn < 10; turn += 1) leader.propose('x'.repeat(100));
  assert.equal(appendsTo(leader, 2).length, 3);
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 3));
  const [next] = appendsTo(leader, 2).filter(({ entries }) => entries.length > 0);
  assert.equal(next?.entries.length, 7);
});

test('one slow follower does not slow the other', () => {
  const leader = leaderOfThree({ inflightMessagesMax: 2 });
  for (let index = 2; index < 12; index += 1) {
    leader.propose('x');
    leader.finishDisk();
    leader.receive(acceptedLetter({ from: 3, to: 1, term: 1 }, index));
  }
  assert.equal(leader.status.commit, 11);
  const sent = leader.takeSent().filter((message): message is Append => message.kind === 'append');
  assert.equal(sent.filter(({ to, entries }) => to === 2 && entries.length > 0).length, 2);
});

test('an append message holds at most its bytes, and a larger entry goes alone', () => {
  const leader = leaderOfThree({ appendBytesMax: 2 * (10 + overhead) });
  leader.propose('a'.repeat(10), 'b'.repeat(10), 'c'.repeat(10), 'd'.repeat(500), 'e'.repeat(10));
  assert.deepEqual(
    appendsTo(leader, 2).map(({ entries }) => entries.length),
    [2, 1, 1, 1],
  );
});

test('a probe is one message, and what follows waits for its answer', () => {
  const leader = leaderOfThree({});
  leader.step({ kind: 'unreachable', member: 2 });
  leader.propose('a');
  leader.propose('b');
  assert.deepEqual(
    appendsTo(leader, 2).map(({ entries }) => entries.length),
    [0],
  );
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 1));
  assert.deepEqual(
    appendsTo(leader, 2).map(({ entries }) => entries.length),
    [2],
  );
});

test('a probe that was lost is sent again with the next sign of life, and not before', () => {
  const leader = leaderOfThree({});
  leader.step({ kind: 'unreachable', member: 2 });
  leader.propose('a');
  assert.equal(appendsTo(leader, 2).length, 1);
  leader.tick(5);
  leader.propose('b');
  assert.deepEqual(appendsTo(leader, 2), []);
  leader.receive(pulseLetter({ from: 2, to: 1, term: 1 }, 1));
  assert.deepEqual(
    appendsTo(leader, 2).map(({ entries }) => entries.length),
    [2],
  );
});

test('a full window whose messages were all lost does not stop replication', () => {
  const cluster = new Cluster({ voters: [1, 2, 3], options: { inflightMessagesMax: 4 } });
  const leader = cluster.elect(1);
  cluster.pass(4);
  const lost = cluster.hold(({ kind, to }) => kind === 'append' && to === 2);
  for (let turn = 0; turn < 20; turn += 1) cluster.propose(`${turn}`);
  lost.drop();
  cluster.pass(8);
  assert.equal(cluster.at(2).commands.length, 20);
  assert.equal(leader.status.matches.get(2), leader.status.last);
});

test('the last message before silence was lost: the next heartbeat shows the gap', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.pass(4);
  const lost = cluster.hold(({ kind, to }) => kind === 'append' && to === 2);
  cluster.propose('x');
  lost.drop();
  cluster.pass(8);
  assert.deepEqual(cluster.at(2).commands, ['x']);
});

test('a gap in the middle is filled from where the logs are known to agree', () => {
  const cluster = new Cluster({ voters: [1, 2, 3] });
  cluster.elect(1);
  cluster.pass(4);
  const lost = cluster.hold(({ kind, to }) => kind === 'append' && to === 2);
  cluster.propose('lost');
  lost.drop();
  cluster.propose('arrives');
  cluster.pass(2);
  assert.deepEqual(cluster.at(2).commands, ['lost', 'arrives']);
});

test('uncommitted bytes are bounded; beyond, proposals are refused and may be tried again', () => {
  const leader = leaderOfThree({ uncommittedBytesMax: 4 * (10 + overhead) });
  for (let turn = 0; turn < 3; turn += 1) assert(leader.propose('x'.repeat(10)).accepted);
  const before = leader.status.last;
  const refused = leader.propose('x'.repeat(200));
  assert(!refused.accepted && refused.error.code === 'group-busy' && refused.error.retryable);
  assert.equal(refused.error.outcome, 'not-applied');
  assert.equal(leader.status.last, before);
  leader.finishDisk();
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, before));
  assert(leader.propose('x'.repeat(200)).accepted, 'what is committed no longer counts');
});

test('a batch larger than the bound is taken by an idle leader, since it would never fit', () => {
  const leader = leaderOfThree({ uncommittedBytesMax: 100 });
  assert(leader.propose('x'.repeat(500)).accepted);
  assert(!leader.propose('y').accepted);
  leader.finishDisk();
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 2));
  assert(leader.propose('y').accepted);
});

test('the bound on uncommitted bytes comes free again, however often it was reached', () => {
  const leader = leaderOfThree({ uncommittedBytesMax: 1000 });
  for (let round = 0; round < 50; round += 1) {
    let taken = 0;
    while (leader.propose('x'.repeat(40)).accepted) taken += 1;
    assert.equal(taken, 10, `round ${round}`);
    leader.finishDisk();
    leader.receive(acceptedLetter({ from: 3, to: 1, term: 1 }, leader.status.last));
  }
});

test('a command above its limit is refused for good, and with it its whole batch', () => {
  const leader = leaderOfThree({ commandBytesMax: 10 });
  const before = leader.status.last;
  const refused = leader.propose('fits', 'x'.repeat(11));
  assert(!refused.accepted && refused.error.code === 'command-too-large' && !refused.error.retryable);
  assert.equal(leader.status.last, before);
  assert(leader.propose('x'.repeat(10)).accepted);
});

test('a proposal without commands is refused, since it would name an entry of somebody else', () => {
  const leader = leaderOfThree({});
  const refused = leader.propose();
  assert(!refused.accepted && refused.error.code === 'invalid-option');
});

test('entries are handed out for apply in pieces', () => {
  const member = leaderOfThree({ applyBytesMax: 2 * (10 + overhead) });
  member.propose(...Array.from({ length: 7 }, () => 'x'.repeat(10)));
  member.finishDisk();
  member.gather({ kind: 'receive', message: acceptedLetter({ from: 2, to: 1, term: 1 }, 8) });
  const pieces: number[] = [];
  for (let output = member.core.output(); output !== undefined; output = member.core.output()) {
    if (output.apply.length > 0) pieces.push(output.apply.length);
  }
  assert.deepEqual(pieces, [2, 2, 2, 1]);
});
