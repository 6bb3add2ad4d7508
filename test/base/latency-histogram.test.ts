import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LatencyHistogram } from '../../src/base/index.ts';

const durations = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 });
const shares = [0, 0.5, 0.9, 0.99, 0.999, 1];

function histogramOf(values: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

test('a quantile is what the sorted durations say, to the microsecond or 1.6 %', () => {
  fc.assert(
    fc.property(durations, (values) => {
      const histogram = histogramOf(values);
      const sorted = values.toSorted((left, right) => left - right);
      for (const share of shares) {
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] as number;
        const told = histogram.quantileMs(share);
        assert(told >= exact, `${told} tells less than ${exact}`);
        assert(told <= exact * (1 + 1 / 64) + 0.001 + Number.EPSILON, `${told} tells more than ${exact}`);
      }
      assert.equal(histogram.maxMs, sorted.at(-1));
      assert.equal(histogram.quantileMs(1), sorted.at(-1));
    }),
  );
});

test('counts below a power of two of microseconds are exact', () => {
  fc.assert(
    fc.property(durations, fc.integer({ min: 0, max: 30 }), (values, doublings) => {
      const boundMs = 2 ** doublings / 1000;
      const below = values.filter((value) => Math.floor(value * 1000) < 2 ** doublings).length;
      assert.equal(histogramOf(values).countBelow(doublings), below, `below ${boundMs} ms`);
    }),
  );
});

test('two histograms together are one of all durations', () => {
  fc.assert(
    fc.property(durations, durations, (left, right) => {
      const sum = histogramOf(left);
      sum.add(histogramOf(right));
      const whole = histogramOf([...left, ...right]);
      for (const share of shares) assert.equal(sum.quantileMs(share), whole.quantileMs(share));
      assert.equal(sum.count, whole.count);
    }),
  );
});

test('what is longer than half an hour, and a clock that went back, are counted all the same', () => {
  const histogram = histogramOf([-5, 10_000_000]);
  assert.deepEqual(
    [histogram.count, histogram.quantileMs(0.5), histogram.maxMs, histogram.sumMs],
    [2, 0.001, 10_000_000, 10_000_000],
  );
  assert.equal(new LatencyHistogram().quantileMs(0.5), 0);
});
