import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../src/raft/index.ts';
import { acceptedLetter, readRequestLetter, voteReplyLetter } from './letters.ts';
import { Member, type TestOptions } from './member.ts';

type Append = Extract<Message, { kind: 'append' }>;

/** Member 1 leads term 1 with an empty entry at index 1, which all have and know to be committed. */
function leaderOfThree(options: TestOptions = {}): Member {
  const leader = new Member({ id: 1, voters: [1, 2, 3], options: { lazyCommit: true, ...options } });
  leader.step({ kind: 'campaign' });
  leader.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true, { preVote: true }));
  leader.finishDisk();
  leader.receive(voteReplyLetter({ from: 2, to: 1, term: 1 }, true));
  leader.finishDisk();
  for (const from of [2, 3]) leader.receive(acceptedLetter({ from, to: 1, term: 1 }, 1));
  leader.step({ kind: 'tell-commit', index: 1 });
  leader.takeSent();
  return leader;
}

/** Everybody has everything up to `index`. */
function replicated(leader: Member, index: number): void {
  leader.finishDisk();
  for (const from of [2, 3]) leader.receive(acceptedLetter({ from, to: 1, term: 1 }, index));
  assert.equal(leader.status.commit, index);
}

function appends(leader: Member): Append[] {
  return leader.takeSent().filter((message): message is Append => message.kind === 'append');
}

function told(leader: Member): string[] {
  return appends(leader).map(({ to, entries, commit }) => `${to}: ${entries.length} entries, ${commit}`);
}

test('the commit index waits for the next entries and goes with them', () => {
  const leader = leaderOfThree();
  leader.propose('a');
  leader.takeSent();
  replicated(leader, 2);
  assert.deepEqual(told(leader), []);
  assert.ok(leader.core.view.owesCommit);
  leader.propose('b');
  assert.deepEqual(told(leader), ['2: 1 entries, 2', '3: 1 entries, 2']);
  assert.ok(!leader.core.view.owesCommit, 'its answers will bring the next word');
});

test('the host has whoever was sent nothing told, and nobody twice', () => {
  const leader = leaderOfThree();
  leader.propose('a');
  leader.takeSent();
  replicated(leader, 2);
  leader.step({ kind: 'tell-commit', index: 2 });
  assert.deepEqual(told(leader), ['2: 0 entries, 2', '3: 0 entries, 2']);
  assert.ok(!leader.core.view.owesCommit);
  leader.step({ kind: 'tell-commit', index: 2 });
  leader.tick(2);
  assert.deepEqual(told(leader), []);
});

test('a word of the host that is late does not hasten what was committed since', () => {
  const leader = leaderOfThree();
  leader.propose('a');
  replicated(leader, 2);
  leader.propose('b');
  leader.takeSent();
  replicated(leader, 3);
  leader.step({ kind: 'tell-commit', index: 2 });
  assert.deepEqual(told(leader), []);
});

test('without a word of the host the second tick tells', () => {
  const leader = leaderOfThree({ heartbeatTicks: 7 });
  leader.propose('a');
  leader.takeSent();
  replicated(leader, 2);
  leader.tick();
  assert.deepEqual(told(leader), []);
  leader.tick();
  assert.deepEqual(told(leader), ['2: 0 entries, 2', '3: 0 entries, 2']);
});

test('whoever is behind is told of no more than it has', () => {
  const leader = leaderOfThree();
  leader.propose('a');
  leader.finishDisk();
  leader.takeSent();
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 2));
  leader.step({ kind: 'tell-commit', index: 2 });
  assert.deepEqual(told(leader), ['2: 0 entries, 2']);
  leader.receive(acceptedLetter({ from: 3, to: 1, term: 1 }, 2));
  assert.deepEqual(told(leader), ['3: 0 entries, 2']);
});

test('a member that asks for a read hears of what it has to see', () => {
  const leader = new Member({ id: 1, voters: [1], learners: [2], options: { lazyCommit: true } });
  leader.tick(60);
  leader.finishDisk();
  leader.finishDisk();
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 1));
  leader.propose('a');
  leader.finishDisk();
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 2));
  leader.takeSent();
  leader.receive(readRequestLetter({ from: 2, to: 1, term: 1 }, 7));
  const sent = leader.takeSent();
  const reply = sent.find(({ kind }) => kind === 'read-reply');
  assert.ok(reply?.kind === 'read-reply' && reply.index === 2);
  const append = sent.find(({ kind }) => kind === 'append');
  assert.ok(append?.kind === 'append' && append.commit === 2);
});

test('a change of members is told at once: who goes waits for it', () => {
  const leader = leaderOfThree();
  const verdict = leader.step({ kind: 'change', changes: [{ kind: 'remove', member: 3 }] });
  assert.ok(verdict.accepted);
  leader.takeSent();
  leader.finishDisk();
  for (const from of [2, 3]) leader.receive(acceptedLetter({ from, to: 1, term: 1 }, leader.status.last));
  const heard = new Set(appends(leader).map(({ to }) => to));
  assert.deepEqual([...heard].sort(), [2, 3]);
});

test('without the option everybody is told at once', () => {
  const leader = leaderOfThree({ lazyCommit: false });
  leader.propose('a');
  leader.takeSent();
  leader.finishDisk();
  leader.receive(acceptedLetter({ from: 2, to: 1, term: 1 }, 2));
  assert.deepEqual(told(leader), ['2: 0 entries, 2']);
  assert.ok(!leader.core.view.owesCommit);
});
