/** What each way to fail is taken for: an error with its outcome, or another try. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HistoryCheck } from '../../../src/engines/etcd/history-check.ts';
import { CallFailure, type CallFailureInit } from '../../../src/engines/etcd/http2/call-failure.ts';
import { etcdSettings } from '../../../src/engines/etcd/options.ts';
import { judge } from '../../../src/engines/etcd/refusals.ts';
import { realClock, realRandom } from '../../../src/ports/real/index.ts';

const address = { host: '127.0.0.1', port: 2_379 };

type Row = Partial<CallFailureInit> & {
  readonly next: 'fail' | 'again' | 'login';
  readonly code: string;
  readonly outcome: 'unknown' | 'not-applied';
};

const rows: Readonly<Record<string, Row>> = {
  'no connection': {
    kind: 'unreachable',
    isUnsent: true,
    next: 'again',
    code: 'engine-unreachable',
    outcome: 'not-applied',
  },
  'a lost connection': { kind: 'unreachable', next: 'again', code: 'engine-unreachable', outcome: 'unknown' },
  'no answer': { kind: 'late', next: 'again', code: 'engine-unreachable', outcome: 'unknown' },
  'another protocol': {
    kind: 'protocol',
    isUnsent: true,
    next: 'fail',
    code: 'engine-protocol',
    outcome: 'not-applied',
  },
  'no leader': {
    status: 14,
    message: 'etcdserver: no leader',
    next: 'again',
    code: 'engine-unreachable',
    outcome: 'not-applied',
  },
  'a leader that was lost on the way': {
    status: 14,
    message: 'etcdserver: request timed out, possibly due to previous leader failure',
    next: 'again',
    code: 'engine-unreachable',
    outcome: 'unknown',
  },
  'too many requests': {
    status: 8,
    message: 'etcdserver: too many requests',
    next: 'again',
    code: 'engine-unreachable',
    outcome: 'not-applied',
  },
  'no room': {
    status: 8,
    message: 'etcdserver: mvcc: database space exceeded',
    next: 'fail',
    code: 'engine-full',
    outcome: 'not-applied',
  },
  'no user': {
    status: 3,
    message: 'etcdserver: user name is empty',
    next: 'fail',
    code: 'engine-unauthenticated',
    outcome: 'not-applied',
  },
  'a wrong password': {
    status: 3,
    message: 'etcdserver: authentication failed, invalid user ID or password',
    next: 'fail',
    code: 'engine-unauthenticated',
    outcome: 'not-applied',
  },
  'no right': {
    status: 7,
    message: 'etcdserver: permission denied',
    next: 'fail',
    code: 'engine-unauthenticated',
    outcome: 'not-applied',
  },
  'an old token': {
    status: 16,
    message: 'etcdserver: invalid auth token',
    next: 'login',
    code: 'engine-unauthenticated',
    outcome: 'not-applied',
  },
  'a lost lease': {
    status: 5,
    message: 'etcdserver: requested lease not found',
    next: 'fail',
    code: 'session-expired',
    outcome: 'not-applied',
  },
  'another service': {
    status: 12,
    message: 'unknown service etcdserverpb.KV',
    next: 'fail',
    code: 'engine-protocol',
    outcome: 'not-applied',
  },
  'a request that it does not like': {
    status: 3,
    message: 'etcdserver: request is too large',
    next: 'fail',
    code: 'engine-failed',
    outcome: 'not-applied',
  },
  "the end of its time in Go's words": {
    status: 2,
    message: 'context deadline exceeded',
    next: 'again',
    code: 'engine-unreachable',
    outcome: 'unknown',
  },
  'words that nobody knows': {
    status: 2,
    message: 'something new',
    next: 'fail',
    code: 'engine-failed',
    outcome: 'unknown',
  },
};

for (const [name, { next, code, outcome, ...init }] of Object.entries(rows))
  test(`${name}: ${code}, ${outcome}, ${next}`, () => {
    const failure = new CallFailure({ kind: 'status', message: 'why', isUnsent: false, ...init });
    const verdict = judge(failure, 'a put', address);
    const { error } = verdict;
    assert.deepEqual([verdict.next, error.code, error.outcome], [next, code, outcome]);
    assert.equal(verdict.isUnsent, outcome === 'not-applied');
    assert.match(error.message, /127\.0\.0\.1:2379/);
  });

test('a linearizable answer that is older than what was known when it was asked for proves a loss', () => {
  const history = new HistoryCheck();
  history.linearizable({ cluster: 'a', revision: 40 }, 0);
  const seen = history.revision;
  history.linearizable({ cluster: 'a', revision: 50 }, seen);
  history.linearizable({ cluster: 'a', revision: 45 }, seen);
  assert.equal(history.revision, 50, 'answers may overtake each other');
  assert.throws(() => history.linearizable({ cluster: 'a', revision: 39 }, seen), {
    code: 'engine-data-lost',
  });
});

test('another cluster at the same address is a loss, a member that lags behind is none', () => {
  const history = new HistoryCheck();
  history.member({ cluster: 'a', revision: 40 });
  history.member({ cluster: 'a', revision: 3 });
  assert.throws(() => history.member({ cluster: 'b', revision: 90 }), { code: 'engine-data-lost' });
});

const machine = { clock: realClock(), random: realRandom() };

test('an address has hosts with and without ports, and IPv6 in brackets', () => {
  const { endpoints, tls, prefix } = etcdSettings('etcds://a:1, b,[::1]:3', {}, machine);
  assert.deepEqual(endpoints, [
    { host: 'a', port: 1 },
    { host: 'b', port: 2_379 },
    { host: '::1', port: 3 },
  ]);
  assert.deepEqual([tls, prefix], [{}, 'quorate/']);
});

const wrong = [
  { name: 'no scheme', url: '127.0.0.1:2379', options: {}, option: 'url' },
  { name: 'no host', url: 'etcd://', options: {}, option: 'url' },
  { name: 'a path', url: 'etcd://a/b', options: {}, option: 'url' },
  { name: 'a port beyond all', url: 'etcd://a:65536', options: {}, option: 'url' },
  { name: 'a user without a password', url: 'etcd://a', options: { user: 'me' }, option: 'user' },
  { name: 'certificates without TLS', url: 'etcd://a', options: { tls: {} }, option: 'tls' },
  { name: 'no time', url: 'etcd://a', options: { deadline: 0 }, option: 'deadline' },
] as const;

for (const { name, url, options, option } of wrong)
  test(`${name} is refused before anything is sent`, () => {
    assert.throws(
      () => etcdSettings(url, options, machine),
      (error: { code?: string; data?: unknown }) => {
        assert.equal(error.code, 'invalid-option');
        assert.equal((error.data as { option: string }).option, option);
        return true;
      },
    );
  });
