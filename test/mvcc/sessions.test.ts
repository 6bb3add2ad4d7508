/** Sessions: a request is carried out once, however often it arrives, and the first answer is the answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialLimits, type SessionRequest } from '../../src/mvcc/index.ts';
import { bytes, Driver, del, everything, get, put } from './commands.ts';

function as(session: number, request: number, acknowledged = 0): { session: SessionRequest } {
  return { session: { session, request, acknowledged } };
}

test('40 · a request that arrives twice is carried out once, and both times gets the first answer', () => {
  const driver = new Driver();
  const session = driver.openSession();
  const first = driver.send(put('a', '1'), as(session, 1));
  driver.send(put('a', '2'), as(session, 2));
  const again = driver.send(put('a', '1'), as(session, 1));
  assert.deepEqual(again, first);
  assert.equal(driver.last?.isRepeat, true);
  assert.equal(driver.last?.revision, 0);
  assert.deepEqual(driver.list(everything), ['a=2']);
});

test('a refusal is an answer, too: asking again does not turn it into something else', () => {
  const driver = new Driver();
  const session = driver.openSession();
  const refusal = driver.refused(put('a', '', { lease: 5 }), as(session, 1));
  driver.send({ kind: 'lease-grant', lease: 5, ttlMs: 100, session: 0 });
  assert.deepEqual(driver.refused(put('a', '', { lease: 5 }), as(session, 1)), refusal);
  driver.expect('put', put('a', '', { lease: 5 }), as(session, 2));
});

test('requests may arrive out of order: a late one is carried out when it comes', () => {
  const driver = new Driver();
  const session = driver.openSession();
  for (const request of [3, 1, 5, 2]) driver.send(put(`k${request}`), as(session, request));
  for (const request of [1, 2, 3, 5]) {
    driver.send(del(everything), as(session, request));
    assert.equal(driver.last?.isRepeat, true);
  }
  driver.send(put('k4'), as(session, 4));
  assert.deepEqual(driver.list(everything), ['k1=', 'k2=', 'k3=', 'k4=', 'k5=']);
});

test('acknowledged answers are forgotten, and their requests are refused instead of being done again', () => {
  const driver = new Driver();
  const session = driver.openSession();
  driver.send(put('a', '1'), as(session, 1));
  driver.send(put('a', '2'), as(session, 2, 1));
  assert.deepEqual(driver.refused(put('a', '1'), as(session, 1)), {
    code: 'stale-request',
    first: 1,
    second: 1,
  });
  driver.send(put('a', '2'), as(session, 2, 1));
  assert.equal(driver.last?.isRepeat, true);
  assert.deepEqual(driver.list(everything), ['a=2']);
});

test('a session that acknowledges nothing comes to an end of its answers, and goes on once it does', () => {
  const driver = new Driver();
  driver.send({ kind: 'configure', limits: { ...initialLimits, answersMax: 3, answerBytesMax: 1_024 } });
  const session = driver.openSession();
  for (let request = 1; request <= 3; request += 1) driver.send(put('a'), as(session, request));
  assert.deepEqual(driver.refused(put('b'), as(session, 4)), {
    code: 'session-full',
    first: session,
    second: 3,
  });
  driver.send(put('a'), as(session, 2));
  assert.equal(driver.last?.isRepeat, true);
  driver.expect('put', put('b'), as(session, 4, 1));

  driver.send(put('big', 'x'.repeat(2_000)), as(session, 5, 4));
  driver.expect('get', get('big'), as(session, 6, 5));
  assert.equal(driver.refused(get('big'), as(session, 7, 5)).code, 'session-full');
  driver.expect('get', get('big'), as(session, 7, 6));
});

test('a session that has ended knows nothing, and says so instead of doing things twice', () => {
  const driver = new Driver();
  const session = driver.openSession();
  driver.send(put('a', '1'), as(session, 1));
  driver.send({ kind: 'lease-expire', leases: [{ lease: session, renewals: 0 }] });
  assert.deepEqual(driver.refused(put('a', '1'), as(session, 1)), {
    code: 'session-expired',
    first: session,
    second: 0,
  });
  const lease = driver.grant();
  assert.equal(driver.refused(put('a'), as(lease, 1)).code, 'session-expired', 'a lease is no session');
});

test('a request that closes its own session is answered', () => {
  const driver = new Driver();
  const session = driver.openSession();
  driver.expect('done', { kind: 'session-close', session }, as(session, 1));
  assert.equal(driver.refused({ kind: 'session-close', session }, as(session, 1)).code, 'session-expired');
});

test('answers come through a snapshot: a retry at a restored member is a repeat there, too', () => {
  const driver = new Driver();
  const session = driver.openSession();
  const answers = new Map<number, unknown>();
  for (let request = 1; request <= 40; request += 1) {
    const acknowledged = request > 30 ? 10 : 0;
    answers.set(request, driver.send(put('counter', `${request}`), as(session, request, acknowledged)));
  }
  const other = driver.restored(100);
  assert.equal(other.store.stateHash(), driver.store.stateHash());
  for (let request = 11; request <= 40; request += 1) {
    assert.deepEqual(other.send(put('counter', 'again'), as(session, request)), answers.get(request));
  }
  assert.equal(other.refused(put('counter'), as(session, 10)).code, 'stale-request');
  assert.deepEqual(other.list({ start: bytes('counter'), end: undefined }), ['counter=40']);
});
