/** What a retry may be told, what it refuses, and what changes while it runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import { deadline, hedge, policy, type RetryOptions, retry } from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { failing, settled } from './script.ts';

test('new options hold for calls that begin from then on', async () => {
  const clock = new ManualClock();
  const tried = retry({ maxAttempts: 2, backoff: 100, clock });
  let tries = 0;
  const task = (): never => {
    tries += 1;
    throw new Error('no');
  };
  const old = tried.execute(task);
  old.catch(() => undefined);
  await turn();
  tried.configure({ maxAttempts: 5, backoff: 0 });
  await settled(clock, old);
  assert.equal(tries, 2);
  await settled(clock, tried.execute(task));
  assert.equal(tries, 7);
  assert.throws(() => tried.configure({ maxAttempts: 0 }), { code: 'invalid-option' });
  await settled(clock, tried.execute(task));
  assert.equal(tries, 12, 'what was refused changed nothing');
});

test('the same seed makes the same pauses, and a new one others', async () => {
  const pauses = async (seed: number): Promise<readonly number[]> => {
    const clock = new ManualClock();
    const tried = retry({ seed, maxAttempts: 5, clock });
    const heard: number[] = [];
    tried.onEvent((event) => {
      if (event.type === 'retried') heard.push(event.delayMs);
    });
    await settled(clock, tried.execute(failing('no')));
    tried.configure({ seed: 7, maxAttempts: 5 });
    await settled(clock, tried.execute(failing('no')));
    return heard;
  };
  const first = await pauses(42);
  assert.deepEqual(await pauses(42), first);
  assert.deepEqual((await pauses(7)).slice(0, 4), first.slice(4));
  assert.notDeepEqual(first.slice(0, 4), first.slice(4));
});

const refusals: readonly [string, unknown, string][] = [
  ['no try at all', { maxAttempts: 0 }, 'maxAttempts'],
  ['half a try', { maxAttempts: 1.5 }, 'maxAttempts'],
  ['tries without end', { maxAttempts: Number.POSITIVE_INFINITY }, 'maxAttempts'],
  ['a backoff that there is not', { backoff: { kind: 'some' } }, 'backoff.kind'],
  ['a predicate that is none', { retryOn: true }, 'retryOn'],
  ['a predicate over results that is none', { retryResult: 'busy' }, 'retryResult'],
  ['codes that are none', { codes: 'EAGAIN' }, 'codes'],
  ['no codes', { codes: [] }, 'codes'],
  ['a code that is none', { codes: ['EAGAIN', null] }, 'codes'],
  ['a word that there is not', { unstated: 'never' }, 'unstated'],
  ['a negative time', { retryAfterMax: -1 }, 'retryAfterMax'],
  ['a budget that is none', { budget: { max: 5 } }, 'budget'],
  ['half a seed', { seed: 0.5 }, 'seed'],
];
for (const [name, options, option] of refusals) {
  test(`refused when it is made: ${name}`, () => {
    assert.throws(
      () => retry(options as RetryOptions),
      (error) => {
        assert.ok(isQuorateError(error) && error.code === 'invalid-option');
        assert.equal(error.data.option, option);
        return true;
      },
    );
  });
}

test('a retry in a retry, and in a hedge, is refused by the compiler and when it is made', () => {
  // @ts-expect-error: tries multiply
  assert.throws(() => policy(retry(), retry()), /tries multiply/);
  // @ts-expect-error: each hedged call would be tried again
  assert.throws(() => policy(hedge({ idempotent: true, after: 5 }), retry()), /tried again by itself/);
  // @ts-expect-error: a deadline is for all tries
  assert.throws(() => policy(retry(), deadline('1s')), /for all tries/);
});
