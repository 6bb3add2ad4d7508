import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PeakLatency } from '../../../src/discovery/balancing/peak-latency.ts';
import { Slot } from '../../../src/discovery/balancing/slot.ts';
import { balancerOf, busy, counted, instance, picked } from './scene.ts';

/** The formula over the whole history, worked out anew for every look. */
function expectedLoad(
  history: readonly { readonly atMs: number; readonly latencyMs: number }[],
  decayMs: number,
  nowMs: number,
  underWay: number,
): number {
  let cost = 0;
  let stampMs = 0;
  for (const { atMs, latencyMs } of history) {
    const left = Math.exp((stampMs - atMs) / decayMs);
    cost = Math.max(0.01, latencyMs > cost * left ? latencyMs : cost * left + latencyMs * (1 - left));
    stampMs = atMs;
  }
  return Math.max(0.01, cost * Math.exp((stampMs - nowMs) / decayMs)) * (underWay + 1);
}

const step = fc.record({
  afterMs: fc.integer({ min: 0, max: 30_000 }),
  latencyMs: fc.double({ min: 0.01, max: 10_000, noNaN: true }),
  looks: fc.integer({ min: 0, max: 2 }),
  begun: fc.integer({ min: 0, max: 3 }),
});

test('the load of an instance is what the metric says, however often it is looked at', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
      const measure = new PeakLatency({ decay: 10_000 });
      const slot = new Slot(instance('a'));
      const history: { atMs: number; latencyMs: number }[] = [];
      let nowMs = 0;
      for (const { afterMs, latencyMs, looks, begun } of steps) {
        nowMs += afterMs;
        measure.observe(slot, latencyMs, true, nowMs);
        history.push({ atMs: nowMs, latencyMs });
        slot.inFlight = begun;
        for (let look = 0; look <= looks; look += 1) {
          nowMs += 100;
          const expected = expectedLoad(history, 10_000, nowMs, begun);
          const load = measure.of(slot, nowMs);
          assert.ok(Math.abs(load - expected) <= 1e-9 * expected, `${load} for ${expected}`);
        }
      }
    }),
  );
});

test('nothing is known: it is asked once, and then not before it has answered', () => {
  const balancer = balancerOf({ picker: 'peak-ewma' }, ['known', 'new']);
  const known = balancer.slotOf('known');
  const fresh = balancer.slotOf('new');
  assert.ok(known !== undefined && fresh !== undefined);
  balancer.begin(known);
  balancer.end(known, { latencyMs: 20, ok: true }, 0);
  assert.equal(picked(balancer).id, 'new');
  busy(balancer, 'new', 1);
  busy(balancer, 'known', 50);
  assert.deepEqual([...counted(balancer, 20)], [['known', 20]]);
  balancer.end(fresh, { latencyMs: 20, ok: true }, 10);
  assert.deepEqual([...counted(balancer, 20, 10)], [['new', 20]]);
});

test('one slow answer counts at once, and is forgotten with time', () => {
  const balancer = balancerOf({ picker: { kind: 'peak-ewma', decay: '1s' } }, ['slow', 'fast']);
  for (const [id, latencyMs] of [
    ['slow', 800],
    ['fast', 10],
  ] as const) {
    busy(balancer, id, 1);
    const slot = balancer.slotOf(id);
    assert.ok(slot !== undefined);
    balancer.end(slot, { latencyMs, ok: true }, 0);
  }
  busy(balancer, 'fast', 5);
  assert.equal(picked(balancer, 0).id, 'fast');
  // 800 ms are below 10 ms × 6 after 2.6 time constants of both: both fade alike, so the order stays until one answers.
  const fast = balancer.slotOf('fast');
  assert.ok(fast !== undefined);
  for (let nowMs = 500; nowMs <= 5_000; nowMs += 500) {
    balancer.begin(fast);
    balancer.end(fast, { latencyMs: 10, ok: true }, nowMs);
  }
  assert.equal(picked(balancer, 5_000).id, 'slow');
});

test('fast failures are no speed: an instance that refuses everything at once is not preferred', () => {
  const balancer = balancerOf({ picker: 'peak-ewma' }, ['broken', 'sound']);
  for (const [id, latencyMs, ok] of [
    ['broken', 1, true],
    ['sound', 20, true],
    ...new Array(6).fill(['broken', 0.1, false]),
  ]) {
    const slot = balancer.slotOf(id);
    assert.ok(slot !== undefined);
    balancer.begin(slot);
    balancer.end(slot, { latencyMs, ok }, 0);
  }
  assert.deepEqual([...counted(balancer, 20)], [['sound', 20]]);
});

test('a caller who gives up tells of the time that it took, and not of a faster one', () => {
  const measure = new PeakLatency();
  const slot = new Slot(instance('a'));
  measure.observe(slot, 50, true, 0);
  measure.observe(slot, 20, undefined, 0);
  assert.equal(measure.of(slot, 0), 50);
  measure.observe(slot, 700, undefined, 0);
  assert.equal(measure.of(slot, 0), 700);
});
