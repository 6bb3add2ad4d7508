/** What is remembered of counters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownCounters } from '../../../src/engines/etcd/known-counters.ts';

test('what is remembered is bounded, and the oldest goes', () => {
  const known = new KnownCounters();
  for (let at = 0; at <= 1_024; at += 1)
    known.learn(`a/${at}`, { key: '', value: new Uint8Array(0), created: 1, modified: at, lease: '' });
  known.forget('a/2');
  assert.deepEqual(
    ['a/0', 'a/1', 'a/2'].map((key) => known.get(key)?.modified),
    [undefined, 1, undefined],
  );
});
