/** What phi accrual makes of the intervals of a member, and what it must not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../../src/base/index.ts';
import { PhiAccrualDetector, type PhiAccrualOptions } from '../../../src/gossip/detection/index.ts';
import { refuses } from '../../time/refusals.ts';
import { phiTable } from './phi-table.ts';

/** Beats of member `a` at these intervals, which fill the window. */
function beaten(
  options: PhiAccrualOptions,
  intervals: readonly number[],
): { readonly nowMs: number; readonly detector: PhiAccrualDetector } {
  const detector = new PhiAccrualDetector({ leapMax: '1h', acceptablePause: 0, ...options });
  let nowMs = 0;
  detector.heartbeat('a', nowMs);
  for (const interval of intervals) {
    nowMs += interval;
    detector.heartbeat('a', nowMs);
  }
  return { detector, nowMs };
}

test('phi of a silence is the true phi of its deviations', () => {
  // A mean of 1,000 ms and a deviation of 100 ms.
  const intervals = Array.from({ length: 400 }, (_, beat) => (beat % 2 === 0 ? 900 : 1_100));
  for (const [deviations, phi] of phiTable) {
    const silentMs = 1_000 + 100 * Number(deviations);
    if (silentMs > 3_000_000) continue;
    const { detector, nowMs } = beaten({ window: 100, deviationMin: 1 }, intervals);
    const { suspicion } = detector.judge('a', nowMs + silentMs);
    const within = Number(phi) <= 30 ? 1e-6 : 1e-9 * Number(phi);
    assert.ok(Math.abs(suspicion - Number(phi)) < within, `${silentMs} ms: ${suspicion} and not ${phi}`);
  }
});

test('heartbeats without any deviation do not make a millisecond a proof', () => {
  const { detector, nowMs } = beaten(
    {},
    Array.from({ length: 300 }, () => 1_000),
  );
  const phiAt = (silentMs: number): number => detector.judge('a', nowMs + silentMs).suspicion;
  assert.ok(Math.abs(phiAt(1_000) - 0.301) < 0.001, 'at the mean one of two comes later');
  assert.ok(phiAt(1_100) < 1);
  assert.ok(phiAt(1_600) < 4);
  assert.ok(phiAt(3_000) > 20 && Number.isFinite(phiAt(3_000)));
});

test('a pause that is acceptable is added to what is usual', () => {
  const even = Array.from({ length: 300 }, () => 1_000);
  const strict = beaten({}, even);
  const patient = beaten({ acceptablePause: '5s' }, even);
  for (const silentMs of [500, 1_000, 1_500, 4_000]) {
    const { suspicion } = strict.detector.judge('a', strict.nowMs + silentMs);
    assert.equal(patient.detector.judge('a', patient.nowMs + 5_000 + silentMs).suspicion, suspicion);
  }
});

test('of a member that was heard of once the first interval is believed', () => {
  const detector = new PhiAccrualDetector({
    firstInterval: 400,
    deviationMin: 1,
    acceptablePause: 0,
    strikes: 1,
  });
  detector.heartbeat('a', 0);
  assert.ok(detector.judge('a', 400).suspicion < 0.31);
  assert.equal(detector.judge('a', 1_000).status, 'SUSPECT', 'six deviations of 100 ms');
});

test('one long outage does not teach that outages are normal', () => {
  const options: PhiAccrualOptions = { strikes: 1, heartbeatsBack: 1 };
  const { detector, nowMs } = beaten(options, [
    ...Array.from({ length: 200 }, () => 1_000),
    600_000,
    1_000,
    1_000,
  ]);
  assert.equal(detector.judge('a', nowMs).status, 'HEALTHY');
  assert.equal(detector.judge('a', nowMs + 2_500).status, 'SUSPECT');
});

test('a member that beats more slowly from now on is believed within a few beats', () => {
  const detector = new PhiAccrualDetector({ window: 100 });
  const changes: string[] = [];
  let nowMs = 0;
  const beat = (everyMs: number, times: number): void => {
    for (let half = 0; half < (times * everyMs) / 500; half += 1) {
      nowMs += 500;
      detector.judgeAll(nowMs, ({ change }) => change && changes.push(change.to));
      if (nowMs % everyMs === 0) {
        const change = detector.heartbeat('a', nowMs);
        if (typeof change === 'object') changes.push(change.to);
      }
    }
  };
  detector.heartbeat('a', 0);
  beat(1_000, 200);
  assert.deepEqual(changes, []);
  beat(6_000, 100);
  const noisy = changes.length;
  assert.ok(noisy >= 1 && noisy < 30, `${noisy} changes while it learns`);
  beat(6_000, 100);
  assert.equal(changes.length, noisy, 'and none behind that');
});

test('heartbeats over a network that jitters and loses a tenth make hardly anybody suspect, and a crash is seen', () => {
  const random = new Prng(2004);
  const detector = new PhiAccrualDetector();
  let changes = 0;
  let nowMs = 0;
  for (let beat = 0; beat < 20_000; beat += 1) {
    nowMs += 500 + random.below(100);
    if (random.below(10) > 0) detector.heartbeat('a', nowMs);
    detector.judgeAll(nowMs, ({ change }) => {
      if (change?.to === 'SUSPECT') changes += 1;
    });
  }
  assert.ok(changes <= 3, `${changes} in three hours`);
  const crashedMs = nowMs;
  while (detector.judge('a', nowMs).status !== 'UNHEALTHY') nowMs += 100;
  assert.ok(nowMs - crashedMs < 6_000, `${nowMs - crashedMs} ms`);
});

test('options that make no sense are refused by name', () => {
  const cases: readonly PhiAccrualOptions[] = [
    { window: 1 },
    { window: 1_001 },
    { firstInterval: 0 },
    { deviationMin: 0 },
    { acceptablePause: '1h' },
    { suspectPhi: 0 },
    { suspectPhi: Number.NaN },
    { suspectPhi: 9, unhealthyPhi: 8 },
    { unhealthyPhi: 301 },
  ];
  for (const options of cases) refuses(() => new PhiAccrualDetector(options), 'invalid-option');
});
