/** After how long a hedge is sent: what it learns of its calls, what it may be told, and what it refuses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import { type HedgeOptions, hedge } from '../../src/resilience/index.ts';
import { turn } from '../net/manual-clock.ts';
import { Upstream } from './hedged-upstream.ts';

test('the delay is fixed until enough calls were seen, and then what most of them took', async () => {
  const upstream = new Upstream({ percentile: 90, samplesMin: 30 });
  for (let call = 1; call < 30; call += 1) await upstream.served(call <= 3 ? 80 : 10);
  assert.equal(upstream.hedged.delayMs, 100);
  await upstream.served(10);
  assert.ok(Math.abs(upstream.hedged.delayMs - 10) <= 0.5, `${upstream.hedged.delayMs} ms is about 10`);
  const answer = upstream.hedged.execute(upstream.task);
  const made = upstream.calls.length;
  await upstream.pass(11);
  assert.equal(upstream.calls.length, made + 1);
  upstream.answers.at(-1)?.resolve('second');
  await answer;
});

test('hedges that win do not make the delay shorter and shorter', async () => {
  const upstream = new Upstream({ percentile: 90, samplesMin: 40 });
  // First tries take 1 to 19 ms, each as often as the others, and one in twenty takes for ever. Hedges answer at once.
  const call = async (durationMs: number): Promise<void> => {
    const work = Promise.withResolvers<void>();
    const answer = upstream.hedged.execute(({ attempt }) => (attempt === 1 ? work.promise : undefined));
    const ended: unknown[] = [];
    void answer.finally(() => ended.push(durationMs));
    for (let ms = 1; ms <= durationMs && ended.length === 0; ms += 1) {
      if (ms === durationMs) work.resolve();
      await upstream.pass(1);
    }
    await answer;
  };
  for (let count = 0; count < 800; count += 1) await call(count % 20 === 0 ? 200 : count % 20);
  const { delayMs } = upstream.hedged;
  assert.ok(delayMs >= 18 && delayMs < 19, `${delayMs} ms is what nine of ten need`);
});

test('a first try that failed says nothing about how long answers take', async () => {
  const upstream = new Upstream({ percentile: 50, samplesMin: 1 });
  const answer = upstream.hedged.execute(upstream.task);
  await upstream.pass(100);
  upstream.answers[0]?.reject('first');
  await upstream.pass(400);
  upstream.answers[1]?.resolve('second');
  await answer;
  assert.equal(upstream.hedged.delayMs, 100);
});

test('calls that were given up late count as slow, those that were given up soon as nothing', async () => {
  const upstream = new Upstream({ percentile: 50, samplesMin: 4 });
  const giveUp = async (afterMs: number): Promise<void> => {
    const giving = new AbortController();
    const answer = upstream.hedged.execute(upstream.task, { signal: giving.signal });
    await upstream.pass(afterMs);
    giving.abort('enough');
    await assert.rejects(answer);
  };
  for (const afterMs of [1, 2, 3, 4, 5]) await giveUp(afterMs);
  assert.equal(upstream.hedged.delayMs, 100, 'nobody knows how long they would have taken');
  for (const afterMs of [500, 600, 700, 800]) await giveUp(afterMs);
  assert.ok(upstream.hedged.delayMs >= 600);
});

test('a call whose delay was longer keeps it, and all timers go', async () => {
  const upstream = new Upstream();
  const old = upstream.hedged.execute(upstream.task);
  upstream.hedged.configure({ idempotent: true, after: 20 });
  const next = upstream.hedged.execute(upstream.task);
  await upstream.pass(20);
  assert.equal(upstream.calls.length, 3);
  await upstream.pass(80);
  assert.equal(upstream.calls.length, 4);
  for (const { resolve } of upstream.answers) resolve('answer');
  await Promise.all([old, next]);
  await turn();
  assert.equal(upstream.clock.timers, 0);
});

test('new options keep what was learned, and are refused whole', async () => {
  const upstream = new Upstream({ percentile: 90, samplesMin: 5 });
  for (let call = 0; call < 5; call += 1) await upstream.served(40);
  const learned = upstream.hedged.delayMs;
  assert.ok(learned < 50);
  upstream.hedged.configure({ idempotent: true, after: 500, percentile: 95, samplesMin: 5 });
  assert.equal(upstream.hedged.delayMs, learned);
  assert.throws(() => upstream.hedged.configure({ idempotent: true, after: 0 }), { code: 'invalid-option' });
  assert.equal(upstream.hedged.delayMs, learned);
  upstream.hedged.configure({ idempotent: true, after: 500 });
  assert.equal(upstream.hedged.delayMs, 500);
});

const sound = { idempotent: true, after: 100 };
const refusals: readonly [string, unknown, string][] = [
  ['nothing', undefined, 'options'],
  ['no word on whether calls may be carried out twice', { after: 100 }, 'idempotent'],
  ['calls that may not', { ...sound, idempotent: false }, 'idempotent'],
  ['no time', { ...sound, after: 0 }, 'after'],
  ['no time given', { idempotent: true, percentile: 95 }, 'after'],
  ['a percentile of most calls', { ...sound, percentile: 10 }, 'percentile'],
  ['a percentile of all calls', { ...sound, percentile: 100 }, 'percentile'],
  ['a percentile that is a text', { ...sound, percentile: '95' as unknown as number }, 'percentile'],
  ['a percentile that is none', { ...sound, percentile: Number.NaN }, 'percentile'],
  ['samples without a percentile', { ...sound, samplesMin: 10 }, 'samplesMin'],
  ['more samples than are kept', { ...sound, percentile: 95, samplesMin: 5000 }, 'samplesMin'],
  ['no hedge at all', { ...sound, maxHedges: 0 }, 'maxHedges'],
  ['hedges without end', { ...sound, maxHedges: Number.POSITIVE_INFINITY }, 'maxHedges'],
  ['a budget that is none', { ...sound, budget: {} }, 'budget'],
];
for (const [name, options, option] of refusals) {
  test(`refused when it is made: ${name}`, () => {
    assert.throws(
      () => hedge(options as HedgeOptions),
      (error) => {
        assert.ok(isQuorateError(error) && error.code === 'invalid-option');
        assert.equal(error.data.option, option);
        return true;
      },
    );
  });
}
