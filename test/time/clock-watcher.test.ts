import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ClockVerdict, ClockWatcher } from '../../src/time/index.ts';
import { refuses } from './refusals.ts';

const noon = Date.UTC(2026, 10, 30, 12);

/** By how much each clock goes on between two readings that are a second apart by plan. */
const rows: readonly (readonly [name: string, monotonicMs: number, wallMs: number, ClockVerdict])[] = [
  ['on time', 1_000, 1_000, { kind: 'ok' }],
  ['a little late', 1_249, 1_249, { kind: 'ok' }],
  ['early, as a timer may be', 990, 990, { kind: 'ok' }],
  ['a blocked event loop', 6_000, 6_000, { kind: 'stalled', byMs: 5_000 }],
  ['just late enough', 1_250, 1_250, { kind: 'stalled', byMs: 250 }],
  [
    'a laptop that was closed for an hour',
    1_010,
    3_601_010,
    { kind: 'suspended', byMs: 3_600_000, stalledMs: 0 },
  ],
  ['closed, and slow to wake', 1_400, 61_400, { kind: 'suspended', byMs: 60_000, stalledMs: 400 }],
  ['set forward a little', 1_000, 1_600, { kind: 'wall-stepped', byMs: 600, stalledMs: 0 }],
  ['set back an hour', 1_000, -3_599_000, { kind: 'wall-stepped', byMs: -3_600_000, stalledMs: 0 }],
  ['set back during a stall', 3_000, 2_000, { kind: 'wall-stepped', byMs: -1_000, stalledMs: 2_000 }],
  ['set gently', 1_000, 1_000.5, { kind: 'ok' }],
  ['set gently through a stall of an hour', 3_601_000, 3_602_800, { kind: 'stalled', byMs: 3_600_000 }],
];

for (const [name, monotonicMs, wallMs, verdict] of rows) {
  test(`${name}: ${verdict.kind}`, () => {
    const watcher = new ClockWatcher({ beat: '1s' });
    assert.deepEqual(watcher.observe(7_000, noon), { kind: 'ok' });
    assert.deepEqual(watcher.observe(7_000 + monotonicMs, noon + wallMs), verdict);
    const again = watcher.observe(8_000 + monotonicMs, noon + wallMs + 1_000);
    assert.deepEqual(again, { kind: 'ok' }, 'it is told once');
  });
}

test('a clock that drifts as much as crystals do is never a step, and every stall is told by its length', () => {
  const beat = fc.record({ lateMs: fc.nat(3_000), driftPpm: fc.integer({ min: -500, max: 500 }) });
  fc.assert(
    fc.property(fc.array(beat, { maxLength: 100 }), (beats) => {
      const watcher = new ClockWatcher({ beat: 1_000 });
      let monotonicMs = 0;
      let wallMs = noon;
      watcher.observe(monotonicMs, wallMs);
      for (const { lateMs, driftPpm } of beats) {
        monotonicMs += 1_000 + lateMs;
        wallMs += (1_000 + lateMs) * (1 + driftPpm / 1_000_000);
        const verdict = watcher.observe(monotonicMs, wallMs);
        assert.deepEqual(verdict, lateMs < 250 ? { kind: 'ok' } : { kind: 'stalled', byMs: lateMs });
      }
    }),
  );
});

test('readings that are none are refused, and do not count', () => {
  const watcher = new ClockWatcher({ beat: 1_000 });
  watcher.observe(5_000, noon);
  refuses(() => watcher.observe(Number.NaN, noon), 'invalid-option');
  refuses(() => watcher.observe(6_000, Number.NaN), 'invalid-option');
  refuses(() => watcher.observe(4_999, noon), 'invalid-option');
  assert.deepEqual(watcher.observe(6_000, noon + 1_000), { kind: 'ok' });
  refuses(() => new ClockWatcher({ beat: 0 }), 'invalid-option');
  refuses(() => new ClockWatcher({ beat: 1_000, stepMin: '3s', suspendMin: '2s' }), 'invalid-option');
});
