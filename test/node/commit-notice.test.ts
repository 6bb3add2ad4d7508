import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../src/raft/index.ts';
import { type HostStory, host } from './host-fixture.ts';
import { RegisterMachine } from './register-machine.ts';

/** Member 1 leads term 1; member 2 has, and knows of, the entry with which the term begins. */
function leading(): HostStory {
  const story = host([1, 2], new RegisterMachine(), { lazyCommit: true });
  story.host.step({ kind: 'campaign' });
  story.settle();
  const envelope = { group: 0, from: 2, to: 1 };
  for (const preVote of [true, false]) {
    const message: Message = { kind: 'vote-reply', ...envelope, term: 1, preVote, granted: true };
    story.host.step({ kind: 'receive', message });
    story.settle();
  }
  accepts(story, 1);
  story.clock.advance(3);
  story.settle();
  story.asked.length = 0;
  return story;
}

function accepts(story: HostStory, match: number): void {
  const message: Message = {
    ...{ kind: 'append-accepted', group: 0, from: 2, to: 1, term: 1 },
    ...{ match, damaged: false },
  };
  story.host.step({ kind: 'receive', message });
  story.settle();
}

function notices(story: HostStory): number {
  return story.asked.filter(
    ({ kind, ...rest }) =>
      kind === 'send' &&
      'message' in rest &&
      rest.message.kind === 'append' &&
      rest.message.entries.length === 0,
  ).length;
}

/** Proposed and committed, and the host looks again where that is asked for. */
async function commits(story: HostStory, index: number): Promise<void> {
  const answer = story.host.propose(Buffer.from('x'));
  story.settle();
  accepts(story, index);
  await answer;
  if (story.isAwake) story.settle();
}

test('behind a pause a follower hears of the last commit at once', async () => {
  const story = leading();
  story.clock.advance(1);
  await commits(story, 2);
  assert.equal(notices(story), 1);
  assert.equal(story.clock.timers, 0);
  await story.host.close();
});

test('where commits lie close together, a follower that is sent nothing more hears of the last after a moment', async () => {
  const story = leading();
  await commits(story, 2);
  story.clock.advance(2);
  story.settle();
  assert.equal(notices(story), 0);
  story.clock.advance(1);
  assert.ok(story.isAwake);
  story.settle();
  assert.equal(notices(story), 1);
  assert.equal(story.clock.timers, 0);
  await story.host.close();
});

test('only the first of several in a row is told at once', async () => {
  const story = leading();
  story.clock.advance(1);
  await commits(story, 2);
  await commits(story, 3);
  story.clock.advance(1);
  await commits(story, 4);
  assert.equal(notices(story), 1);
  for (let looks = 0; looks < 2; looks += 1) {
    // The first of them is for what the last entry has taken along.
    story.clock.advance(3);
    story.settle();
  }
  assert.equal(notices(story), 2);
  await story.host.close();
});

test('a client that waits for slow commits and goes on at once takes the word of each along', async () => {
  const story = leading();
  story.clock.advance(1);
  for (let index = 2; index <= 8; index += 1) {
    const answer = story.host.propose(Buffer.from('x'));
    story.settle();
    // The disk and the way there and back.
    story.clock.advance(5);
    accepts(story, index);
    await answer;
    if (story.isAwake) story.settle();
    story.clock.advance(1);
  }
  assert.equal(notices(story), 1, 'the first one came behind a pause');
  await story.host.close();
});

test('who goes on later than others, while theirs are under way, costs no word either', async () => {
  const story = leading();
  story.clock.advance(1);
  await commits(story, 2);
  for (let index = 4; index <= 10; index += 2) {
    const first = story.host.propose(Buffer.from('x'));
    story.settle();
    story.clock.advance(5);
    const second = story.host.propose(Buffer.from('y'));
    story.settle();
    accepts(story, index);
    await Promise.all([first, second]);
    if (story.isAwake) story.settle();
    story.clock.advance(1);
  }
  assert.equal(notices(story), 1);
  await story.host.close();
});

test('what follows within the moment takes the word along', async () => {
  const story = leading();
  const first = story.host.propose(Buffer.from('x'));
  story.settle();
  accepts(story, 2);
  await first;
  const second = story.host.propose(Buffer.from('y'));
  story.settle();
  story.clock.advance(3);
  story.settle();
  assert.equal(notices(story), 0);
  accepts(story, 3);
  await second;
  await story.host.close();
});

test('a group that ends leaves no timer behind', async () => {
  const story = leading();
  const answer = story.host.propose(Buffer.from('x'));
  story.settle();
  accepts(story, 2);
  await answer;
  assert.equal(story.clock.timers, 1);
  await story.host.close();
  assert.equal(story.clock.timers, 0);
});

test('a member without followers owes nobody a word', async () => {
  const story = host([1], new RegisterMachine(), { lazyCommit: true });
  story.host.step({ kind: 'campaign' });
  story.settle();
  const answer = story.host.propose(Buffer.from('x'));
  story.settle();
  await answer;
  assert.equal(story.clock.timers, 0);
  await story.host.close();
});
