/** One member that asks for a lease: when, on whose behalf, for how long it goes on by it, and when it lets it go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PartitionGuardOptions } from '../../../src/gossip/verdict/index.ts';
import { Story } from './story.ts';

const lease: Partial<PartitionGuardOptions> = { strategy: { kind: 'lease-majority', lease: 'orders' } };

test('a majority asks for the lease at once, and goes on when it is given', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  assert.deepEqual(story.asked, [{ number: 1, lease: 'orders', owner: 'a,b,c', forMs: 50_000 }]);
  assert.deepEqual(story.told, ['deciding full']);
  story.answer(true);
  assert.deepEqual(story.told, ['deciding full', 'up full majority']);
  story.sees('abcde');
  story.pass(10);
  assert.deepEqual(story.told.slice(2), ['healing full', 'whole full']);
  assert.deepEqual(story.released, ['a,b,c']);
});

test('a minority waits before it asks, and asks again when it was refused', () => {
  const story = new Story(lease);
  story.sees('ab');
  story.pass(11.9);
  assert.deepEqual(story.asked, []);
  story.pass(0.1);
  assert.equal(story.asked.length, 1);
  story.answer(false);
  assert.deepEqual(story.told, ['deciding full', 'degraded read-only lease-refused']);
  story.pass(12);
  assert.equal(story.asked.length, 2);
  assert.equal(story.guard.access, 'read-only', 'to ask is not to have it');
  story.answer(true);
  assert.deepEqual(story.told.slice(2), ['healing read-only', 'up full minority']);
});

test('no answer is a refusal, and one that comes late moves nothing but is kept in mind', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(20);
  assert.deepEqual(story.told, ['deciding full', 'degraded read-only lease-refused']);
  story.answer(true);
  assert.equal(story.guard.access, 'read-only');
  story.pass(10);
  assert.deepEqual(story.asked.at(-1), { ...story.asked[0], number: 2, previous: 'a,b,c' });
  story.answer(true);
  assert.equal(story.guard.access, 'full');
});

test('a side that goes on by a lease and loses more of itself exchanges the lease for another', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  story.answer(true);
  story.sees('ab');
  story.pass(12);
  assert.deepEqual(story.asked.at(-1), {
    ...story.asked[0],
    number: 3,
    owner: 'a,b',
    previous: 'a,b,c',
  });
  story.answer(false);
  assert.equal(story.guard.access, 'read-only');
  assert.deepEqual(story.released, [], 'the others of the side may go on by it');
});

test('a side that goes on by a lease asks for it again and again, and gives way at once when it is refused', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  for (let number = 1; number <= 20; number += 1) {
    assert.deepEqual([story.asked.length, story.asked.at(-1)?.owner], [number, 'a,b,c']);
    story.answer(true);
    story.pass(10);
  }
  assert.deepEqual(story.told, ['deciding full', 'up full majority'], 'nobody hears of it');
  story.answer(false);
  assert.deepEqual(story.told.slice(2), ['degraded read-only lease-refused']);
  story.pass(10);
  story.answer(true);
  assert.deepEqual(story.told.slice(3), ['healing read-only', 'up full majority']);
});

test('a lease that is not given again is over when its time is, counted from when it was asked for', () => {
  for (const answer of ['unknown', 'none'] as const) {
    const story = new Story(lease);
    story.sees('abc');
    story.pass(10);
    story.pass(5);
    story.answer(true);
    for (let left = 4; left > 0; left -= 1) {
      story.pass(10);
      if (answer === 'unknown') story.answer(answer);
    }
    story.pass(4.999);
    assert.deepEqual([story.guard.access, story.asked.length], ['full', 5], answer);
    story.pass(0.001);
    assert.deepEqual(story.told.at(-1), 'degraded read-only lease-refused', answer);
    story.pass(10);
    story.answer(true);
    assert.deepEqual(story.told.at(-1), 'up full majority', answer);
  }
});

test('a lease does not last longer because its side is judged anew, and a refusal ends it then as well', () => {
  const shorter = { strategy: { kind: 'lease-majority', askEvery: '4s', leaseTime: '9s' } } as const;
  const story = new Story(shorter);
  story.sees('abcd');
  story.pass(10);
  story.answer(true);
  story.sees('abc');
  story.pass(8.999);
  assert.equal(story.guard.access, 'full');
  story.pass(0.001);
  assert.deepEqual(story.told.slice(2), ['deciding full', 'degraded read-only lease-refused']);

  const other = new Story(shorter);
  other.sees('abcd');
  other.pass(10);
  other.answer(true);
  other.pass(4);
  other.sees('abc');
  other.answer(false, other.asked[0]);
  assert.equal(other.guard.access, 'full', 'that was before it was given');
  other.answer(false);
  assert.deepEqual(other.told.slice(2), ['deciding full', 'degraded read-only lease-refused']);
});

test('an answer to a question about another view changes nothing', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  story.sees('ab');
  story.answer(true);
  assert.deepEqual(story.told, ['deciding full']);
  story.pass(12);
  story.answer(false, story.asked[0]);
  assert.deepEqual(story.told, ['deciding full']);
  story.answer(true);
  assert.deepEqual(story.told, ['deciding full', 'up full minority']);
});

test('of two grants the later question counts, in whichever order the answers come', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  story.sees('ab');
  story.pass(12);
  story.answer(true);
  story.answer(true, story.asked[0]);
  story.sees('abcde');
  story.pass(10);
  assert.deepEqual(story.released, ['a,b']);
});

test('a lease that may have been given, because its answer was lost, is let go when all is whole again', () => {
  for (const lost of ['no answer', 'unknown'] as const) {
    const story = new Story(lease);
    story.sees('abc');
    story.pass(lost === 'unknown' ? 10 : 20);
    if (lost === 'unknown') story.answer('unknown');
    assert.deepEqual(story.told.at(-1), 'degraded read-only lease-refused');
    story.sees('abcde');
    story.pass(10);
    assert.equal(story.told.at(-1), 'whole full');
    assert.deepEqual(story.released, ['a,b,c'], lost);
  }
});

test('a lease that may have been given is exchanged for that of the next side, whichever of two it was', () => {
  const story = new Story(lease);
  story.sees('ab');
  story.pass(12);
  story.answer('unknown');
  story.sees('abc');
  story.pass(10);
  assert.equal(story.asked.at(-1)?.previous, 'a,b');
  story.answer('unknown');
  story.sees('abcd');
  story.pass(10);
  assert.equal(story.asked.at(-1)?.previous, 'a,b,c');
  story.answer(false);
  story.pass(10);
  assert.equal(story.asked.at(-1)?.previous, 'a,b', 'the request for the other may have been lost');
  story.answer(true);
  assert.equal(story.guard.access, 'full');
  story.sees('abcde');
  story.pass(10);
  assert.deepEqual(story.released, ['a,b,c,d']);
});

test('a grant that comes when all is whole again is let go', () => {
  const story = new Story(lease);
  story.sees('abc');
  story.pass(10);
  story.sees('abcde');
  assert.deepEqual(story.told, ['deciding full', 'whole full']);
  story.answer(true);
  assert.deepEqual(story.released, ['a,b,c']);
});
