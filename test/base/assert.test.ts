/** Assertions are what stops a node that no longer understands its own state, so they must not stay silent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure, assert as assertThat, QuorateError, unreachable } from '../../src/base/index.ts';

test('what holds passes in silence', () => {
  assert.doesNotThrow(() => assertThat(true, 'one is one'));
});

test('what does not hold stops the caller and says what was expected', () => {
  assert.throws(
    () => assertThat(Number('1') === 2, 'commit never falls'),
    (error) =>
      error instanceof AssertionFailure &&
      error.name === 'AssertionFailure' &&
      error.message === 'assertion failed: commit never falls',
  );
});

test('a failed assertion is no error that a user could catch by its code', () => {
  assert.throws(
    () => assertThat(Number('1') === 2, 'one is two'),
    (error) => !(error instanceof QuorateError) && !Object.hasOwn(error as object, 'code'),
  );
});

test('a case that the types rule out names the value that arrived there all the same', () => {
  assert.throws(() => unreachable('candidate' as never), {
    name: 'AssertionFailure',
    message: /rule out: candidate/,
  });
});
