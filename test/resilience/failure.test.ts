/** What is read from an error, whoever made it, and whatever it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuorateError } from '../../src/base/index.ts';
import { statedBy } from '../../src/resilience/index.ts';

const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('of the getter');
    },
  },
);

const rows: readonly [string, unknown, object][] = [
  [
    'an error of this package, with its wait',
    new QuorateError({
      code: 'circuit-open',
      message: 'open',
      data: { circuit: 'orders', state: 'open', retryAfterMs: 250 },
    }),
    { retryable: true, outcome: 'not-applied', retryAfterMs: 250 },
  ],
  [
    'one that does not know how long',
    new QuorateError({
      code: 'circuit-open',
      message: 'isolated',
      data: { circuit: 'orders', state: 'isolated', retryAfterMs: null },
    }),
    { retryable: true, outcome: 'not-applied' },
  ],
  [
    'an error of another package that has the same form',
    Object.assign(new Error('busy'), { retryable: false, outcome: 'unknown', retryAfterMs: 0.5 }),
    { retryable: false, outcome: 'unknown', retryAfterMs: 0.5 },
  ],
  ['what came over a wire', { outcome: 'not-applied' }, { outcome: 'not-applied' }],
  [
    'a wait in its data before one beside it',
    { retryAfterMs: 7, data: { retryAfterMs: 9 } },
    { retryAfterMs: 9 },
  ],
  [
    'a wait beside data that have none',
    { retryAfterMs: 7, data: { retryAfterMs: 'soon' } },
    { retryAfterMs: 7 },
  ],
  ['no wait at all is a statement', { retryAfterMs: 0 }, { retryAfterMs: 0 }],
  ['a wait without an end', { retryAfterMs: Number.POSITIVE_INFINITY }, {}],
  ['a wait that is no number', { retryAfterMs: Number.NaN }, {}],
  ['a wait of the past', { retryAfterMs: -1 }, {}],
  ['a wait as text', { retryAfterMs: '5' }, {}],
  ['an outcome that there is not', { outcome: 'applied' }, {}],
  ['retryable as a text', { retryable: 'true' }, {}],
  ['data that are nothing', { data: null }, {}],
  ['a plain error', new Error('plain'), {}],
  ['nothing', undefined, {}],
  ['null', null, {}],
  ['a text', 'retryable', {}],
  ['an object that throws when it is looked at', hostile, {}],
];
for (const [name, error, stated] of rows) {
  test(`stated by ${name}`, () => assert.deepEqual(statedBy(error), stated));
}
