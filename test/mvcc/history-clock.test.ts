/** The leader's clock for history: which revisions it lets go of, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HistoryClock } from '../../src/mvcc/index.ts';

const lengthMs = 1_600;

/** One revision is made every `everyMs`; returns what the clock asked for, with its time. */
function run(untilMs: number, everyMs: number): string[] {
  const clock = new HistoryClock(lengthMs, 0, 5);
  const asked: string[] = [];
  for (let now = 10; now <= untilMs; now += 10) {
    const revision = clock.tick(now, 5 + Math.floor(now / everyMs));
    if (revision !== undefined) asked.push(`${now} ${revision}`);
  }
  return asked;
}

test('what was there when the member began to lead is forgotten a length of history later, and then a sixteenth at a time', () => {
  assert.deepEqual(run(1_900, 100), ['1600 5', '1700 6', '1800 7', '1900 8']);
});

test('nothing is asked for in a store that was never written', () => {
  const clock = new HistoryClock(lengthMs, 0, 0);
  for (let now = 10; now < 5_000; now += 10) assert.equal(clock.tick(now, 0), undefined);
});

test('a leader that stood still asks once for everything that became old meanwhile', () => {
  const clock = new HistoryClock(lengthMs, 0, 1);
  for (let now = 100; now <= 800; now += 100) assert.equal(clock.tick(now, now), undefined);
  assert.equal(clock.tick(2_400, 900), 800);
  assert.equal(clock.tick(2_410, 901), undefined);
  assert.equal(clock.tick(4_000, 901), 900);
});

test('no revision younger than the length of history is ever forgotten, and none much older is kept', () => {
  const step = fc.record({ passMs: fc.integer({ min: 1, max: 300 }), writes: fc.nat({ max: 5 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const clock = new HistoryClock(lengthMs, 0, 0);
      const madeAt: number[] = [0];
      let now = 0;
      let compacted = 0;
      for (const { passMs, writes } of steps) {
        now += passMs;
        compacted = Math.max(compacted, clock.tick(now, madeAt.length - 1) ?? 0);
        // At `compacted` the state can still be read; it was superseded by the next revision, if at all.
        const youngest = madeAt[compacted] ?? 0;
        assert.ok(compacted === 0 || now - youngest >= lengthMs);
        const oldest = madeAt.findLastIndex((at) => now - at >= lengthMs + lengthMs / 16 + 600);
        assert.ok(compacted >= oldest, `${compacted} is kept from, and ${oldest} is too old`);
        for (let write = 0; write < writes; write += 1) madeAt.push(now);
      }
    }),
  );
});
