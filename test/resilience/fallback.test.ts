/** Answers instead of failures: which failures, which answers, and what is never hidden. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure, QuorateError } from '../../src/base/index.ts';
import {
  type FallbackOptions,
  type FallbackPolicy,
  fallback,
  type PolicyEvent,
  policy,
  timeout,
} from '../../src/resilience/index.ts';
import { ManualClock } from '../net/manual-clock.ts';

const failing =
  (error: unknown): (() => never) =>
  () => {
    throw error;
  };

function away(outcome: 'not-applied' | 'unknown'): QuorateError<'engine-unreachable'> {
  return new QuorateError({
    code: 'engine-unreachable',
    message: 'away',
    data: { engine: 'quorate', address: 'here' },
    outcome,
  });
}

const forms: readonly [string, () => FallbackPolicy<string>][] = [
  ['a value', () => fallback('instead')],
  ['a value in options', () => fallback({ value: 'instead' })],
  ['a function', () => fallback(() => 'instead')],
  ['a function that takes its time', () => fallback({ answer: async () => 'instead' })],
];
for (const [name, make] of forms) {
  test(`answers a failure with ${name}, and leaves an answer as it is`, async () => {
    assert.equal(await make().execute(failing(new Error('no'))), 'instead');
    assert.equal(await make().execute(() => 'itself'), 'itself');
    assert.equal(await make().execute(() => Promise.reject(new Error('late'))), 'instead');
  });
}

test('undefined and a list are values', async () => {
  assert.equal(await fallback(undefined).execute(failing(1)), undefined);
  assert.equal(await fallback<unknown>({ value: undefined }).execute(failing(1)), undefined);
  assert.deepEqual(await fallback([1, 2]).execute(failing(1)), [1, 2]);
});

test('the type of a stack widens by what its fallback answers', async () => {
  const price = policy(fallback({ value: null }), timeout('1s'));
  const answer: number | null = await price.execute(() => 5);
  assert.equal(answer, 5);
  // @ts-expect-error: it may be null
  const narrow: number = await price.execute(() => 5);
  assert.equal(narrow, 5);
});

test('the function is given the error and the call', async () => {
  const error = new Error('no');
  const seen: unknown[] = [];
  const answering = fallback((given, { key, priority }) => seen.push(given, key, priority));
  await answering.execute(failing(error), { key: 'orders', priority: 'low' });
  assert.deepEqual(seen, [error, 'orders', 'low']);
});

const rows: readonly [string, FallbackOptions<string>, unknown, boolean][] = [
  ['a code that is listed', { value: 'x', codes: ['a', 'b'] }, { code: 'b' }, true],
  ['a code that is not listed', { value: 'x', codes: ['a'] }, { code: 'b' }, false],
  ['an error without a code', { value: 'x', codes: ['a'] }, new Error('a'), false],
  ['nothing at all, where codes are listed', { value: 'x', codes: ['a'] }, undefined, false],
  ['what the predicate takes', { value: 'x', when: (error) => error === 7 }, 7, true],
  ['what the predicate does not take', { value: 'x', when: (error) => error === 7 }, 8, false],
  [
    'a listed code that the predicate refuses',
    { value: 'x', codes: ['a'], when: () => false },
    { code: 'a' },
    false,
  ],
  ['what the predicate takes, with no listed code', { value: 'x', codes: ['a'], when: () => true }, 7, false],
];
for (const [name, options, thrown, isHidden] of rows) {
  test(`${name} is ${isHidden ? 'answered' : 'thrown as it is'}`, async () => {
    const outcome = await fallback(options)
      .execute(failing(thrown))
      .catch((error: unknown) => ({ error }));
    assert.deepEqual(outcome, isHidden ? 'x' : { error: thrown });
  });
}

test('a caller who gives up hears his own reason, whatever the task throws then', async () => {
  const leaving = new AbortController();
  const reason = new Error('gone');
  let asked = 0;
  const answering = (): void => {
    asked += 1;
  };
  const answer = policy(fallback(answering)).execute(
    ({ signal }) => {
      leaving.abort(reason);
      throw signal.reason;
    },
    { signal: leaving.signal },
  );
  await assert.rejects(answer, (error) => error === reason);
  assert.equal(asked, 0);
});

test('a failed assertion is not answered', async () => {
  await assert.rejects(fallback(0).execute(failing(new AssertionFailure('broken'))), AssertionFailure);
});

const doubled: readonly [string, unknown, 'not-applied' | 'unknown', 'not-applied' | 'unknown'][] = [
  ['nothing was done by either', away('not-applied'), 'not-applied', 'not-applied'],
  ['the call may have been carried out', away('unknown'), 'not-applied', 'unknown'],
  ['the call says nothing of itself', new Error('no'), 'not-applied', 'unknown'],
  ['the fallback may have done something', away('not-applied'), 'unknown', 'unknown'],
];
for (const [name, first, second, outcome] of doubled) {
  test(`both fail, ${name}: the outcome is ${outcome}, and the cause is the first failure`, async () => {
    const own = away(second);
    const answer = fallback(failing(own)).execute(failing(first));
    await assert.rejects(answer, (error) => {
      assert.ok(error instanceof QuorateError);
      const { code, message, data, retryable } = own;
      assert.deepEqual(
        { ...error, message: error.message },
        {
          ...{ name: 'QuorateError', code, message, data, retryable, outcome },
        },
      );
      assert.equal(error.cause, first);
      return true;
    });
  });
}

test('a failure of the fallback that is not of this package, or has a cause, is thrown as it is', async () => {
  const caused = new QuorateError({ code: 'closed', message: 'no', data: { what: 'it' }, cause: 1 });
  for (const thrown of [new RangeError('mine'), undefined, 'text', caused]) {
    const outcome = await fallback(failing(thrown))
      .execute(failing(new Error('first')))
      .catch((error: unknown) => ({ error }));
    assert.equal((outcome as { error: unknown }).error, thrown);
  }
});

test('tells what it answered, and what it could not answer', async () => {
  const events: PolicyEvent[] = [];
  const [error, failure] = [new Error('first'), new Error('second')];
  const answering = fallback({ name: 'prices', value: 0 });
  const broken = fallback({ name: 'prices', answer: failing(failure) });
  for (const each of [answering, broken]) each.onEvent((event) => events.push(event));
  await answering.execute(failing(error));
  await assert.rejects(broken.execute(failing(error)));
  assert.deepEqual(events, [
    { type: 'fell-back', kind: 'fallback', policy: 'prices', error },
    { type: 'fallback-failed', kind: 'fallback', policy: 'prices', error, failure },
  ]);
});

test('is configured anew while it is used', async () => {
  const answering = fallback<string>({ value: 'before', clock: new ManualClock() });
  answering.configure({ value: 'after', codes: ['a'] });
  assert.equal(await answering.execute(failing({ code: 'a' })), 'after');
  await assert.rejects(answering.execute(failing(new RangeError('no'))), RangeError);
  assert.throws(() => answering.configure({ value: 'x', codes: [] }), { code: 'invalid-option' });
  assert.equal(await answering.execute(failing({ code: 'a' })), 'after');
});

const refused: readonly [string, unknown, RegExp][] = [
  ['neither a value nor an answer', { name: 'x' }, /either a value or an answer/],
  ['both', { value: 1, answer: () => 1 }, /either a value or an answer/],
  ['an answer that is no function', { answer: 'text' }, /answer is "text"/],
  ['a predicate that is none', { value: 1, when: true }, /when is true/],
  ['codes that are no list', { value: 1, codes: 'a' }, /codes is "a"/],
  ['no codes at all', { value: 1, codes: [] }, /codes is/],
];
for (const [name, options, message] of refused) {
  test(`refused: ${name}`, () => {
    assert.throws(() => fallback(options as { value: number }), { code: 'invalid-option', message });
  });
}
