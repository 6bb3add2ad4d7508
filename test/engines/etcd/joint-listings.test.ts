/** A listing goes with the append that was asked for in the same turn, and tells for ever who was first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RangeAnswer } from '../../../src/engines/etcd/answers.ts';
import { JointListings } from '../../../src/engines/etcd/joint-listings.ts';
import { Layout } from '../../../src/engines/etcd/layout.ts';

const layout = new Layout('quorate/');
const line = { directory: 'locks/a', key: 'locks/a/lock-abcdefgh' };
const range = { ...layout.directory('locks/a'), limit: 1 };

function answerOf(count: number, ...keys: readonly string[]): RangeAnswer {
  const items = keys.map((key) => ({ key, created: 7, modified: 7, value: new Uint8Array(0), lease: '' }));
  return { header: { cluster: '4d', revision: 9 }, items, count };
}

test('a listing of the same turn goes along, one of another directory or of a later turn does not', async () => {
  const listings = new JointListings(layout);
  const gathering = listings.gather(line);
  const joint = listings.join('locks/a', range);
  assert.equal(listings.join('locks/b', range), undefined);
  assert.equal(listings.join('locks/a', range), undefined, 'one is enough');
  const listing = await gathering;
  assert.equal(listing.range, range);
  assert.equal(listings.join('locks/a', range), undefined);
  const answer = answerOf(1, 'quorate/locks/a/lock-abcdefgh');
  listing.answered(answer, 9);
  assert.equal(await joint, answer);
});

test('a listing whose append failed hears of it', async () => {
  const listings = new JointListings(layout);
  const gathering = listings.gather(line);
  const joint = listings.join('locks/a', range);
  (await gathering).answered(undefined, undefined);
  await assert.rejects(Promise.resolve(joint), /has failed/);
});

const firsts: readonly { readonly name: string; readonly answer: RangeAnswer; readonly isFirst: boolean }[] =
  [
    { name: 'alone when it was made', answer: answerOf(1), isFirst: true },
    { name: 'one of two when it was made', answer: answerOf(2), isFirst: false },
    { name: 'the oldest there', answer: answerOf(2, 'quorate/locks/a/lock-abcdefgh'), isFirst: true },
    { name: 'not the oldest there', answer: answerOf(2, 'quorate/locks/a/5a4f'), isFirst: false },
  ];

for (const { name, answer, isFirst } of firsts)
  test(`of an item that was ${name} it is ${isFirst ? '' : 'not '}known that nothing is before it`, async () => {
    const listings = new JointListings(layout);
    const listing = await listings.gather(line);
    listing.answered(answer, 9);
    assert.equal(listings.isFirst({ key: line.key, created: 9 }), isFirst);
    assert.equal(listings.isFirst({ key: line.key, created: 10 }), false, 'another item under its name');
  });

test('an append that was refused tells nothing of what is first', async () => {
  const listings = new JointListings(layout);
  const listing = await listings.gather(line);
  listing.answered(answerOf(1), undefined);
  assert.equal(listings.isFirst({ key: line.key, created: 9 }), false);
});
