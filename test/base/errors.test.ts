/** The error class and its catalogue: what callers switch on, and what they are told about the outcome. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ErrorCode,
  errorCatalogue,
  errorMeanings,
  invalidOption,
  isQuorateError,
  QuorateError,
} from '../../src/base/index.ts';

const codes = Object.keys(errorCatalogue) as ErrorCode[];

test('an error takes what its code promises about retries and outcome', () => {
  const full = new QuorateError({
    code: 'queue-full',
    message: 'full',
    data: { queue: 'proposals', limit: 8 },
  });
  assert.equal(full.retryable, true);
  assert.equal(full.outcome, 'not-applied');
  assert.deepEqual(full.data, { queue: 'proposals', limit: 8 });

  const lost = new QuorateError({
    code: 'network-failed',
    message: 'reset',
    data: { operation: 'read', address: '127.0.0.1:7701', system: 'ECONNRESET' },
  });
  assert.equal(lost.outcome, 'unknown', 'nobody knows whether a request on a lost connection was served');
});

test('the place that throws may know better than the catalogue', () => {
  const refused = new QuorateError({
    code: 'network-failed',
    message: 'refused',
    data: { operation: 'connect', address: '127.0.0.1:7701', system: 'ECONNREFUSED' },
    outcome: 'not-applied',
    retryable: false,
  });
  assert.equal(refused.outcome, 'not-applied');
  assert.equal(refused.retryable, false);
});

test('an error keeps its cause, and has none when none was given', () => {
  const cause = new Error('EIO');
  const data = { operation: 'sync', path: 'log/1', system: 'EIO' };
  assert.equal(new QuorateError({ code: 'disk-failed', message: 'sync', data, cause }).cause, cause);
  assert.equal('cause' in new QuorateError({ code: 'disk-failed', message: 'sync', data }), false);
});

test('an error is an Error with a stack that begins where it was made', () => {
  const error = invalidOption('limit', 0, 'positive');
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'QuorateError');
  assert.match(String(error.stack), /errors\.test\.ts/);
});

test('a guard tells our errors from others, and the code narrows the data', () => {
  const caught: unknown = invalidOption('limit', 0, 'positive');
  assert.ok(isQuorateError(caught));
  assert.ok(caught.code === 'invalid-option');
  assert.equal(caught.data.option, 'limit');
  for (const other of [new Error('x'), { code: 'closed' }, 'closed', null, undefined]) {
    assert.equal(isQuorateError(other), false);
  }
});

const shownValues: readonly (readonly [unknown, string])[] = [
  ['10x', 'limit is "10x", but must be positive'],
  [-1, 'limit is -1, but must be positive'],
  [Number.NaN, 'limit is NaN, but must be positive'],
  [3n, 'limit is 3n, but must be positive'],
  [null, 'limit is null, but must be positive'],
  [undefined, 'limit is undefined, but must be positive'],
  [Symbol('s'), 'limit is Symbol(s), but must be positive'],
  [[1], 'limit is [object Array], but must be positive'],
  [Object.create(null), 'limit is [object Object], but must be positive'],
  [() => 1, 'limit is a function, but must be positive'],
  ['x'.repeat(10_000), `limit is "${'x'.repeat(80)}…", but must be positive`],
];

for (const [value, message] of shownValues) {
  const name = message.slice(0, message.indexOf(',')).slice(0, 40);
  test(`a refused option shows its value: ${name}`, () => {
    const error = invalidOption('limit', value, 'positive');
    assert.equal(error.message, message);
    assert.equal(error.data.value, value);
    assert.equal(error.outcome, 'not-applied');
  });
}

test('the catalogue speaks one language: kebab-case codes, and meanings that are sentences', () => {
  for (const code of codes) {
    assert.match(code, /^[a-z]+(-[a-z]+)*$/);
    assert.match(errorMeanings[code], /^[A-Z].*\.$/s, code);
    assert.doesNotMatch(errorMeanings[code], /[|\n]/, `${code}: the meaning is a cell of a table`);
  }
});
