/** Who reads an item to change it comes after those of its program before it, within the limits of its call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilAborted } from '../../src/base/index.ts';
import { Turns } from '../../src/engines/port/index.ts';
import { turn } from '../net/manual-clock.ts';

async function patiently(before: Promise<void>): Promise<void> {
  await before;
}

test('turns come in the order of asking, and each ends before the next begins', async () => {
  const turns = new Turns();
  const order: string[] = [];
  const add = async (name: string): Promise<void> => {
    const end = await turns.take(['a/b'], patiently);
    order.push(`${name} begins`);
    await turn();
    order.push(`${name} ends`);
    end();
  };
  await Promise.all([add('one'), add('two')]);
  assert.deepEqual(order, ['one begins', 'one ends', 'two begins', 'two ends']);
});

test('who gives up waiting lets nobody pass who was behind', async () => {
  const turns = new Turns();
  const first = await turns.take(['a/b'], patiently);
  const patience = new AbortController();
  const second = turns.take(['a/b'], (before) => untilAborted(before, patience.signal));
  let isThird = false;
  const third = turns.take(['a/b'], patiently).then((end) => {
    isThird = true;
    return end;
  });
  patience.abort(new Error('enough'));
  await assert.rejects(second, { message: 'enough' });
  await turn();
  assert.equal(isThird, false);
  first();
  (await third)();
});

test('nobody waits for who has the turn at another key', async () => {
  const turns = new Turns();
  const first = await turns.take(['a/b'], patiently);
  (await turns.take(['a/c'], patiently))();
  first();
});

test('two that need the same keys do not wait for each other', async () => {
  const turns = new Turns();
  const first = await turns.take(['a/b', 'a/c'], patiently);
  const second = turns.take(['a/c', 'a/b'], patiently);
  first();
  (await second)();
});
