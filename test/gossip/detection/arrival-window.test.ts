/** The window of intervals, beside a list that is summed anew each time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Prng } from '../../../src/base/index.ts';
import { ArrivalWindow, intervalMaxMs } from '../../../src/gossip/detection/arrival-window.ts';

function near(found: number, expected: number, within: number, what: string): void {
  assert.ok(Math.abs(found - expected) <= within, `${what} is ${found} and not ${expected}`);
}

/** By the definition, in two passes. */
function plain(intervals: readonly number[]): { readonly meanMs: number; readonly deviationMs: number } {
  const meanMs = intervals.reduce((sum, interval) => sum + interval, 0) / intervals.length;
  const squares = intervals.reduce((sum, interval) => sum + (interval - meanMs) ** 2, 0);
  return { meanMs, deviationMs: Math.sqrt(squares / intervals.length) };
}

test('mean and deviation are those of the last intervals', () => {
  const interval = fc.integer({ min: 0, max: intervalMaxMs * 16 }).map((units) => units / 16);
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 20 }),
      fc.array(interval, { minLength: 1, maxLength: 60 }),
      (size, all) => {
        const window = new ArrivalWindow(size);
        for (const one of all) window.add(one);
        const last = all.slice(-size);
        assert.equal(window.count, last.length);
        near(window.meanMs, plain(last).meanMs, 1e-9, 'the mean');
        near(window.deviationMs, plain(last).deviationMs, 0.01, 'the deviation');
      },
    ),
  );
});

test('behind millions of intervals of all sizes nothing of them is left', () => {
  const window = new ArrivalWindow(100);
  const random = new Prng(7);
  for (let beat = 0; beat < 300_000; beat += 1)
    window.add(random.below(3) === 0 ? 179_999.9 : random.below(1_000) / 7);
  for (let beat = 0; beat < 100; beat += 1) window.add(250);
  assert.equal(window.meanMs, 250);
  assert.equal(window.deviationMs, 0);
});

test('the longest intervals fill the largest window, and what is longer, or less than nothing, counts as its end', () => {
  const window = new ArrivalWindow(1_000);
  for (let beat = 0; beat < 1_001; beat += 1) window.add(beat % 2 === 0 ? Number.POSITIVE_INFINITY : 1e300);
  assert.equal(window.meanMs, intervalMaxMs);
  for (let beat = 0; beat < 1_000; beat += 1) window.add(-5);
  assert.equal(window.meanMs, 0);
});

test('a window of a size that its sums are not made for is refused', () => {
  assert.throws(() => new ArrivalWindow(1));
  assert.throws(() => new ArrivalWindow(1_001));
});
