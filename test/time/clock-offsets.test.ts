import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ClockExchange, ClockOffsets, clockSample } from '../../src/time/index.ts';
import { refuses } from './refusals.ts';

interface Way {
  /** By how much the peer’s clock is truly ahead. */
  readonly aheadMs: number;
  readonly thereMs: number;
  readonly backMs: number;
}

function exchange(atMs: number, { aheadMs, thereMs, backMs }: Way): ClockExchange {
  const heardMs = atMs + thereMs + aheadMs;
  return {
    sentMs: atMs,
    heardMs,
    answeredMs: heardMs + 2,
    receivedMs: atMs + thereMs + 2 + backMs,
  };
}

test('the formulas of RFC 5905: offset and delay of one exchange', () => {
  assert.deepEqual(clockSample({ sentMs: 100, heardMs: 160, answeredMs: 165, receivedMs: 125 }), {
    offsetMs: 50,
    delayMs: 20,
  });
  assert.deepEqual(clockSample({ sentMs: 100, heardMs: 60, answeredMs: 60, receivedMs: 130 }), {
    offsetMs: -55,
    delayMs: 30,
  });
});

test('however a delay is shared between the ways, the truth is within half of it', () => {
  const way = fc.record({
    aheadMs: fc.integer({ min: -5_000, max: 5_000 }),
    thereMs: fc.nat(300),
    backMs: fc.nat(300),
  });
  fc.assert(
    fc.property(way, (drawn) => {
      const sample = clockSample(exchange(10_000, drawn));
      assert.ok(typeof sample !== 'string');
      assert.equal(sample.delayMs, drawn.thereMs + drawn.backMs);
      assert.ok(Math.abs(sample.offsetMs - drawn.aheadMs) <= sample.delayMs / 2);
    }),
  );
});

test('an exchange that cannot have been so tells nothing, and says why', () => {
  const fair = exchange(0, { aheadMs: 0, thereMs: 5, backMs: 5 });
  assert.equal(clockSample({ ...fair, heardMs: Number.NaN }), 'not-a-time');
  assert.equal(clockSample({ ...fair, sentMs: Number.NEGATIVE_INFINITY }), 'not-a-time');
  assert.equal(clockSample({ ...fair, answeredMs: fair.heardMs - 1 }), 'answered-before-heard');
  assert.equal(clockSample({ ...fair, receivedMs: 1 }), 'shorter-than-the-answer');
  const offsets = new ClockOffsets({ self: 'a' });
  assert.equal(offsets.observe('b', { ...fair, receivedMs: 1 }, 0), 'shorter-than-the-answer');
  assert.equal(offsets.estimate(0).state, 'no-samples');
});

test('of the last exchanges the one that was delayed least counts', () => {
  const offsets = new ClockOffsets({ self: 'a', window: 3, driftPpm: 0 });
  const ways: readonly Way[] = [
    { aheadMs: 40, thereMs: 2, backMs: 2 },
    { aheadMs: 40, thereMs: 90, backMs: 10 },
    { aheadMs: 40, thereMs: 5, backMs: 5 },
  ];
  for (const [second, way] of ways.entries())
    offsets.observe('b', exchange(second * 1_000, way), second * 1_000);
  assert.deepEqual(offsets.estimate(2_000).peers, [{ peer: 'b', offsetMs: 40, errorMs: 2 }]);
  // A fourth pushes the first out, and the third is the best of the rest.
  offsets.observe('b', exchange(3_000, { aheadMs: 40, thereMs: 100, backMs: 0 }), 3_000);
  assert.deepEqual(offsets.estimate(3_000).peers, [{ peer: 'b', offsetMs: 40, errorMs: 5 }]);
});

test('what was measured ages: the error grows with drift, a fresh slow answer wins, and in the end nothing is known', () => {
  const offsets = new ClockOffsets({ self: 'a', driftPpm: 100, ageMax: '10m' });
  offsets.observe('b', exchange(0, { aheadMs: 40, thereMs: 1, backMs: 1 }), 0);
  assert.equal(offsets.estimate(100_000).peers[0]?.errorMs, 11);
  offsets.observe('b', exchange(100_000, { aheadMs: 40, thereMs: 8, backMs: 8 }), 100_000);
  assert.equal(offsets.estimate(100_000).peers[0]?.errorMs, 8);
  assert.equal(offsets.estimate(700_000).state, 'agreed');
  assert.equal(offsets.estimate(700_001).state, 'no-samples');
});

function measured(aheads: Readonly<Record<string, number>>): ClockOffsets {
  const offsets = new ClockOffsets({ self: 'self', accuracy: 100, skewMax: 500 });
  for (const [peer, aheadMs] of Object.entries(aheads)) {
    offsets.observe(peer, exchange(5_000, { aheadMs, thereMs: 3, backMs: 3 }), 5_000);
  }
  return offsets;
}

test('a peer an hour ahead is named, and nobody else suffers', () => {
  const estimate = measured({ b: 4, c: 3_600_000 }).estimate(5_000);
  assert.ok(estimate.state === 'agreed');
  assert.deepEqual(estimate.falsetickers, ['c']);
  assert.equal(estimate.skew, 'within');
  assert.ok(Math.abs(estimate.offsetMs) <= 10);
});

test('when the others agree that it is this clock, it is this clock', () => {
  const estimate = measured({ b: 3_000, c: 3_010, d: 2_990 }).estimate(5_000);
  assert.ok(estimate.state === 'agreed');
  assert.deepEqual(estimate.falsetickers, ['self']);
  assert.equal(estimate.skew, 'beyond');
  assert.ok(Math.abs(estimate.offsetMs - 3_000) <= estimate.errorMs);
  assert.ok(estimate.errorMs <= 120);
});

test('near the bound the verdict is that nobody can say', () => {
  const estimate = measured({ b: 500, c: 500 }).estimate(5_000);
  assert.ok(estimate.state === 'agreed');
  assert.equal(estimate.skew, 'uncertain');
});

test('one against one is no majority', () => {
  const estimate = measured({ b: 3_000 }).estimate(5_000);
  assert.equal(estimate.state, 'no-majority');
  assert.equal(estimate.peers.length, 1);
});

test('peers are bounded; who leaves makes room; a step of the clock here forgets everything', () => {
  const offsets = new ClockOffsets({ self: 'a', peersMax: 1 });
  const fair = exchange(0, { aheadMs: 0, thereMs: 1, backMs: 1 });
  assert.deepEqual(offsets.observe('b', fair, 0), { offsetMs: 0, delayMs: 2 });
  assert.equal(offsets.observe('c', fair, 0), 'too-many-peers');
  assert.deepEqual(offsets.observe('b', fair, 1), { offsetMs: 0, delayMs: 2 });
  offsets.forget('b');
  assert.deepEqual(offsets.observe('c', fair, 0), { offsetMs: 0, delayMs: 2 });
  offsets.reset();
  assert.deepEqual(offsets.estimate(0), { state: 'no-samples', peers: [] });
});

test('options and arguments that are none are refused', () => {
  const offsets = new ClockOffsets({ self: 'a' });
  const fair = exchange(0, { aheadMs: 0, thereMs: 1, backMs: 1 });
  refuses(() => offsets.observe('a', fair, 0), 'invalid-option');
  refuses(() => offsets.observe('b', fair, Number.NaN), 'invalid-option');
  refuses(() => offsets.estimate(Number.NaN), 'invalid-option');
  for (const bad of [
    { window: 0 },
    { accuracy: 0 },
    { skewMax: '2d' as never },
    { driftPpm: -1 },
    { peersMax: 0 },
  ]) {
    refuses(() => new ClockOffsets({ self: 'a', ...bad }), 'invalid-option');
  }
});
