/** A rate that several programs keep on one engine, whatever their clocks say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type EngineRates, engineRates } from '../../src/recipes/resilience/index.ts';
import { type RateRule, type SharedRateLimitSettings, sharedRateLimit } from '../../src/resilience/index.ts';
import { turn } from '../net/manual-clock.ts';
import type { FaultyEngine } from './faulty-engine.ts';
import { Town } from './town.ts';

const rule: RateRule = { calls: 100, perMs: 1000, burst: 20 };

interface Counting {
  readonly engine: FaultyEngine;
  readonly rates: EngineRates;
}

/** A program whose clocks are `aheadMs` from those of one that has just begun. */
async function counting(town: Town, aheadMs = 0): Promise<Counting> {
  const { engine } = await town.program();
  engine.clock.stall(1_000_000_000 + aheadMs);
  return { engine, rates: engineRates(engine, 'api', { prefix: 'shop' }) };
}

async function take({ rates }: Counting, calls: number, key?: string): Promise<readonly [number, number]> {
  const { granted, retryAfterMs } = await rates.take({ key, rule, calls, withinMs: 500 });
  return [granted, retryAfterMs];
}

test('several take from one rate: a burst at once, then as much as time brings, and the true time is told', async () => {
  await using town = await Town.open();
  const [one, other] = [await counting(town), await counting(town)];
  assert.deepEqual(await take(one, 15), [15, 0]);
  assert.deepEqual(await take(other, 15), [5, 10], 'what is left, and when there is one more');
  assert.deepEqual(await take(one, 1), [0, 10]);
  for (const { engine } of [one, other]) engine.clock.advance(50);
  assert.deepEqual(await take(other, 3), [3, 0]);
  assert.deepEqual(await take(one, 3), [2, 10]);
});

test('a block is one request while the rate is in use; behind a pause there is a burst, and no more', async () => {
  await using town = await Town.open();
  const one = await counting(town);
  await take(one, 10);
  one.engine.clock.advance(50);
  one.engine.transacted = [];
  assert.deepEqual(await take(one, 5), [5, 0]);
  assert.equal(one.engine.transacted.length, 1);
  one.engine.clock.advance(3_600_000);
  assert.deepEqual(await take(one, 25), [20, 10]);
  assert.deepEqual(await take(one, 1), [0, 10]);
});

test('several at once on a new key: not one more than a burst', async () => {
  await using town = await Town.open();
  const all = [await counting(town), await counting(town), await counting(town)];
  const answers = await Promise.all([...all, ...all].map((one) => take(one, 7)));
  assert.equal(
    answers.reduce((sum, [granted]) => sum + granted, 0),
    20,
  );
});

test('a clock that is wrong by an hour, in either direction, stops nobody and costs one burst at most', async () => {
  for (const aheadMs of [-3_600_000, 3_600_000]) {
    await using town = await Town.open();
    const [right, wrong] = [await counting(town), await counting(town, aheadMs)];
    assert.deepEqual(await take(right, 20), [20, 10]);
    const joined = (await take(wrong, 20))[0];
    assert.equal(joined, aheadMs > 0 ? 20 : 0);
    const got = [0, 0];
    for (let second = 0; second < 100; second += 1) {
      for (const [index, one] of [right, wrong].entries()) {
        one.engine.clock.advance(100);
        got[index] = (got[index] as number) + (await take(one, 5))[0];
      }
    }
    assert.ok(Math.min(...got) >= 450, `each gets its half of a thousand: ${got}`);
    assert.ok((got[0] as number) <= 500 && (got[1] as number) <= 510, `and no more: ${got}`);
  }
});

test('any programs: in no span more than burst and what time brings; clocks that differ cost a burst, and one for each that joins', async () => {
  const action = fc.record({ who: fc.nat(2), calls: fc.integer({ min: 1, max: 20 }), passMs: fc.nat(120) });
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.constant([0, 0, 0]),
        fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 3, maxLength: 3 }),
        fc.array(fc.integer({ min: -100_000, max: 100_000 }), { minLength: 3, maxLength: 3 }),
      ),
      fc.array(action, { maxLength: 40 }),
      async (ahead, actions) => {
        await using town = await Town.open();
        const programs = await Promise.all(ahead.map((aheadMs) => counting(town, aheadMs)));
        const grants: { readonly atMs: number; readonly granted: number; readonly isFirst: boolean }[] = [];
        const joined = new Set<number>();
        const agree = ahead.every((aheadMs) => aheadMs === 0);
        let nowMs = 0;
        for (const { who, calls, passMs } of actions) {
          nowMs += passMs;
          for (const { engine } of programs) engine.clock.advance(passMs);
          const [granted] = await take(programs[who] as Counting, calls);
          grants.push({ atMs: nowMs, granted, isFirst: !joined.has(who) });
          joined.add(who);
        }
        for (let from = 0; from < grants.length; from += 1) {
          let [sum, joins] = [0, 0];
          for (const { atMs, granted, isFirst } of grants.slice(from)) {
            sum += granted;
            joins += isFirst ? 1 : 0;
            const most = rule.burst * (agree ? 1 : 2 + joins) + (atMs - (grants[from]?.atMs ?? 0)) / 10;
            assert.ok(sum <= most + 1e-6, `${sum} in a span that allows ${most}`);
          }
        }
      },
    ),
    { numRuns: 20 },
  );
});

test('keys are apart, of whatever letters, and a key that is removed begins anew', async () => {
  await using town = await Town.open();
  const one = await counting(town);
  const keys = [undefined, '', '=', 'a/b', '*', '..', 'a b', '\ud800', 'ключ'];
  for (const key of keys) {
    assert.equal((await take(one, 20, key))[0], 20, `first of ${key}`);
    assert.equal((await take(one, 1, key))[0], 0, `second of ${key}`);
  }
  assert.equal((await town.items('shop/rates/api')).length, keys.length);
  for (const key of keys) assert.equal(await one.rates.remove(key), true);
  assert.equal(await one.rates.remove('a/b'), false);
  assert.equal((await town.items('shop/rates/api')).length, 0);
  assert.equal((await take(one, 20, 'a/b'))[0], 20);
});

test('an engine that does not answer rejects in the time that it was given, and what was lost is lost', async () => {
  await using town = await Town.open();
  const one = await counting(town);
  await take(one, 1);
  one.engine.fault = 'silent';
  const answer = assert.rejects(take(one, 1), { code: 'deadline-exceeded' });
  await turn();
  one.engine.clock.advance(500);
  await answer;
  one.engine.fault = 'none';
  await take(one, 1);
  one.engine.fault = 'lost';
  await assert.rejects(take(one, 9));
  one.engine.fault = 'none';
  assert.equal((await take(one, 20))[0], 10);
});

test('two processes with a policy each: together as many calls as one may, apart their shares', async () => {
  await using town = await Town.open();
  const rate: SharedRateLimitSettings = {
    ...{ calls: 100, per: 1000, burst: 20, block: 2, keep: 100 },
    ...{ onLoss: 'local-share', share: 0.25 },
  };
  const sides = await Promise.all([counting(town), counting(town)]);
  const limits = sides.map(({ engine, rates }) =>
    sharedRateLimit({ ...rate, source: rates, clock: engine.clock }),
  );
  let began = 0;
  const count = (): void => {
    began += 1;
  };
  const second = async (): Promise<number> => {
    began = 0;
    for (let passed = 0; passed < 1000; passed += 10) {
      for (const [index, limit] of limits.entries()) {
        for (let call = 0; call < 3; call += 1) {
          limit.execute(count).catch(() => undefined);
          await turn();
        }
        sides[index]?.engine.clock.advance(10);
      }
    }
    return began;
  };
  const atOnce = await second();
  assert.ok(atOnce >= 100 && atOnce <= 120, `${atOnce} in the first second, with the burst`);
  const steady = await second();
  assert.ok(steady >= 90 && steady <= 110, `${steady} in a second`);
  for (const { engine } of sides) engine.fault = 'refused';
  await second();
  const apart = await second();
  assert.ok(apart >= 45 && apart <= 55, `${apart} in a second, a quarter each`);
  for (const { engine } of sides) engine.fault = 'none';
  await second();
  await second();
  const again = await second();
  assert.ok(again >= 90 && again <= 110, `${again} in a second`);
  assert.deepEqual(
    limits.map(({ isLost }) => isLost),
    [false, false],
  );
});
