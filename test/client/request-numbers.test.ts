/** Which request of a session may be sent when, and who is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QuorateError } from '../../src/base/index.ts';
import { RequestNumbers } from '../../src/client/request-numbers.ts';
import { realClock } from '../../src/ports/real/index.ts';

/** No timer of it ever comes. */
const clock = { ...realClock(), now: () => 0, setTimer: () => ({ cancel: () => undefined }) };
const patience = { dueMs: 1_000, timeoutMs: 1_000, signal: undefined };

test('who waits for room is refused when too many do, and the others come in their order', async () => {
  const numbers = new RequestNumbers(clock);
  const sent = Array.from({ length: 512 }, () => numbers.take(patience));
  assert.ok(sent.every((number) => typeof number === 'number'));
  const waiting = Array.from({ length: 16_384 }, async () => await numbers.take(patience));
  await assert.rejects(
    async () => await numbers.take(patience),
    (error: QuorateError) => {
      assert.deepEqual([error.code, error.outcome], ['queue-full', 'not-applied']);
      return true;
    },
  );
  for (let request = 1; request <= 16_384; request += 1) numbers.end(request);
  const granted = await Promise.all(waiting);
  assert.deepEqual(
    granted,
    granted.map((_, place) => 513 + place),
  );
  assert.equal(numbers.acknowledged, 16_384);
});

test('an old request that is open keeps the window where it is', async () => {
  const numbers = new RequestNumbers(clock);
  const first = await numbers.take(patience);
  for (let count = 1; count < 512; count += 1) numbers.end(await numbers.take(patience));
  const leaving = new AbortController();
  const waiting = Promise.resolve(numbers.take({ ...patience, signal: leaving.signal }));
  const given = assert.rejects(waiting, { message: 'no patience' });
  const next = Promise.resolve(numbers.take(patience));
  leaving.abort(new Error('no patience'));
  await given;
  assert.equal(numbers.acknowledged, first - 1);
  assert.equal(numbers.renumber(first), 513);
  assert.equal(await next, 514, 'who gave up has no number');
  assert.equal(numbers.acknowledged, 512);
});
