/** The two ways to count calls in time, beside logs that forget nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RateRule, RateState } from '../../src/resilience/rate-rule.ts';
import { SlidingWindow } from '../../src/resilience/sliding-window.ts';
import { TokenBucket } from '../../src/resilience/token-bucket.ts';

const rules = fc.record({
  calls: fc.integer({ min: 1, max: 12 }),
  perMs: fc.integer({ min: 1, max: 400 }),
  burst: fc.integer({ min: 1, max: 12 }),
});
/** Mostly steps forward, now and then a long one, and some of a clock that falls although it must not. */
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }) },
    { weight: 3, arbitrary: fc.double({ min: 0, max: 40, noNaN: true }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 2000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -500, max: -1 }) },
  ),
  { maxLength: 120 },
);

/** When calls began that came at these times, by the time that has really passed: the furthest that the clock has been. */
function admitted(state: RateState, rule: RateRule, given: readonly number[]): readonly number[] {
  const began: number[] = [];
  let [nowMs, furthestMs] = [1000, Number.NEGATIVE_INFINITY];
  for (const step of given) {
    nowMs += step;
    furthestMs = Math.max(furthestMs, nowMs);
    if (state.take(nowMs, rule) === 0) began.push(furthestMs);
  }
  return began;
}

test('bucket: in any span no more than burst and what the rate brings, clocks that fall included', () => {
  fc.assert(
    fc.property(rules, steps, (rule, given) => {
      const began = admitted(new TokenBucket(), rule, given);
      for (let from = 0; from < began.length; from += 1) {
        for (let to = from; to < began.length; to += 1) {
          const spanMs = (began[to] as number) - (began[from] as number);
          const most = rule.burst + (spanMs * rule.calls) / rule.perMs;
          assert.ok(to - from + 1 <= most + 1e-6, `${to - from + 1} in ${spanMs} ms, ${most} are allowed`);
        }
      }
    }),
  );
});

test('bucket: a clock that falls and comes back loses no token, and gives none', () => {
  const rule = { calls: 1, perMs: 100, burst: 2 };
  const bucket = new TokenBucket();
  assert.equal(bucket.take(1000, rule), 0);
  assert.equal(bucket.take(1000, rule), 0);
  assert.equal(bucket.take(500, rule), 100);
  assert.equal(bucket.take(1000, rule), 100);
  assert.equal(bucket.take(1099, rule).toFixed(6), '1.000000');
  assert.equal(bucket.take(1100, rule), 0);
});

test('bucket: the same calls begin as by whole numbers of tokens, to the last one', () => {
  fc.assert(
    fc.property(
      fc.record({
        calls: fc.constant(1),
        perMs: fc.integer({ min: 1, max: 50 }),
        burst: fc.integer({ min: 1, max: 9 }),
      }),
      fc.array(fc.nat(120), { maxLength: 100 }),
      (rule, given) => {
        const bucket = new TokenBucket();
        let [nowMs, credit] = [0, rule.burst * rule.perMs];
        for (const step of given) {
          nowMs += step;
          credit = Math.min(rule.burst * rule.perMs, credit + step);
          const waitMs = bucket.take(nowMs, rule);
          assert.equal(Math.round(waitMs), Math.max(0, rule.perMs - credit));
          if (waitMs === 0) credit -= rule.perMs;
        }
      },
    ),
  );
});

test('window: in no span as long as the window more than are allowed, clocks that fall included', () => {
  fc.assert(
    fc.property(rules, steps, (rule, given) => {
      const began = admitted(new SlidingWindow(), rule, given);
      for (const [index, lastMs] of began.entries()) {
        const within = began.slice(0, index + 1).filter((oneMs) => oneMs > lastMs - rule.perMs + 1e-6);
        assert.ok(within.length <= rule.calls, `${within.length} in ${rule.perMs} ms`);
      }
    }),
  );
});

test('window: who is refused would have been one too many in a window a sixteenth longer', () => {
  fc.assert(
    fc.property(rules, fc.array(fc.nat(60), { maxLength: 120 }), (rule, given) => {
      const state = new SlidingWindow();
      const began: number[] = [];
      let nowMs = 5000;
      for (const step of given) {
        nowMs += step;
        if (state.take(nowMs, rule) === 0) began.push(nowMs);
        else {
          const longerMs = rule.perMs * (1 + 1 / 16);
          const within = began.filter((oneMs) => oneMs > nowMs - longerMs - 1e-6);
          assert.ok(within.length >= rule.calls, `refused with ${within.length} of ${rule.calls}`);
        }
      }
    }),
  );
});

for (const [name, make] of [
  ['bucket', () => new TokenBucket()],
  ['window', () => new SlidingWindow()],
] as const) {
  test(`${name}: the time that is told is the true one, and not a moment too late`, () => {
    fc.assert(
      fc.property(rules, steps, (rule, given) => {
        const state = make();
        let nowMs = 1000;
        for (const step of given) {
          nowMs += Math.abs(step);
          const waitMs = state.take(nowMs, rule);
          if (waitMs < 1) continue;
          assert.ok(state.waitMs(1, nowMs + waitMs - 0.01, rule) > 0, 'too late');
          nowMs += waitMs;
          assert.equal(state.take(nowMs, rule), 0, 'too early');
        }
      }),
    );
  });

  test(`${name}: several in line wait as long as it really takes if nobody else comes, or are told less`, () => {
    fc.assert(
      fc.property(rules, fc.integer({ min: 1, max: 40 }), fc.nat(30), (rule, count, before) => {
        const state = make();
        for (let index = 0; index < before; index += 1) state.take(1000, rule);
        const toldMs = state.waitMs(count, 1000, rule);
        let nowMs = 1000;
        for (let [begun, rounds] = [0, 0]; begun < count; rounds += 1) {
          assert.ok(rounds < 1000, 'each wait brings one of them to begin');
          const waitMs = state.take(nowMs, rule);
          if (waitMs === 0) begun += 1;
          else nowMs += waitMs;
        }
        const tookMs = nowMs - 1000;
        assert.ok(toldMs <= tookMs + 1e-3, `told ${toldMs}, took ${tookMs}`);
        if (name === 'bucket') assert.ok(toldMs >= tookMs - 1e-3, `told ${toldMs}, took ${tookMs}`);
      }),
    );
  });

  test(`${name}: fresh when all has come back, not before`, () => {
    const rule = { calls: 4, perMs: 160, burst: 4 };
    const state = make();
    assert.equal(state.isFresh(1000, rule), true);
    for (let index = 0; index < 4; index += 1) state.take(1000, rule);
    assert.equal(state.isFresh(1000 + 150, rule), false);
    assert.equal(state.isFresh(1000 + 170, rule), true);
  });

  test(`${name}: a higher rule lets in what it allows, a lower one counts what there was`, () => {
    const [low, high] = [
      { calls: 2, perMs: 160, burst: 2 },
      { calls: 5, perMs: 160, burst: 5 },
    ];
    const state = make();
    const count = (rule: RateRule, nowMs: number): number => {
      let begun = 0;
      while (state.take(nowMs, rule) === 0) begun += 1;
      return begun;
    };
    assert.equal(count(low, 1000), 2);
    assert.equal(count(high, 1000), 3);
    assert.equal(count(low, 1000), 0);
    assert.ok(state.waitMs(1, 1000, low) >= 160);
  });
}

test('window: another length counts what there was as of now', () => {
  const state = new SlidingWindow();
  const [short, long] = [
    { calls: 3, perMs: 160, burst: 3 },
    { calls: 3, perMs: 1600, burst: 3 },
  ];
  for (let index = 0; index < 3; index += 1) state.take(1000, short);
  assert.ok(state.take(1100, long) > 0);
  assert.ok(state.take(2600, long) > 0);
  assert.equal(state.take(2800, long), 0);
  const expired = new SlidingWindow();
  for (let index = 0; index < 3; index += 1) expired.take(1000, short);
  assert.equal(expired.take(1200, long), 0, 'what was over before the change is over');
});
