/** So many calls in a time, as a policy: who is refused with which time, who waits, and what is left of it. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { isQuorateError } from '../../src/base/index.ts';
import {
  type ExecuteOptions,
  type PolicyEvent,
  type RateLimit,
  type RateLimitOptions,
  rateLimit,
} from '../../src/resilience/index.ts';
import { ManualClock, pass, turn } from '../net/manual-clock.ts';

/** Calls by name, when each began, and what became of those that did not. */
class Gate {
  readonly clock = new ManualClock();
  readonly began: string[] = [];
  readonly refused = new Map<string, unknown>();
  readonly events: PolicyEvent[] = [];
  readonly limit: RateLimit;

  constructor(options: RateLimitOptions) {
    this.limit = rateLimit({ ...options, clock: this.clock });
    this.limit.onEvent((event) => this.events.push(event));
  }

  async call(name: string, options?: ExecuteOptions): Promise<void> {
    const task = (): void => {
      this.began.push(`${name}@${this.clock.now() - 1000}`);
    };
    this.limit.execute(task, options).catch((error: unknown) => {
      const { code, data } = isQuorateError(error) ? error : { code: error, data: {} };
      this.refused.set(name, 'retryAfterMs' in data ? `${code} ${data.retryAfterMs}` : code);
    });
    await turn();
  }

  async calls(names: string, options?: ExecuteOptions): Promise<void> {
    for (const name of names.split(' ')) await this.call(name, options);
  }

  /** In steps, so that what falls due has its turn. */
  async pass(milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 10) {
      this.clock.advance(10);
      await turn();
    }
  }
}

test('who comes too early is refused with the time at which it works, and is told', async () => {
  const gate = new Gate({ calls: 2, per: 1000, name: 'orders' });
  await gate.calls('a b c');
  assert.deepEqual(gate.began, ['a@0', 'b@0']);
  assert.equal(gate.refused.get('c'), 'rate-limited 500');
  assert.deepEqual(gate.events, [
    { type: 'rate-limited', kind: 'rate-limit', policy: 'orders', key: undefined, retryAfterMs: 500 },
  ]);
  await gate.pass(490);
  await gate.call('d');
  assert.equal(gate.refused.get('d'), 'rate-limited 10');
  await gate.pass(10);
  await gate.call('e');
  assert.deepEqual(gate.began, ['a@0', 'b@0', 'e@500']);
  assert.equal(gate.clock.timers, 0, 'no timer for refusing');
});

test('each form of a rate', async () => {
  const rows: readonly [RateLimitOptions, number, string][] = [
    [{ perSecond: 5 }, 5, 'rate-limited 200'],
    [{ perSecond: 0.5 }, 1, 'rate-limited 2000'],
    [{ perSecond: 5, burst: 1 }, 1, 'rate-limited 200'],
    [{ calls: 3, per: '1m' }, 3, 'rate-limited 20000'],
    [{ calls: 3, per: '1s', burst: 10 }, 10, 'rate-limited 334'],
    [{ perSecond: 3, algorithm: 'sliding-window' }, 3, 'rate-limited 1063'],
  ];
  for (const [options, atOnce, refusal] of rows) {
    const gate = new Gate(options);
    for (let index = 0; index < atOnce; index += 1) await gate.call(`${index}`);
    await gate.call('last');
    assert.deepEqual([gate.began.length, gate.refused.get('last')], [atOnce, refusal]);
  }
});

test('what a task throws, at once or later, goes through as it is', async () => {
  const limit = rateLimit({ perSecond: 100, clock: new ManualClock() });
  for (const thrown of [undefined, 'text', new RangeError('mine')]) {
    const throwing = (): never => {
      throw thrown;
    };
    for (const task of [throwing, () => Promise.reject(thrown)]) {
      const outcome = await limit.execute(task).then(
        () => ({ resolved: true }),
        (error: unknown) => ({ error }),
      );
      assert.deepEqual(outcome, { error: thrown });
    }
  }
});

test('keyed: each key has a rate of its own, those without one share one', async () => {
  const gate = new Gate({ calls: 1, per: 1000, keyed: true });
  for (const key of ['ann', 'ben', undefined]) {
    await gate.calls(`${key}1 ${key}2`, key === undefined ? {} : { key });
    assert.equal(gate.refused.get(`${key}2`), 'rate-limited 1000');
  }
  assert.equal(gate.began.length, 3);
  assert.deepEqual([gate.limit.keys, gate.clock.timers], [2, 0]);
  const plain = new Gate({ calls: 1, per: 1000 });
  await plain.call('a', { key: 'ann' });
  await plain.call('b', { key: 'ben' });
  assert.equal(plain.refused.get('b'), 'rate-limited 1000', 'not keyed: one rate for all');
});

test('keyed: memory is bounded, and a key whose calls are forgiven goes before one whose are not', async () => {
  const gate = new Gate({ calls: 1, per: 1000, keyed: true, keysMax: 3 });
  await gate.calls('a', { key: 'old' });
  await gate.pass(1000);
  for (const key of ['x', 'y', 'z']) await gate.call(key, { key });
  assert.equal(gate.limit.keys, 3);
  for (const key of ['x', 'y', 'z']) await gate.call(`${key} again`, { key });
  assert.equal(gate.refused.size, 3, 'the idle one went');
  for (let index = 0; index < 100; index += 1) await gate.call(`${index}`, { key: `${index}` });
  assert.equal(gate.limit.keys, 3);
});

test('waiting: in the order of coming, each at its time, with one timer that is gone with the last', async () => {
  const gate = new Gate({ calls: 1, per: 100, mode: 'wait' });
  await gate.calls('a b c d');
  assert.deepEqual([gate.limit.waiting, gate.clock.timers, gate.clock.foreground], [3, 1, 1]);
  assert.deepEqual(gate.events[1], {
    ...{ type: 'rate-queued', kind: 'rate-limit', policy: 'rate-limit' },
    ...{ key: undefined, waiting: 2 },
  });
  await gate.pass(300);
  assert.deepEqual(gate.began, ['a@0', 'b@100', 'c@200', 'd@300']);
  assert.deepEqual([gate.limit.waiting, gate.clock.timers], [0, 0]);
});

test('waiting: keys do not wait for each other, and have one timer together', async () => {
  const gate = new Gate({ calls: 1, per: 100, mode: 'wait', keyed: true });
  await gate.calls('a1 a2 a3', { key: 'a' });
  await gate.pass(50);
  await gate.calls('b1 b2', { key: 'b' });
  assert.deepEqual([gate.limit.waiting, gate.clock.timers], [3, 1]);
  await gate.pass(150);
  assert.deepEqual(gate.began, ['a1@0', 'b1@50', 'a2@100', 'b2@150', 'a3@200']);
  assert.equal(gate.clock.timers, 0);
});

test('waiting: a key that is forgotten while its calls wait keeps their order and their rate', async () => {
  const gate = new Gate({ calls: 1, per: 100, mode: 'wait', keyed: true, keysMax: 1 });
  await gate.calls('a1 a2', { key: 'a' });
  await gate.calls('b1', { key: 'b' });
  await gate.calls('a3', { key: 'a' });
  await gate.pass(200);
  assert.deepEqual(gate.began, ['a1@0', 'b1@0', 'a2@100', 'a3@200']);
});

test('waiting: who gives up is answered at once, leaves nothing, and those behind him move up', async () => {
  const gate = new Gate({ calls: 1, per: 100, mode: 'wait' });
  const giving = new AbortController();
  await gate.call('a');
  await gate.call('b', { signal: giving.signal });
  await gate.call('c');
  giving.abort('enough');
  await turn();
  assert.equal(gate.refused.get('b'), 'enough');
  assert.equal(getEventListeners(giving.signal, 'abort').length, 0);
  await gate.pass(100);
  assert.deepEqual(gate.began, ['a@0', 'c@100']);
  const last = new AbortController();
  await gate.call('d', { signal: last.signal });
  assert.equal(gate.clock.timers, 1);
  last.abort('enough');
  await turn();
  assert.deepEqual([gate.limit.waiting, gate.clock.timers], [0, 0], 'the timer goes with the last who waits');
});

test('waiting: many keys whose calls all give up leave nothing behind, and others begin at their time', async () => {
  const gate = new Gate({ calls: 1, per: '1h', mode: 'wait', keyed: true, queued: 1000 });
  const giving = new AbortController();
  await gate.calls('stays1 stays2', { key: 'stays' });
  for (let key = 0; key < 100; key += 1) {
    await gate.call('first', { key: `${key}` });
    await gate.call('second', { key: `${key}`, signal: giving.signal });
  }
  assert.equal(gate.limit.waiting, 101);
  giving.abort('enough');
  await turn();
  assert.deepEqual([gate.limit.waiting, gate.clock.timers], [1, 1]);
  gate.clock.advance(3_600_000);
  await turn();
  assert.equal(gate.began.at(-1), 'stays2@3600000');
  assert.equal(gate.clock.timers, 0);
});

test('waiting: who could not begin in his own time is refused at once, with the time it would take', async () => {
  const gate = new Gate({ calls: 1, per: 100, mode: 'wait' });
  await gate.calls('a b');
  await gate.call('c', { timeout: 199 });
  assert.equal(gate.refused.get('c'), 'rate-limited 200');
  await gate.call('d', { timeout: 201 });
  await gate.pass(200);
  assert.deepEqual(gate.began, ['a@0', 'b@100', 'd@200']);
  assert.equal(gate.clock.timers, 0);
});

test('waiting: a call whose time is over when its turn comes is not begun and takes no permit', async () => {
  const gate = new Gate({ calls: 1, per: 100, mode: 'wait' });
  await gate.call('a');
  await gate.call('b', { timeout: 150 });
  await gate.call('c');
  gate.clock.stall(160);
  gate.limit.configure({ calls: 1, per: 100 });
  await turn();
  assert.equal(gate.refused.get('b'), 'deadline-exceeded');
  assert.deepEqual(gate.began, ['a@0', 'c@160']);
});

test('waiting: a full queue refuses', async () => {
  const gate = new Gate({ calls: 1, per: 100, mode: 'wait', queued: 2 });
  await gate.calls('a b c d');
  assert.deepEqual([gate.limit.waiting, gate.refused.get('d')], [2, 'rate-limited 300']);
});

test('given up in the turn in which it may begin: the task does not begin', async () => {
  const gate = new Gate({ calls: 1, per: 100, mode: 'wait' });
  const giving = new AbortController();
  await gate.call('a');
  await gate.call('b', { signal: giving.signal });
  gate.clock.advance(100);
  giving.abort('enough');
  await turn();
  assert.deepEqual([gate.began, gate.refused.get('b')], [['a@0'], 'enough']);
});

test('new settings: a higher rate lets waiters in at once, a lower one lets them wait longer', async () => {
  const gate = new Gate({ calls: 1, per: 100, mode: 'wait' });
  await gate.calls('a b c d e');
  gate.limit.configure({ calls: 3, per: 100 });
  await turn();
  assert.deepEqual(gate.began, ['a@0', 'b@0', 'c@0']);
  gate.limit.configure({ calls: 1, per: 200, queued: 0 });
  await gate.call('f');
  assert.deepEqual([gate.limit.waiting, gate.began.length], [2, 3]);
  assert.match(String(gate.refused.get('f')), /^rate-limited/, 'the queue takes nobody any more');
  await gate.pass(800);
  assert.deepEqual(gate.began.slice(3), ['d@600', 'e@800']);
  assert.throws(() => gate.limit.configure({ calls: 0, per: 100 }), { code: 'invalid-option' });
});

test('new settings: fewer keys', async () => {
  const gate = new Gate({ calls: 1, per: 100, keyed: true });
  for (let key = 0; key < 10; key += 1) await gate.call('a', { key: `${key}` });
  gate.limit.configure({ calls: 1, per: 100, keysMax: 2 });
  assert.equal(gate.limit.keys, 2);
});

test('any calls, pauses and givings up: all begin that do not give up, in order, never too many at a time', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('call' as const), key: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(150) }),
    fc.record({ kind: fc.constant('abort' as const), which: fc.nat(50) }),
  );
  const algorithms = fc.constantFrom('token-bucket' as const, 'sliding-window' as const);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), algorithms, async (given, algorithm) => {
      const clock = new ManualClock();
      const limit = rateLimit({ algorithm, calls: 2, per: 100, mode: 'wait', keyed: true, clock });
      const began: { readonly id: number; readonly key: string; readonly atMs: number }[] = [];
      const givers: AbortController[] = [];
      const givenUp = new Set<number>();
      for (const one of given) {
        if (one.kind === 'call') {
          const id = givers.length;
          const giver = new AbortController();
          givers.push(giver);
          const task = (): void => void began.push({ id, key: one.key, atMs: clock.now() });
          limit.execute(task, { key: one.key, signal: giver.signal }).catch(() => givenUp.add(id));
        } else if (one.kind === 'pass') await pass(clock, one.ms);
        else givers[one.which]?.abort('enough');
        await turn();
      }
      for (let round = 0; limit.waiting > 0; round += 1) {
        assert.ok(round < 10_000, 'everybody begins in the end');
        await pass(clock, 10);
      }
      await turn();
      assert.equal(clock.timers, 0);
      assert.equal(began.length + givenUp.size, givers.length);
      for (const key of ['a', 'b', 'c']) {
        const own = began.filter((one) => one.key === key);
        assert.deepEqual(
          own,
          own.toSorted((left, right) => left.id - right.id),
          'in the order of coming',
        );
        for (const { atMs } of own) {
          const within = own.filter((one) => one.atMs > atMs - 100 && one.atMs <= atMs).length;
          assert.ok(within <= (algorithm === 'sliding-window' ? 2 : 4), `${within} in 100 ms`);
        }
      }
    }),
    { numRuns: 150 },
  );
});

const refusals: readonly [string, RateLimitOptions, string][] = [
  ['no rate', { perSecond: 0 }, 'perSecond'],
  ['no rate at all', {} as RateLimitOptions, 'perSecond'],
  ['two rates', { perSecond: 1, calls: 1, per: 1 } as unknown as RateLimitOptions, 'perSecond'],
  ['a negative rate', { calls: -1, per: 1000 }, 'calls'],
  ['no time', { calls: 1, per: 0 }, 'per'],
  ['half a call in a window', { perSecond: 0.5, algorithm: 'sliding-window' }, 'perSecond'],
  ['a burst of a window', { perSecond: 5, burst: 5, algorithm: 'sliding-window' }, 'burst'],
  ['no burst', { perSecond: 5, burst: 0 }, 'burst'],
  ['a queue below nothing', { perSecond: 5, mode: 'wait', queued: -1 }, 'queued'],
  ['a way to count that there is not', { perSecond: 5, algorithm: 'leaky' as 'token-bucket' }, 'algorithm'],
  ['a mode that there is not', { perSecond: 5, mode: 'drop' as 'wait' }, 'mode'],
  ['no key', { perSecond: 5, keyed: true, keysMax: 0 }, 'keysMax'],
];
for (const [name, options, option] of refusals) {
  test(`refused when it is made: ${name}`, () => {
    assert.throws(
      () => rateLimit(options),
      (error) => {
        assert.ok(isQuorateError(error) && error.code === 'invalid-option');
        assert.equal(error.data.option, option);
        return true;
      },
    );
  });
}
