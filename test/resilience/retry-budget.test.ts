/** What pays for additional tries: the rule beside a naive model, and the budget that policies share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isQuorateError } from '../../src/base/index.ts';
import { type RetryBudgetOptions, retryBudget } from '../../src/resilience/index.ts';
import { type ReserveLimits, TokenReserve } from '../../src/resilience/token-reserve.ts';
import { ManualClock } from '../net/manual-clock.ts';

type Step = { readonly passMs: number } | 'deposit' | 'take' | { readonly limits: ReserveLimits };

const limits: fc.Arbitrary<ReserveLimits> = fc.record({
  // Parts of a power of two, so that sums are exact and the model may be compared to the last bit.
  ratio: fc.integer({ min: 0, max: 16 }).map((parts) => parts / 16),
  perSecond: fc.integer({ min: 0, max: 32 }).map((parts) => parts / 4),
  max: fc.integer({ min: 1, max: 20 }),
});
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom<Step>('deposit', 'take') },
    {
      weight: 2,
      arbitrary: fc.nat({ max: 20 }).map((parts): Step => ({ passMs: parts * 125 })),
    },
    { weight: 1, arbitrary: limits.map((changed): Step => ({ limits: changed })) },
  ),
  { maxLength: 200 },
);

/** Counts time at each step, whoever asks. */
class NaiveReserve {
  limits: ReserveLimits;
  tokens: number;
  paidUntilMs: number;

  constructor(first: ReserveLimits, nowMs: number) {
    this.limits = first;
    this.tokens = first.max;
    this.paidUntilMs = nowMs;
  }

  step(step: Step, nowMs: number): boolean | undefined {
    this.#add(((nowMs - this.paidUntilMs) / 1000) * this.limits.perSecond);
    this.paidUntilMs = nowMs;
    if (step === 'deposit') this.#add(this.limits.ratio);
    if (step === 'take') {
      const isThere = this.tokens >= 1;
      if (isThere) this.tokens -= 1;
      return isThere;
    }
    if (typeof step === 'object' && 'limits' in step) {
      this.limits = step.limits;
      this.#add(0);
    }
    return undefined;
  }

  #add(tokens: number): void {
    this.tokens = Math.min(this.limits.max, this.tokens + tokens);
  }
}

test('a reserve that counts time when it is asked is one that always counts', () => {
  fc.assert(
    fc.property(limits, steps, (first, script) => {
      let nowMs = 5000;
      const reserve = new TokenReserve(first, nowMs);
      const model = new NaiveReserve(first, nowMs);
      for (const step of script) {
        if (typeof step === 'object' && 'passMs' in step) nowMs += step.passMs;
        const expected = model.step(step, nowMs);
        if (step === 'deposit') reserve.deposit();
        else if (step === 'take') assert.equal(reserve.tryTake(nowMs), expected);
        else if ('limits' in step) reserve.limit(step.limits, nowMs);
      }
      assert.equal(reserve.available(nowMs), model.tokens);
    }),
  );
});

test('what is spent is never more than what there was and what was earned', () => {
  fc.assert(
    fc.property(limits, fc.array(fc.boolean(), { maxLength: 500 }), (one, successes) => {
      const reserve = new TokenReserve({ ...one, perSecond: 0 }, 0);
      let spent = 0;
      for (const succeeds of successes) {
        if (succeeds) reserve.deposit();
        else if (reserve.tryTake(0)) spent += 1;
      }
      const earned = successes.filter(Boolean).length * one.ratio;
      assert.ok(spent <= one.max + earned);
    }),
  );
});

test('a budget is full at first, is spent, and earns by success and by time', () => {
  const clock = new ManualClock();
  const budget = retryBudget({ ratio: 0.5, minPerSecond: 2, max: 3, clock });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => budget.trySpend()),
    [true, true, true, false],
  );
  budget.earn('retry');
  assert.equal(budget.trySpend(), false);
  budget.earn('retry');
  assert.equal(budget.trySpend(), true);
  clock.advance(499);
  assert.equal(budget.trySpend(), false);
  clock.advance(1);
  assert.equal(budget.trySpend(), true);
  clock.advance(3_600_000);
  assert.equal(budget.available, 3);
  assert.equal(clock.timers, 0);
});

test('where a retry shares the budget a hedge earns nothing: a success counts once', () => {
  const clock = new ManualClock();
  const budget = retryBudget({ ratio: 1, minPerSecond: 0, max: 5, clock });
  for (let spent = 0; spent < 5; spent += 1) budget.trySpend();
  budget.join('hedge');
  budget.earn('hedge');
  assert.equal(budget.available, 1);
  budget.join('retry');
  budget.earn('hedge');
  assert.equal(budget.available, 1);
  budget.earn('retry');
  assert.equal(budget.available, 2);
});

test('new limits keep what is there, as far as they allow', () => {
  const clock = new ManualClock();
  const budget = retryBudget({ max: 10, clock });
  budget.configure({ max: 4 });
  assert.equal(budget.available, 4);
  budget.configure({ max: 40 });
  assert.equal(budget.available, 4);
  assert.throws(() => budget.configure({ max: -1 }), { code: 'invalid-option' });
});

const refusals: readonly [string, RetryBudgetOptions, string][] = [
  ['a negative share', { ratio: -0.1 }, 'ratio'],
  ['a share above one', { ratio: 1.5 }, 'ratio'],
  ['a share that is no number', { ratio: Number.NaN }, 'ratio'],
  ['a negative trickle', { minPerSecond: -1 }, 'minPerSecond'],
  ['an endless trickle', { minPerSecond: Number.POSITIVE_INFINITY }, 'minPerSecond'],
  ['a negative budget', { max: -5 }, 'max'],
  ['room for less than one try', { max: 0.5 }, 'max'],
  ['a bound as text', { max: '5' as unknown as number }, 'max'],
  ['one that nothing ever fills', { ratio: 0, minPerSecond: 0 }, 'minPerSecond'],
];
for (const [name, options, option] of refusals) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => retryBudget(options),
      (error) => {
        assert.ok(isQuorateError(error) && error.code === 'invalid-option');
        assert.equal(error.data.option, option);
        return true;
      },
    );
  });
}
