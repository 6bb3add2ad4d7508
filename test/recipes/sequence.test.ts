/** Sequences: each number once, to one caller only. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sequence } from '../../src/recipes/sequence.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { MemoryGround } from './memory-ground.ts';

test('numbers grow for each who asks, and no two get the same', async () => {
  await using ground = await MemoryGround.open();
  const all = await Promise.all(
    [7, 1, 100].map(async (block) => {
      const sequence = new Sequence(ground.program(), 'orders', { block });
      const numbers: number[] = [];
      for (let count = 0; count < 30; count += 1) numbers.push(await sequence.next());
      return numbers;
    }),
  );
  for (const numbers of all)
    assert.deepEqual(
      numbers,
      numbers.toSorted((left, right) => left - right),
    );
  assert.equal(new Set(all.flat()).size, 90);
});

test('the first number is 1, and those who ask at once are served in their order by one addition', async () => {
  await using ground = await MemoryGround.open();
  let additions = 0;
  const before = async (): Promise<void> => {
    additions += 1;
  };
  const sequence = new Sequence(ground.program({ before }), 'orders', { block: 1 });
  const first = await sequence.next();
  const numbers = await Promise.all(Array.from({ length: 50 }, () => sequence.next()));
  assert.equal(first, 1);
  assert.deepEqual(
    numbers,
    numbers.toSorted((left, right) => left - right),
  );
  assert.equal(new Set(numbers).size, 50);
  assert.ok(additions <= 4, `${additions} additions`);
});

test('an addition whose answer is lost leaves a gap, and never a number twice', async () => {
  await using ground = await MemoryGround.open();
  let losses = 1;
  const losesAnswer = (): boolean => losses-- > 0;
  const sequence = new Sequence(ground.program({ losesAnswer }), 'orders', { block: 10 });
  await failsWith('engine-unreachable', sequence.next());
  assert.equal(await sequence.next(), 11);
  assert.equal(await new Sequence(ground.program(), 'orders', { block: 10 }).next(), 21);
});

test('who gives up waiting leaves the others in their order', async () => {
  await using ground = await MemoryGround.open();
  const sequence = new Sequence(ground.program(), 'orders');
  const leaving = new AbortController();
  const [gone, stays] = [sequence.next({ signal: leaving.signal }), sequence.next()];
  leaving.abort(new Error('enough'));
  await assert.rejects(gone, /enough/);
  assert.equal(await stays, 2);
});

test('a block that cannot be is refused', async () => {
  await using ground = await MemoryGround.open();
  for (const block of [0, 1.5, 1_000_001])
    throwsWith('invalid-option', () => new Sequence(ground.program(), 'orders', { block }));
});

test('one who is in a hurry ends his own wait and that of nobody else', async () => {
  await using ground = await MemoryGround.open();
  const answered = Promise.withResolvers<void>();
  const sequence = new Sequence(ground.program({ before: () => answered.promise }), 'orders');
  const [hasty, calm] = [sequence.next({ deadline: 1 }), sequence.next()];
  const later = sequence.next({ deadline: 1 });
  await failsWith('deadline-exceeded', hasty);
  await failsWith('deadline-exceeded', later);
  answered.resolve();
  assert.equal(await calm, 2);
});
