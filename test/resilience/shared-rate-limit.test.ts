/** A rate of many processes, from the side of one: when it asks, who waits, and what it does without an answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import {
  type ExecuteOptions,
  type PolicyEvent,
  type RateGrant,
  type RateRequest,
  type RateSource,
  type SharedRateLimit,
  type SharedRateLimitOptions,
  sharedRateLimit,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

interface Asked extends RateRequest {
  readonly answer: PromiseWithResolvers<RateGrant>;
}

/** A source that answers when the test does. */
class Office implements RateSource {
  readonly clock = new ManualClock();
  readonly asked: Asked[] = [];
  readonly events: PolicyEvent[] = [];
  readonly began: string[] = [];
  readonly refused = new Map<string, string>();
  readonly limit: SharedRateLimit;

  constructor(options: Partial<SharedRateLimitOptions> = {}) {
    const rate = { calls: 100, per: 1000, block: 10, keep: 500, ...options } as SharedRateLimitOptions;
    this.limit = sharedRateLimit({ ...rate, source: this, clock: this.clock });
    this.limit.onEvent((event) => this.events.push(event));
  }

  take(request: RateRequest): Promise<RateGrant> {
    const answer = Promise.withResolvers<RateGrant>();
    this.asked.push({ ...request, answer });
    return answer.promise;
  }

  async grant(granted: number, retryAfterMs = 0): Promise<void> {
    this.asked.at(-1)?.answer.resolve({ granted, retryAfterMs });
    await turn();
  }

  async lose(): Promise<void> {
    this.asked.at(-1)?.answer.reject(new RangeError('away'));
    await turn();
  }

  async call(name: string, options?: ExecuteOptions): Promise<void> {
    this.limit
      .execute(() => void this.began.push(name), options)
      .catch((error: unknown) =>
        this.refused.set(
          name,
          isQuorateError(error) && error.code === 'rate-limited'
            ? `${error.code} ${error.data.retryAfterMs}`
            : String((error as { code?: string }).code ?? error),
        ),
      );
    await turn();
  }

  async calls(count: number, name: string, options?: ExecuteOptions): Promise<void> {
    for (let index = 0; index < count; index += 1) await this.call(`${name}${index}`, options);
  }
}

test('permits come in blocks: one request for many calls, and the next before they are used up', async () => {
  const office = new Office();
  await office.calls(2, 'a');
  assert.deepEqual(
    [office.asked.length, office.limit.waiting],
    [1, 2],
    'who comes meanwhile waits for the same answer',
  );
  const { key, rule, calls, withinMs } = office.asked[0] as Asked;
  assert.deepEqual(
    { key, rule, calls, withinMs },
    {
      ...{ key: undefined, rule: { calls: 100, perMs: 1000, burst: 100 } },
      ...{ calls: 10, withinMs: 500 },
    },
  );
  await office.grant(10);
  assert.deepEqual(office.began, ['a0', 'a1']);
  await office.calls(3, 'b');
  assert.equal(office.asked.length, 1);
  await office.call('c');
  assert.equal(office.asked.length, 2, 'less than half of a block is left');
  await office.calls(4, 'd');
  assert.equal(office.began.length, 10);
  await office.grant(10);
  await office.calls(5, 'e');
  assert.deepEqual([office.began.length, office.asked.length, office.limit.waiting], [15, 2, 0]);
  assert.equal(office.clock.timers, 0);
});

test('as many are asked for as wait, and what is not enough is asked for again', async () => {
  const office = new Office({ burst: 12 });
  await office.call('first');
  await office.calls(19, 'a');
  await office.grant(10);
  assert.deepEqual([office.began.length, office.asked.length], [10, 2]);
  assert.equal(office.asked[1]?.calls, 10);
  await office.grant(10);
  assert.deepEqual([office.began.length, office.limit.waiting], [20, 0]);
});

test('where there are no more, all are refused with the time that was told, and nobody asks before', async () => {
  const office = new Office();
  await office.calls(3, 'a');
  await office.grant(1, 70);
  assert.deepEqual(office.began, ['a0']);
  assert.deepEqual(
    [office.refused.get('a1'), office.refused.get('a2')],
    ['rate-limited 70', 'rate-limited 70'],
  );
  office.clock.advance(50);
  await office.call('b');
  assert.deepEqual([office.refused.get('b'), office.asked.length], ['rate-limited 20', 1]);
  office.clock.advance(20);
  await office.call('c');
  assert.equal(office.asked.length, 2);
  await office.grant(10);
  assert.equal(office.began.at(-1), 'c');
});

test('permits that lay here too long are not used', async () => {
  const office = new Office();
  await office.call('a');
  office.clock.advance(100);
  await office.grant(10);
  office.clock.advance(399);
  await office.call('b');
  assert.deepEqual(office.began, ['a', 'b']);
  office.clock.advance(1);
  await office.call('c');
  assert.deepEqual([office.limit.waiting, office.asked.length], [1, 2]);
  await office.grant(10);
});

test('who waits has his permit, however long it was on its way; the rest of the block is too old', async () => {
  const office = new Office({ patience: '11s' });
  await office.call('a');
  office.clock.advance(10_000);
  await office.grant(10);
  assert.deepEqual([office.began, office.limit.waiting], [['a'], 0]);
  await office.call('b');
  assert.equal(office.asked.length, 2);
  await office.grant(10);
});

test('who gives up while he waits is answered at once and takes no permit; neither does one who is too late', async () => {
  const office = new Office({ burst: 10 });
  const giving = new AbortController();
  await office.call('a', { signal: giving.signal });
  await office.call('late', { timeout: 50 });
  await office.calls(10, 'b');
  giving.abort('enough');
  await turn();
  assert.deepEqual([office.refused.get('a'), office.limit.waiting], ['enough', 11]);
  office.clock.stall(60);
  await office.grant(10);
  assert.equal(office.refused.get('late'), 'deadline-exceeded');
  assert.deepEqual([office.began.length, office.limit.waiting], [10, 0]);
});

test('a source that does not answer: refuse', async () => {
  const office = new Office({ name: 'orders' });
  await office.calls(2, 'a');
  await office.lose();
  assert.deepEqual([...office.refused.values()], ['rate-limited 1000', 'rate-limited 1000']);
  assert.equal(office.limit.isLost, true);
  assert.deepEqual(
    office.events.find((event) => event.type === 'rate-source-lost'),
    {
      ...{ type: 'rate-source-lost', kind: 'rate-limit', policy: 'orders' },
      error: new RangeError('away'),
    },
  );
  await assert.rejects(
    office.limit.execute(() => 1),
    (error) => isQuorateError(error) && error.cause instanceof RangeError,
  );
  assert.equal(office.asked.length, 1, 'asked again after a second, not before');
  office.clock.advance(1000);
  await office.call('b');
  assert.deepEqual(
    [office.asked.length, office.refused.get('b')],
    [2, 'rate-limited 1000'],
    'and in the background',
  );
  await office.grant(10);
  assert.equal(office.limit.isLost, false);
  await office.call('c');
  assert.deepEqual(office.began, ['c']);
  assert.equal(office.events.filter((event) => event.type === 'rate-source-found').length, 1);
});

test('a source that does not answer: a share of the rate by its own count, for who waits too', async () => {
  const office = new Office({ onLoss: 'local-share', share: 0.05, keyed: true });
  await office.calls(8, 'a', { key: 'ann' });
  await office.lose();
  assert.deepEqual([office.began.length, office.refused.get('a5')], [5, 'rate-limited 200']);
  await office.calls(8, 'b', { key: 'ben' });
  assert.equal(office.began.length, 10, 'each key has its share');
  for (let second = 0; second < 10; second += 1) {
    office.clock.advance(1000);
    await office.calls(8, `${second}-`, { key: 'ann' });
    await office.lose();
  }
  assert.equal(office.began.length, 60, 'five a second');
  assert.equal(office.asked.length, 11, 'asked for once a second');
  assert.equal(office.events.filter((event) => event.type === 'rate-source-lost').length, 1, 'told once');
  assert.equal(office.clock.timers, 0);
});

test('a source that throws has rejected, and what was taken before may be used', async () => {
  const office = new Office();
  await office.call('a');
  await office.grant(10);
  office.take = () => {
    throw new RangeError('broken');
  };
  await office.calls(9, 'b');
  assert.equal(office.limit.isLost, true);
  assert.equal(office.began.length, 10);
  await office.call('c');
  assert.equal(office.refused.get('c'), 'rate-limited 1000');
});

test('a source that never answers is waited for as long as the patience says, and what it says later is lost', async () => {
  const office = new Office({ patience: 300, onLoss: 'local-share', share: 0.01 });
  await office.calls(2, 'a');
  office.clock.advance(299);
  await turn();
  assert.deepEqual([office.began, office.limit.waiting], [[], 2]);
  office.clock.advance(1);
  await turn();
  assert.deepEqual([office.began, office.refused.get('a1')], [['a0'], 'rate-limited 1000']);
  await office.grant(10);
  assert.equal(office.limit.isLost, true);
  office.clock.advance(1000);
  await office.call('b');
  assert.deepEqual([office.asked.length, office.began.length], [2, 2], 'it is asked again');
  await office.grant(10);
  assert.deepEqual([office.limit.isLost, office.clock.timers], [false, 0]);
});

for (const [name, grant] of [
  ['nothing', undefined],
  ['no number', { granted: Number.NaN, retryAfterMs: 0 }],
  ['less than none', { granted: -1, retryAfterMs: 0 }],
  ['more than were wanted', { granted: 11, retryAfterMs: 0 }],
  ['no time', { granted: 0, retryAfterMs: Number.NaN }],
] as const) {
  test(`a source that grants ${name} has not answered`, async () => {
    const office = new Office();
    await office.call('a');
    office.asked[0]?.answer.resolve(grant as RateGrant);
    await turn();
    assert.deepEqual([office.refused.get('a'), office.limit.isLost], ['rate-limited 1000', true]);
    assert.equal(office.asked.length, 1);
  });
}

test('keyed: each key asks for itself, memory is bounded, and a full queue refuses', async () => {
  const office = new Office({ keyed: true, keysMax: 2, queued: 3 });
  for (const key of ['a', 'b', 'c', 'd']) await office.call(key, { key });
  assert.deepEqual(
    office.asked.map(({ key }) => key),
    ['a', 'b', 'c'],
  );
  assert.equal(office.refused.get('d'), 'rate-limited 500');
  for (const { answer } of office.asked) answer.resolve({ granted: 10, retryAfterMs: 0 });
  await turn();
  assert.deepEqual(office.began, ['a', 'b', 'c'], 'also who waited for a key that had to go');
  assert.equal(office.limit.waiting, 0);
});

test('what a task throws goes through as it is', async () => {
  const office = new Office();
  const first = assert.rejects(
    office.limit.execute(() => Promise.reject(new RangeError('mine'))),
    RangeError,
  );
  await turn();
  await office.grant(10);
  await first;
  const nothing: unknown = undefined;
  await assert.rejects(
    office.limit.execute(() => {
      throw nothing;
    }),
    (error) => error === undefined,
  );
});

test('new settings: a higher rate is asked for at once, by the new rule', async () => {
  const office = new Office();
  await office.call('a');
  await office.grant(0, 10_000);
  assert.equal(office.refused.get('a'), 'rate-limited 10000');
  office.limit.configure({ calls: 500, per: 1000, block: 20 });
  await office.call('b');
  assert.deepEqual([office.asked[1]?.rule.calls, office.asked[1]?.calls], [500, 20]);
  await office.grant(20);
  assert.deepEqual(office.began, ['b']);
  assert.throws(() => office.limit.configure({ calls: 0, per: 1000 }), { code: 'invalid-option' });
});

test('refused when it is made: a source that gives nothing', () => {
  for (const source of [undefined, null, {}, 'rates'])
    assert.throws(() => sharedRateLimit({ perSecond: 5, source: source as never }), {
      code: 'invalid-option',
      message: /source is/,
    });
});

const refusals: readonly [string, Partial<SharedRateLimitOptions>, string][] = [
  ['no rate', { calls: 0 }, 'calls'],
  ['no block', { block: 0 }, 'block'],
  ['a block that is never there', { block: 101 }, 'block'],
  ['nothing may be kept', { keep: 0 }, 'keep'],
  ['no patience', { patience: 0 }, 'patience'],
  ['nobody may wait', { queued: 0 }, 'queued'],
  ['no share', { onLoss: 'local-share' }, 'share'],
  ['more than all', { onLoss: 'local-share', share: 1.5 }, 'share'],
  ['a share that is no number', { onLoss: 'local-share', share: true as never }, 'share'],
  ['a share for nothing', { share: 0.5 }, 'share'],
  ['a way out that there is not', { onLoss: 'allow' as 'refuse' }, 'onLoss'],
];
for (const [name, options, option] of refusals) {
  test(`refused when it is made: ${name}`, () => {
    assert.throws(
      () => new Office(options),
      (error) => {
        assert.ok(isQuorateError(error) && error.code === 'invalid-option');
        assert.equal(error.data.option, option);
        return true;
      },
    );
  });
}
