/** Locks by their tokens: what an expiring lock and the resource behind it must never do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGuards, checkHistory, checkTokens, explainVerdict } from '../../../src/sim/checkers/index.ts';
import { story } from './history-notation.ts';

interface Row {
  readonly name: string;
  readonly text: string;
  /** What is told of an expiring lock, if anything. */
  readonly anomaly?: string;
}

const rows: readonly Row[] = [
  { name: 'tokens that grow', text: '0: acquire l; ok 1\n0: release l 1; ok\n1: acquire l; ok 2' },
  {
    name: 'a holder that paused while its lock expired and went to another',
    text: '0: acquire l; ok 1\n1: acquire l; ok 2\n1: release l 2; ok\n0: release l 1; ok false',
  },
  {
    name: 'overlapping acquires, the lesser token told last',
    text: '0: acquire l\n1: acquire l\n1: ok 2\n0: ok 1',
  },
  { name: 'tokens of two locks', text: '0: acquire l; ok 5\n1: acquire m; ok 3' },
  {
    name: 'a token that goes back after a failover',
    text: '0: acquire l; ok 7\n0: release l 7; ok\n1: acquire l; ok 3',
    anomaly: 'token-not-increasing',
  },
  {
    name: 'one token for two holders',
    text: '0: acquire l\n1: acquire l\n0: ok 4\n1: ok 4',
    anomaly: 'token-not-increasing',
  },
  {
    name: 'a token that goes back against one that ended long ago',
    text: '0: acquire l; ok 7\n1: acquire l\n2: acquire l; ok 8\n1: ok 6',
    anomaly: 'token-not-increasing',
  },
  {
    name: 'a token below the greatest before it, though above the last',
    text: '0: acquire l\n1: acquire l\n0: ok 7\n1: ok 5\n2: acquire l; ok 6',
    anomaly: 'token-not-increasing',
  },
  {
    name: 'a guarded resource that takes each token in turn, some of them often',
    text: '0: write r 1; ok\n0: write r 1; ok\n1: write r 2; ok\n0: write r 1; fail',
  },
  {
    name: 'a guarded resource that takes a stale token',
    text: '1: write r 2; ok\n0: write r 1; ok',
    anomaly: 'stale-token-accepted',
  },
  {
    name: 'a stale token that reached the resource under the newer one',
    text: '1: write r 2\n0: write r 1\n1: ok\n0: ok',
  },
  {
    name: 'a stale token whose fate nobody knows',
    text: '1: write r 2; ok\n0: write r 1; info',
  },
];

for (const { name, text, anomaly } of rows) {
  test(`an expiring lock: ${name} ${anomaly === undefined ? 'is fine' : `is a ${anomaly}`}`, () => {
    const verdict = checkHistory(story(text), { model: 'lock', locksExpire: true });
    if (anomaly === undefined) assert.equal(verdict.verdict, 'valid', explainVerdict(verdict));
    else assert(verdict.verdict === 'invalid' && verdict.anomalies[0]?.name === anomaly);
  });
}

test('a lock that does not expire is judged by mutual exclusion too', () => {
  const history = story('0: acquire l; ok 1\n1: acquire l; ok 2');
  assert.equal(checkHistory(history, { model: 'lock', locksExpire: true }).verdict, 'valid');
  const verdict = checkHistory(history, { model: 'lock' });
  assert(verdict.verdict === 'invalid');
  assert.match(explainVerdict(verdict), /the lock is held by process 0, last token 1/);
});

test('an expiring lock without tokens leaves nothing to judge, and that is no pass', () => {
  const verdict = checkHistory(story('0: acquire l; ok\n1: acquire l; ok'), {
    model: 'lock',
    locksExpire: true,
  });
  assert.equal(verdict.verdict === 'gave-up' && verdict.reason, 'no-tokens');
});

test('tokens and guards can be judged by themselves', () => {
  const { operations } = story('0: acquire l; ok 2\n1: acquire l; ok 1\n0: write r 2; ok\n1: write r 1; ok');
  assert.equal(checkTokens(operations).verdict, 'invalid');
  assert.equal(checkGuards(operations).verdict, 'invalid');
});
