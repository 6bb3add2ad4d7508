/** The port's own parts: how long a session may be relied on, what keeps it alive, and what every engine refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { isQuorateError, QuorateError } from '../../src/base/index.ts';
import {
  checkCapabilities,
  checkName,
  checkTransaction,
  deadlineMsOf,
  type Engine,
  Life,
  type Operation,
  Renewal,
  renewalShareDefault,
  renewalShareMax,
  type SessionState,
  sessionOver,
  splitKey,
} from '../../src/engines/port/index.ts';
import { ManualClock } from '../net/manual-clock.ts';

function livesFrom(clock: ManualClock, ttlMs: number): { life: Life; states: SessionState[] } {
  const life = new Life({ clock, name: 'one', ttlMs, sentAt: clock.now() });
  const states: SessionState[] = [];
  life.subscribe((state) => states.push(state));
  return { life, states };
}

test('a session is relied on from when its last answered renewal was sent, less what clocks differ by', () => {
  const clock = new ManualClock();
  const { life, states } = livesFrom(clock, 10_000);
  const sentAt = clock.now();
  clock.advance(9_000);
  assert.equal(life.remainingMs, 500);
  life.renewed(sentAt + 3_000);
  assert.equal(life.remainingMs, 3_500);
  life.renewed(sentAt + 1_000);
  assert.equal(life.remainingMs, 3_500, 'an answer that comes out of turn takes nothing away');
  clock.advance(3_500);
  assert.deepEqual([life.isLive, life.over.aborted, states], [false, true, ['lost']]);
});

test('an answer that comes too late brings nothing back', () => {
  const clock = new ManualClock();
  const { life } = livesFrom(clock, 1_000);
  const sentAt = clock.now();
  clock.advance(2_000);
  life.renewed(sentAt + 900);
  assert.deepEqual([life.isLive, life.state], [false, 'lost']);
  assert.throws(() => life.check(), { code: 'session-expired', outcome: 'not-applied' });
});

test('a process that stood still knows by its clock, before any timer has run', () => {
  const ways: readonly ((life: Life) => unknown)[] = [
    (life) => assert.equal(life.isLive, false),
    (life) => assert.equal(life.remainingMs, 0),
    (life) => assert.equal(life.over.aborted, true),
    (life) => assert.throws(() => life.over.throwIfAborted(), { code: 'session-expired' }),
  ];
  for (const ask of ways) {
    const clock = new ManualClock();
    const { life, states } = livesFrom(clock, 1_000);
    clock.stall(5_000);
    assert.deepEqual(states, [], 'no timer has run');
    ask(life);
    assert.deepEqual(states, ['lost']);
  }
});

test('the first reason of an end stays, and nobody hears of anything behind it', () => {
  const clock = new ManualClock();
  const { life, states } = livesFrom(clock, 1_000);
  life.end('it was closed');
  life.suspend();
  life.end('something else');
  assert.deepEqual(states, ['lost']);
  const { reason } = life.over;
  assert.ok(isQuorateError(reason) && reason.message.includes('it was closed'));
});

test('a session is renewed at its share, suspended while nobody answers, and back with the first answer', async () => {
  const clock = new ManualClock();
  const { life, states } = livesFrom(clock, 9_000);
  const sent: number[] = [];
  let answers = true;
  const renew = (): Promise<void> => {
    sent.push(clock.now());
    return answers ? Promise.resolve() : Promise.reject(unreachable());
  };
  const renewal = new Renewal({ clock, life, ttlMs: 9_000, share: renewalShareDefault, renew });
  const beganMs = clock.now();
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await turn();
  };
  await pass(3_000);
  answers = false;
  await pass(3_000);
  assert.deepEqual([life.state, sent.map((at) => at - beganMs)], ['suspended', [3_000, 6_000]]);
  answers = true;
  await pass(3_000);
  assert.deepEqual(states, ['suspended', 'reconnected']);
  await renewal.close();
  await pass(30_000);
  assert.equal(sent.length, 3, 'nothing is sent behind the end');
});

test('a renewal that hangs does not keep the next one from being sent', async () => {
  const clock = new ManualClock();
  const { life } = livesFrom(clock, 9_000);
  let sent = 0;
  const renew = (signal: AbortSignal): Promise<void> => {
    sent += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    return promise;
  };
  const renewal = new Renewal({ clock, life, ttlMs: 9_000, share: renewalShareMax, renew });
  renewal.now();
  clock.advance(6_300);
  assert.equal(sent, 2);
  life.end('it was closed');
  await renewal.close();
});

test('a session that its server has ended is over at once', async () => {
  const clock = new ManualClock();
  const { life, states } = livesFrom(clock, 9_000);
  const renew = (): Promise<void> => Promise.reject(sessionOver('one', 'the server knows none of this name'));
  const renewal = new Renewal({ clock, life, ttlMs: 9_000, share: 0.5, renew });
  renewal.now();
  await turn();
  assert.deepEqual(states, ['lost']);
  await renewal.close();
});

const small = {
  kind: 'nats',
  provides: {},
  limits: { ttlMsMin: 100, ttlMsMax: 1_000, valueBytesMax: 10, keyBytesMax: 40 },
} as const satisfies Pick<Engine, 'kind' | 'provides' | 'limits'>;

function put(key: string, bytes = 1): Operation {
  return { kind: 'put', key, value: new Uint8Array(bytes) };
}

const refused: readonly {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly fences?: readonly { readonly key: string; readonly token: number }[];
  readonly when?: readonly { readonly key: string; readonly is: 'absent' }[];
  readonly code: string;
}[] = [
  { name: 'nothing to do', operations: [], code: 'invalid-option' },
  { name: 'no key', operations: [put('a')], code: 'invalid-option' },
  { name: 'a long key', operations: [put(`a/${'b'.repeat(40)}`)], code: 'invalid-option' },
  { name: 'a large value', operations: [put('a/b', 11)], code: 'value-too-large' },
  { name: 'one key twice', operations: [put('a/b'), put('a/b')], code: 'invalid-option' },
  { name: 'two keys', operations: [put('a/b'), put('a/c')], code: 'capability-missing' },
  {
    name: 'a fence',
    operations: [put('a/b')],
    fences: [{ key: 'a/c', token: 1 }],
    code: 'capability-missing',
  },
  {
    name: 'a foreign condition',
    operations: [put('a/b')],
    when: [{ key: 'a/c', is: 'absent' }],
    code: 'capability-missing',
  },
  { name: 'half a number', operations: [{ kind: 'add', key: 'a/b', amount: 0.5 }], code: 'invalid-option' },
  {
    name: 'a label of capitals',
    operations: [{ kind: 'append', directory: 'a', label: 'LOCK', id: 'abcdefgh', value: new Uint8Array(0) }],
    code: 'invalid-option',
  },
  {
    name: 'a short id',
    operations: [{ kind: 'append', directory: 'a', label: 'lock', id: 'abc', value: new Uint8Array(0) }],
    code: 'invalid-option',
  },
];

for (const { name, code, ...request } of refused)
  test(`every engine refuses ${name}`, () => {
    assert.throws(() => checkTransaction(small, request), { code, outcome: 'not-applied' });
  });

test('what is left is taken', () => {
  checkTransaction(small, { when: [{ key: 'a/b', is: 'absent' }], operations: [put('a/b', 10)] });
  assert.deepEqual(splitKey('a/b/c', 40), { directory: 'a/b', name: 'c' });
  assert.equal(checkName('name', 'Grüße'), 'Grüße');
  assert.equal(deadlineMsOf('2s', 5), 2_000);
  assert.equal(deadlineMsOf(undefined, 5), 5);
});

test('who lacks a capability is told which one, and what it means', () => {
  checkCapabilities({ kind: 'etcd', provides: { fencing: true } }, 'a lock', ['fencing']);
  assert.throws(() => checkCapabilities(small, 'a lock', ['fencing']), {
    code: 'capability-missing',
    message: /a lock needs fencing .* which the engine nats does not have; use/,
  });
  const noted = { ...small, notes: { fencing: 'open it with more' } };
  assert.throws(() => checkCapabilities(noted, 'a lock', ['fencing']), {
    message: /does not have: open it with more; use/,
  });
});

function unreachable(): QuorateError {
  return new QuorateError({
    code: 'engine-unreachable',
    message: 'the server does not answer',
    data: { engine: 'nats', address: 'nowhere:1' },
  });
}
