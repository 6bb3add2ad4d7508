/** Which failures are tried again, row by row. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure } from '../../src/base/index.ts';
import { Call } from '../../src/resilience/call.ts';
import { judgeFailure, type RetryRule, type Verdict } from '../../src/resilience/retry-verdict.ts';
import { ManualClock } from '../net/manual-clock.ts';

const clock = new ManualClock();
const plainCall = new Call(clock);
const idempotentCall = new Call(clock, { idempotent: true, priority: 'normal', key: undefined });

const byItself: RetryRule = { retryOn: undefined, codes: undefined, unstated: 'retry' };
const careful: RetryRule = { ...byItself, unstated: 'unknown' };
const chooses: RetryRule = { ...byItself, retryOn: () => true };
const declines: RetryRule = { ...byItself, retryOn: () => false };
const listed: RetryRule = { ...byItself, codes: new Set<unknown>(['ECONNRESET', 14]) };

const plain = new Error('plain');
const caused = new TypeError('fetch failed', {
  cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
});
const circular: { cause?: unknown } = {};
circular.cause = circular;
const hostile = new Proxy({}, { get: () => assert.fail('looked at') });

/** For a call that is not idempotent, and for one that is. */
const rows: readonly [string, unknown, RetryRule, Verdict, Verdict][] = [
  ['a plain error', plain, byItself, 'again', 'again'],
  ['nothing', undefined, byItself, 'again', 'again'],
  ['an object that throws when it is looked at', hostile, byItself, 'again', 'again'],
  ['a plain error where that counts as unknown', plain, careful, 'unknown-outcome', 'again'],
  ['nothing where that counts as unknown', undefined, careful, 'unknown-outcome', 'again'],
  ['retryable, where plain counts as unknown', { retryable: true }, careful, 'again', 'again'],
  ['without effect, where plain counts as unknown', { outcome: 'not-applied' }, careful, 'again', 'again'],
  ['in vain', { retryable: false }, byItself, 'not-retryable', 'not-retryable'],
  ['in vain, yet chosen', { retryable: false }, chooses, 'again', 'again'],
  [
    'in vain and of unknown outcome, yet chosen',
    { retryable: false, outcome: 'unknown' },
    chooses,
    'unknown-outcome',
    'again',
  ],
  ['of unknown outcome', { outcome: 'unknown' }, byItself, 'unknown-outcome', 'again'],
  [
    'of unknown outcome, retryable',
    { retryable: true, outcome: 'unknown' },
    byItself,
    'unknown-outcome',
    'again',
  ],
  ['of unknown outcome, chosen', { outcome: 'unknown' }, chooses, 'unknown-outcome', 'again'],
  ['without effect', { retryable: true, outcome: 'not-applied' }, byItself, 'again', 'again'],
  ['not chosen', { retryable: true }, declines, 'not-retryable', 'not-retryable'],
  ['a listed code', { code: 'ECONNRESET' }, listed, 'again', 'again'],
  ['a listed number', { code: 14, retryable: false }, listed, 'again', 'again'],
  [
    'a code that is not listed',
    { code: 'ENOENT', retryable: true },
    listed,
    'not-retryable',
    'not-retryable',
  ],
  ['without a code, by a listed one', caused, listed, 'again', 'again'],
  [
    'with a code that is not listed, by a listed one',
    { code: 'E', cause: caused },
    listed,
    'not-retryable',
    'not-retryable',
  ],
  ['its own cause', circular, listed, 'not-retryable', 'not-retryable'],
  ['not listed, but chosen', plain, { ...listed, retryOn: () => true }, 'again', 'again'],
  ['listed, and not chosen', { code: 14 }, { ...listed, retryOn: () => false }, 'again', 'again'],
  ['a broken assertion, chosen', new AssertionFailure('broken'), chooses, 'not-retryable', 'not-retryable'],
];
for (const [name, error, rule, says, saysIdempotent] of rows) {
  test(`a failure: ${name}`, () => {
    assert.equal(judgeFailure(error, rule, plainCall), says);
    assert.equal(judgeFailure(error, rule, idempotentCall), saysIdempotent);
  });
}

test('a predicate is given the error and the call that failed', () => {
  const asked: unknown[] = [];
  const rule: RetryRule = { ...byItself, retryOn: (...all) => asked.push(...all) > 0 };
  judgeFailure(plain, rule, plainCall);
  assert.deepEqual(asked, [plain, plainCall]);
});
