/** A limit that finds itself, as a policy: what counts as an answer and a drop, who is shed first, and what it says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError, QuorateError } from '../../src/base/index.ts';
import {
  type AdaptiveLimitOptions,
  adaptiveLimit,
  type LoopDelaySource,
  loopDelayMeter,
  type PolicyEvent,
  type Priority,
  policy,
  timeout,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

const aimd = { strategy: 'aimd', initial: 10, minimum: 2, maximum: 50, window: 10 } as const;

function overloaded(): QuorateError {
  const data = { waitMs: 1, retryAfterMs: 1 };
  return new QuorateError({ code: 'overloaded', message: 'too much to do', data });
}

/** `count` calls one after the other that take a millisecond each. */
async function calls(
  limit: ReturnType<typeof adaptiveLimit>,
  clock: ManualClock,
  count: number,
  task: () => unknown,
): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const answer = limit.execute(async () => {
      await turn();
      clock.advance(1);
      return task();
    });
    await answer.catch(() => undefined);
  }
}

test('each priority may fill its share, the one above it more, and what is shed is told with a time', async () => {
  const clock = new ManualClock();
  const events: PolicyEvent[] = [];
  const limit = adaptiveLimit({ ...aimd, initial: 20, name: 'orders', clock });
  limit.onEvent((event) => events.push(event));
  const works: PromiseWithResolvers<void>[] = [];
  const running: Record<string, number> = {};
  for (const priority of ['low', 'normal', 'high', 'critical'] as const) {
    for (let index = 0; index < 20; index += 1) {
      const work = Promise.withResolvers<void>();
      works.push(work);
      limit.execute(() => work.promise, { priority }).catch(() => undefined);
    }
    await turn();
    running[priority] = limit.running;
  }
  assert.deepEqual(running, { low: 10, normal: 16, high: 19, critical: 20 });
  const refused = limit.execute(() => 1, { priority: 'low' });
  await assert.rejects(refused, {
    ...{ code: 'load-shed', outcome: 'not-applied', retryable: true },
    data: { limiter: 'orders', limit: 20, priority: 'low', retryAfterMs: 100 },
  });
  assert.deepEqual(events.at(-1), {
    ...{ type: 'load-shed', kind: 'adaptive-limit', policy: 'orders', reason: 'limit' },
    ...{ priority: 'low', running: 20, limit: 20 },
  });
  for (const work of works) work.resolve();
  await turn();
  assert.equal(limit.running, 0);
});

test('a limit of one lets every priority run', async () => {
  const limit = adaptiveLimit({ strategy: 'aimd', initial: 1, maximum: 1, clock: new ManualClock() });
  for (const priority of ['low', 'normal', 'high', 'critical'] as const) {
    assert.equal(await limit.execute(() => priority, { priority }), priority);
  }
});

const drops: readonly [string, unknown, boolean][] = [
  ['overloaded', overloaded(), true],
  ['an error of another package with such a code', { code: 'ETIMEDOUT' }, true],
  ['what AbortSignal.timeout throws', new DOMException('late', 'TimeoutError'), true],
  ['a failure of another kind', new RangeError('mine'), false],
  ['an abort', new DOMException('stopped', 'AbortError'), false],
  ['nothing', undefined, false],
  ['an error whose getter fails', Object.defineProperty({}, 'code', { get: () => assert.fail() }), false],
];
for (const [name, thrown, isDrop] of drops) {
  test(`${isDrop ? 'a drop' : 'no drop'}: ${name}; and it goes through as it is`, async () => {
    const clock = new ManualClock();
    const limit = adaptiveLimit({ ...aimd, clock });
    await calls(limit, clock, 11, () => {
      throw thrown;
    });
    assert.equal(limit.limit, isDrop ? 9 : 10);
    const outcome = await limit
      .execute(() => Promise.reject(thrown))
      .then(
        () => ({ resolved: true }),
        (error: unknown) => ({ error }),
      );
    assert.deepEqual(outcome, { error: thrown });
    assert.equal(limit.running, 0);
  });
}

test('it grows while it is used, and not otherwise; both are told', async () => {
  const clock = new ManualClock();
  const events: PolicyEvent[] = [];
  const limit = adaptiveLimit({ ...aimd, clock });
  limit.onEvent((event) => events.push(event));
  await calls(limit, clock, 40, () => 'done');
  assert.equal(limit.limit, 10, 'one of ten is no use of it');
  const works = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const answers = works.map((work) => limit.execute(() => work.promise));
  await calls(limit, clock, 5, () => 'done');
  assert.equal(limit.limit, 11);
  assert.deepEqual(events, [
    { type: 'limit-changed', kind: 'adaptive-limit', policy: 'adaptive-limit', before: 10, limit: 11 },
  ]);
  for (const work of works) work.resolve();
  await Promise.all(answers);
});

test('work that a time limit within gave up still counts as running, and as a drop', async () => {
  const clock = new ManualClock();
  const limit = adaptiveLimit({ ...aimd, clock });
  const guarded = policy(limit, timeout({ after: 20, clock }));
  const works = Array.from({ length: 8 }, () => Promise.withResolvers<void>());
  const answers = works.map((work) => guarded.execute(() => work.promise));
  await turn();
  clock.advance(20);
  for (const answer of answers) await assert.rejects(answer, { code: 'deadline-exceeded' });
  await turn();
  assert.equal(limit.running, 8);
  for (const work of works) work.resolve();
  await turn();
  assert.equal(limit.running, 0);
  for (let round = 0; round < 3; round += 1) {
    const answer = guarded.execute(() => new Promise(() => undefined));
    await turn();
    clock.advance(20);
    await assert.rejects(answer, { code: 'deadline-exceeded' });
  }
  assert.equal(limit.limit, 9);
});

test('where this process runs late, low priorities are shed first and critical ones never', async () => {
  const clock = new ManualClock();
  let delayMs = 0;
  const loop = { delayMs: () => delayMs };
  const limit = adaptiveLimit({ ...aimd, loop, loopDelayMax: '50ms', clock });
  const shed = async (): Promise<readonly Priority[]> => {
    const refused: Priority[] = [];
    for (const priority of ['low', 'normal', 'high', 'critical'] as const) {
      await limit
        .execute(() => 1, { priority })
        .catch((error: unknown) => {
          assert.ok(isQuorateError(error) && error.code === 'load-shed');
          assert.equal(error.data.retryAfterMs, Math.min(1000, delayMs));
          refused.push(priority);
        });
    }
    return refused;
  };
  const byDelay: Record<number, readonly Priority[]> = {};
  for (delayMs of [0, 50, 51, 101, 201, 10_000]) byDelay[delayMs] = await shed();
  assert.deepEqual(byDelay, {
    0: [],
    50: [],
    51: ['low'],
    101: ['low', 'normal'],
    201: ['low', 'normal', 'high'],
    10000: ['low', 'normal', 'high'],
  });
});

test('the meter tells how late the loop was, how late it already is, and keeps no process alive', () => {
  const clock = new ManualClock();
  const meter = loopDelayMeter({ every: 20, clock });
  assert.equal(clock.foreground, 0);
  clock.advance(100);
  assert.equal(meter.delayMs(), 0);
  clock.stall(70);
  assert.equal(meter.delayMs(), 50, 'the look that was due after 20 ms is 50 ms late');
  clock.advance(0);
  assert.equal(meter.delayMs(), 50, 'and was');
  clock.advance(20);
  assert.equal(meter.delayMs(), 0);
  meter.close();
  meter.close();
  clock.stall(1000);
  assert.deepEqual([meter.delayMs(), clock.timers], [0, 0]);
  assert.throws(() => loopDelayMeter({ every: 0, clock }), { code: 'invalid-option' });
});

test('new settings: the limit moves into its bounds, shares change, what runs goes on', async () => {
  const clock = new ManualClock();
  const limit = adaptiveLimit({ ...aimd, initial: 20, clock });
  const work = Promise.withResolvers<void>();
  const answers = Array.from({ length: 20 }, () =>
    limit.execute(() => work.promise, { priority: 'critical' }),
  );
  limit.configure({ strategy: 'aimd', maximum: 5, shares: { low: 0.2 } });
  assert.deepEqual([limit.limit, limit.running], [5, 20]);
  await assert.rejects(
    limit.execute(() => 1, { priority: 'critical' }),
    { code: 'load-shed' },
  );
  work.resolve();
  await Promise.all(answers);
  const one = Promise.withResolvers<void>();
  const first = limit.execute(() => one.promise, { priority: 'low' });
  await assert.rejects(
    limit.execute(() => 1, { priority: 'low' }),
    { code: 'load-shed' },
  );
  one.resolve();
  await first;
  assert.throws(() => limit.configure({ minimum: 0 }), { code: 'invalid-option' });
  assert.equal(limit.limit, 5, 'what was refused has changed nothing');
});

test('new settings: the same strategy keeps what it has learned, another one begins anew', async () => {
  for (const [strategy, expected] of [
    ['gradient', 10],
    [{ kind: 'gradient', tolerance: 1.6 }, 12],
  ] as const) {
    const clock = new ManualClock();
    const limit = adaptiveLimit({ initial: 10, window: 10, clock });
    const slowly = async (): Promise<void> => {
      await calls(limit, clock, 1, () => clock.advance(50));
    };
    await calls(limit, clock, 11, () => 'quick');
    limit.configure({ window: 10, strategy });
    const works = Array.from({ length: 7 }, () => Promise.withResolvers<void>());
    const answers = works.map((work) => limit.execute(() => work.promise));
    for (let index = 0; index < 11; index += 1) await slowly();
    assert.equal(limit.limit, expected);
    for (const work of works) work.resolve();
    await Promise.all(answers);
  }
});

const refusals: readonly [string, AdaptiveLimitOptions, string][] = [
  ['a minimum of nothing', { minimum: 0 }, 'minimum'],
  ['a maximum below the minimum', { minimum: 5, maximum: 4 }, 'maximum'],
  ['a beginning out of the bounds', { minimum: 5, maximum: 9, initial: 10 }, 'initial'],
  ['a beginning that is no number', { initial: '5' as unknown as number }, 'initial'],
  ['a share that is no number', { shares: { low: '0.5' as unknown as number } }, 'shares.low'],
  ['codes that are one text', { dropCodes: 'overloaded' as unknown as string[] }, 'dropCodes'],
  ['a meter that measures nothing', { loop: {} as LoopDelaySource }, 'loop'],
  [
    'a backoff that is no number',
    { strategy: { kind: 'aimd', backoff: '0.9' as unknown as number } },
    'strategy.backoff',
  ],
  ['a window of no length', { window: 0 }, 'window'],
  ['a share of nothing', { shares: { low: 0 } }, 'shares.low'],
  ['more for a lower priority', { shares: { high: 0.5 } }, 'shares.normal'],
  ['more than all', { shares: { critical: 1.1 } }, 'shares.critical'],
  ['no delay at all', { loopDelayMax: 0 }, 'loopDelayMax'],
  ['a strategy that there is not', { strategy: 'vegas' as 'aimd' }, 'strategy'],
  ['a backoff that backs off nowhere', { strategy: { kind: 'aimd', backoff: 1 } }, 'strategy.backoff'],
  ['nothing is quick enough', { strategy: { kind: 'aimd', slowAfter: 0 } }, 'strategy.slowAfter'],
  ['no tolerance', { strategy: { kind: 'gradient', tolerance: 0.9 } }, 'strategy.tolerance'],
];
for (const [name, options, option] of refusals) {
  test(`refused when it is made: ${name}`, () => {
    assert.throws(
      () => adaptiveLimit(options),
      (error) => {
        assert.ok(isQuorateError(error) && error.code === 'invalid-option');
        assert.equal(error.data.option, option);
        return true;
      },
    );
  });
}
