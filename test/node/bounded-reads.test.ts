/** How old the answer to a bounded read is, on a member that follows and asks its leader now and then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../src/raft/index.ts';
import { append, type HostStory, host } from './host-fixture.ts';

const bytes = (content: string): Uint8Array => Buffer.from(content);
const text = (data: Uint8Array): string => Buffer.from(data).toString();

function follower(): HostStory {
  return host([1, 2]);
}

function receive(story: HostStory, message: Message): void {
  assert.ok(story.host.step({ kind: 'receive', message }).accepted);
}

test('a bounded read is answered at once while the last linearizable one was asked recently enough, and makes sure where not', async () => {
  const story = follower();
  receive(story, append(0, ['a'], 1));
  story.settle();
  const readRequests = () =>
    story.asked.flatMap((one) =>
      one.kind === 'send' && one.message.kind === 'read-request' ? [one.message] : [],
    );
  const first = story.host.readBounded(bytes(''), 1_000);
  story.settle();
  story.clock.advance(300);
  const [request] = readRequests();
  assert.ok(request !== undefined);
  const { context } = request;
  receive(story, append(1, ['b'], 2));
  receive(story, { kind: 'read-reply', group: 0, from: 2, to: 1, term: 1, context, index: 2 });
  story.settle();
  // Old by as much as it took, however new the leader's word may be.
  assert.deepEqual({ ...(await first), answer: '' }, { staleMs: 300, answer: '' });

  story.clock.advance(700);
  const { staleMs, answer } = await story.host.readBounded(bytes(''), 1_000);
  assert.deepEqual([staleMs, text(answer), readRequests().length], [1_000, 'b', 1]);
  story.clock.advance(1);
  const late = story.host.readBounded(bytes(''), 1_000);
  story.settle();
  assert.equal(readRequests().length, 2);
  await story.host.close();
  await assert.rejects(late, { code: 'closed' });
});

test('a bounded read that was answered is as old as its own question, though the state is newer when that is told', async () => {
  const story = follower();
  receive(story, append(0, ['a'], 1));
  story.settle();
  const requests = () =>
    story.asked.flatMap((one) =>
      one.kind === 'send' && one.message.kind === 'read-request' ? [one.message] : [],
    );
  const reply = (place: number, index: number): void => {
    const { context } = requests()[place] ?? assert.fail('no request');
    receive(story, { kind: 'read-reply', group: 0, from: 2, to: 1, term: 1, context, index });
    story.settle();
  };
  const first = story.host.readBounded(bytes(''), 1_000);
  story.settle();
  story.clock.advance(300);
  const second = story.host.read(bytes(''));
  story.settle();
  // Both in one turn, in which 'b' comes as well; it was acknowledged before the second question.
  reply(0, 1);
  receive(story, append(1, ['b'], 2));
  reply(1, 2);
  const { staleMs, answer } = await first;
  assert.deepEqual([text(answer), staleMs], ['a', 300]);
  assert.equal(text(await second), 'b');
});
