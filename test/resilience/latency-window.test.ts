/** The latest calls' durations, beside a list that is sorted anew each time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LatencyWindow } from '../../src/resilience/latency-window.ts';

/** The least duration that at least `share` of `durations` did not pass. */
function quantile(durations: readonly number[], share: number): number {
  const sorted = durations.toSorted((left, right) => left - right);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}

const duration = fc.oneof(
  fc.double({ min: 0, max: 5, noNaN: true }),
  fc.double({ min: 0, max: 1000, noNaN: true }),
  fc.double({ min: 0, max: 10_000_000, noNaN: true }),
);

test('a share of the latest calls is known to three percent and a sixteenth of a millisecond', () => {
  fc.assert(
    fc.property(
      fc.array(duration, { minLength: 1, maxLength: 120 }),
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (all, size, share) => {
        const latency = new LatencyWindow(size);
        for (const durationMs of all) latency.record(durationMs);
        const latest = all.slice(-size);
        assert.equal(latency.count, latest.length);
        const exact = quantile(latest, share);
        const said = latency.quantileMs(share);
        assert.ok(said >= exact, `${said} is what ${exact} did not pass`);
        assert.ok(said <= exact * (1 + 1 / 32) + 1 / 16, `${said} is near ${exact}`);
      },
    ),
  );
});

test('ten million milliseconds, a clock that went back and no time at all have their place', () => {
  const latency = new LatencyWindow(3);
  for (const durationMs of [-5, 0, 1e12]) latency.record(durationMs);
  assert.equal(latency.quantileMs(0.5), 1 / 16);
  assert.ok(latency.quantileMs(1) > 14_000_000);
});
