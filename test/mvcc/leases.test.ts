/**
 * Leases as the store knows them: existence, what hangs on them, and the time that a leader says is left.
 * The clock is the leader's; here its decisions arrive as commands.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialLimits } from '../../src/mvcc/index.ts';
import { bytes, Driver, everything, get, prefix, put, textOf } from './commands.ts';

function eventsOf(driver: Driver, revision: number): string[] {
  const cursor = driver.store.history(revision, revision + 1);
  const events: string[] = [];
  while (cursor.next()) events.push(`${cursor.event.kind} ${textOf(cursor.event.key)}`);
  return events;
}

test('keys vanish with their lease in one revision, and watchers can tell why', () => {
  for (const [kind, end] of [
    ['revoked', (lease: number) => ({ kind: 'lease-revoke', lease }) as const],
    ['expired', (lease: number) => ({ kind: 'lease-expire', leases: [{ lease, renewals: 0 }] }) as const],
  ] as const) {
    const driver = new Driver();
    const lease = driver.grant();
    for (const name of ['b', 'a', 'kept']) driver.send(put(name, '', { lease }));
    driver.send(put('kept'));
    driver.send(end(lease));
    assert.deepEqual(eventsOf(driver, driver.store.revision), [`${kind} a`, `${kind} b`]);
    assert.deepEqual(driver.list(everything), ['kept=']);
    assert.equal(driver.store.lease(lease), undefined);
    assert.deepEqual(driver.last?.leases, [{ lease, change: 'ended' }]);
  }
});

test('37 · a put with a lease that has ended is refused: a waiter whose lease died while it queued holds nothing', () => {
  const driver = new Driver();
  const lease = driver.grant();
  driver.send({ kind: 'lease-expire', leases: [{ lease, renewals: 0 }] });
  assert.deepEqual(driver.refused(put('lock', 'mine', { lease })), {
    code: 'lease-not-found',
    first: lease,
    second: 0,
  });
  const acquire = {
    kind: 'transaction',
    compares: [
      { target: 'absent', range: { start: bytes('lock'), end: undefined } },
      { target: 'lease-live', lease },
    ],
    onSuccess: [put('lock', 'mine')],
    onFailure: [],
  } as const;
  assert.equal(driver.expect('transaction', acquire).succeeded, false);
  assert.deepEqual(driver.list(everything), []);
});

test('a lease renewed after the leader gave it up lives on, because its holder was told so', () => {
  const driver = new Driver();
  const lease = driver.grant();
  driver.send(put('lock', '', { lease }));
  const decided = { kind: 'lease-expire', leases: [{ lease, renewals: 0 }] } as const;
  driver.expect('lease', { kind: 'lease-keep-alive', lease });
  driver.send(decided);
  assert.deepEqual(driver.list(everything), ['lock=']);
  driver.send({ kind: 'lease-expire', leases: [{ lease, renewals: 1 }] });
  assert.deepEqual(driver.list(everything), []);
});

test('a checkpoint is what a new leader counts on from; a renewal gives the full time again', () => {
  const driver = new Driver();
  const lease = driver.grant(10_000);
  driver.send({ kind: 'lease-checkpoint', leases: [{ lease, renewals: 0, remainingMs: 4_000 }] });
  assert.equal(driver.restored().store.lease(lease)?.remainingMs, 4_000);
  driver.expect('lease', { kind: 'lease-keep-alive', lease });
  assert.equal(driver.store.lease(lease)?.remainingMs, 10_000);
  driver.send({ kind: 'lease-checkpoint', leases: [{ lease, renewals: 0, remainingMs: 1_000 }] });
  assert.equal(driver.store.lease(lease)?.remainingMs, 10_000, 'a checkpoint from before the renewal');
  driver.send({ kind: 'lease-checkpoint', leases: [{ lease, renewals: 1, remainingMs: 99_000 }] });
  assert.equal(driver.store.lease(lease)?.remainingMs, 10_000, 'never more than was granted');
  driver.expect('done', {
    kind: 'lease-checkpoint',
    leases: [{ lease: 12_345, renewals: 0, remainingMs: 1 }],
  });
});

test('a key changes its lease with a put, keeps it when asked to, and loses it otherwise', () => {
  const driver = new Driver();
  const [one, two] = [driver.grant(), driver.grant()];
  driver.send(put('k', '1', { lease: one }));
  driver.send(put('k', '2', { keepLease: true }));
  assert.equal(driver.expect('get', get('k')).entries[0]?.lease, one);
  driver.send(put('k', '3', { lease: two }));
  assert.deepEqual([driver.store.lease(one)?.keyCount, driver.store.lease(two)?.keyCount], [0, 1]);
  driver.send({ kind: 'lease-revoke', lease: one });
  assert.deepEqual(driver.list(everything), ['k=3']);
  driver.send(put('k', '4'));
  driver.send({ kind: 'lease-revoke', lease: two });
  assert.deepEqual(driver.list(everything), ['k=4']);
});

test('a lease has the number that was asked for, or one that nobody has', () => {
  const driver = new Driver();
  driver.expect('lease', { kind: 'lease-grant', lease: 3, ttlMs: 10, session: 0 });
  assert.deepEqual(driver.refused({ kind: 'lease-grant', lease: 3, ttlMs: 10, session: 0 }), {
    code: 'lease-exists',
    first: 3,
    second: 0,
  });
  assert.equal(driver.grant(), 4, 'index 3 is taken');
  assert.equal(driver.grant(), 5, 'index 4 is taken by then');
});

test('a time to live must be possible, and leases and their keys have limits', () => {
  const driver = new Driver();
  driver.send({
    kind: 'configure',
    limits: { ...initialLimits, leasesMax: 2, leaseKeysMax: 2, ttlMsMax: 500 },
  });
  for (const ttlMs of [0, 501]) {
    assert.deepEqual(driver.refused({ kind: 'session-open', ttlMs }), {
      code: 'ttl-out-of-range',
      first: ttlMs,
      second: 500,
    });
  }
  const lease = driver.grant(500);
  driver.grant(500);
  assert.equal(driver.refused({ kind: 'session-open', ttlMs: 10 }).code, 'too-many-leases');
  driver.send(put('a', '', { lease }));
  driver.send(put('b', '', { lease }));
  assert.deepEqual(driver.refused(put('c', '', { lease })), { code: 'lease-full', first: lease, second: 2 });
  driver.expect('put', put('a', 'again', { lease }));
});

test('a session takes the leases that it owns with it, and their keys, whatever their numbers are', () => {
  for (const revive of [(driver: Driver) => driver, (driver: Driver) => driver.restored()]) {
    const first = new Driver();
    first.send(put('apart'));
    first.send(put('apart'));
    const session = first.openSession();
    first.send({ kind: 'lease-grant', lease: 2, ttlMs: 10, session });
    first.send({ kind: 'lease-grant', lease: 900, ttlMs: 10, session });
    first.send({ kind: 'lease-grant', lease: 1, ttlMs: 10, session });
    for (const [name, lease] of [
      ['z', 1],
      ['m', 2],
      ['a', 900],
      ['s', session],
    ] as const) {
      first.send(put(name, '', { lease }));
    }
    const driver = revive(first);
    driver.send({ kind: 'lease-expire', leases: [{ lease: session, renewals: 0 }] });
    assert.deepEqual(eventsOf(driver, driver.store.revision), [
      'expired z',
      'expired m',
      'expired a',
      'expired s',
    ]);
    assert.deepEqual(driver.list(everything), ['apart=']);
    assert.deepEqual([...driver.store.leases()], []);
  }
});

test('a lease that ends before its session leaves the session alone', () => {
  const driver = new Driver();
  const session = driver.openSession();
  const lease = driver.grant(10, session);
  driver.send(put('a', '', { lease }));
  driver.send({ kind: 'lease-revoke', lease });
  assert.deepEqual(driver.list(prefix('a')), []);
  driver.expect('done', { kind: 'session-close', session });
  assert.equal(driver.refused({ kind: 'session-close', session }).code, 'session-expired');
  assert.equal(driver.refused({ kind: 'lease-grant', lease: 0, ttlMs: 10, session }).code, 'session-expired');
});

test('a number that a session once owned and that now is another lease survives the session', () => {
  const driver = new Driver();
  const session = driver.openSession();
  driver.send({ kind: 'lease-grant', lease: 50, ttlMs: 10, session });
  driver.send({ kind: 'lease-revoke', lease: 50 });
  driver.send({ kind: 'lease-grant', lease: 50, ttlMs: 10, session: 0 });
  driver.send({ kind: 'session-close', session });
  assert.equal(driver.store.lease(50)?.session, 0);
});

test('what became of leases is told with each command, so that the leader can set its clock', () => {
  const driver = new Driver();
  const lease = driver.grant();
  assert.deepEqual(driver.last?.leases, [{ lease, change: 'granted' }]);
  driver.send({ kind: 'lease-keep-alive', lease });
  assert.deepEqual(driver.last?.leases, [{ lease, change: 'renewed' }]);
  driver.send({ kind: 'lease-checkpoint', leases: [{ lease, renewals: 1, remainingMs: 5 }] });
  assert.deepEqual(driver.last?.leases, [{ lease, change: 'checkpointed' }]);
  driver.send(put('a'));
  assert.deepEqual(driver.last?.leases, []);
});
