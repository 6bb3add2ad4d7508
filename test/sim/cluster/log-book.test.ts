/** In which term an entry was committed, which is not always the term that it was written in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogBook } from '../../../src/sim/cluster/invariants/log-book.ts';
import { ShadowLog } from '../../../src/sim/cluster/invariants/shadow-log.ts';

function logOf(...terms: readonly number[]): ShadowLog {
  const log = new ShadowLog();
  for (const [place, term] of terms.entries()) log.put(place + 1, term);
  return log;
}

test('a leader must have what was committed in terms before its own', () => {
  const book = new LogBook(() => undefined);
  const log = logOf(1, 1, 4);
  book.commit(1, log);
  book.commit(2, log);
  book.commit(3, log);
  assert.deepEqual(
    [1, 2, 4, 5].map((term) => book.committedBefore(term)),
    [0, 2, 2, 3],
  );
});

test('an entry that a later leader committed with one of its own says nothing to a late winner between the two', () => {
  const book = new LogBook(() => undefined);
  const log = logOf(18, 18, 20);
  book.commit(1, log);
  book.commit(3, log);
  assert.equal(book.committedBefore(19), 1);
  assert.equal(book.committedBefore(21), 3);
});
