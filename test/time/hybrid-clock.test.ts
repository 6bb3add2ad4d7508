import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compareHybrid,
  decodeHybrid,
  encodeHybrid,
  HybridClock,
  type HybridTimestamp,
  packHybrid,
  unpackHybrid,
} from '../../src/time/index.ts';
import { refuses } from './refusals.ts';

const at = (wallMs: number, counter = 0): HybridTimestamp => ({ wallMs, counter });

/** One node, in the manner of the paper's figure: time of day here, what arrives, what the clock then says. */
const run: readonly (readonly [
  name: string,
  wallMs: number,
  remote: HybridTimestamp | undefined,
  HybridTimestamp,
])[] = [
  ['an event takes the time of day', 10, undefined, at(10)],
  ['another in the same millisecond is counted', 10, undefined, at(10, 1)],
  ['an arrival from behind is counted on', 10, at(9, 7), at(10, 2)],
  ['an arrival from ahead takes its time and the next count', 10, at(13, 4), at(13, 5)],
  ['an event while the time of day is still behind is counted', 11, undefined, at(13, 6)],
  ['an arrival with the same time takes the greater count', 12, at(13, 9), at(13, 10)],
  ['an arrival with the same time and a smaller count is counted on', 12, at(13, 1), at(13, 11)],
  ['when the time of day is ahead again, counting begins anew', 14, at(13, 20), at(14)],
  ['and so at an event', 15, undefined, at(15)],
  ['time of day that steps back does not take it back', 3, undefined, at(15, 1)],
  ['a part of a millisecond is none', 15.9, undefined, at(15, 2)],
];

test('events and arrivals get the times that the algorithm of the paper gives them', () => {
  const clock = new HybridClock();
  for (const [name, wallMs, remote, expected] of run) {
    const said = remote === undefined ? clock.now(wallMs) : clock.receive(remote, wallMs);
    assert.deepEqual(said, expected, name);
  }
});

test('a clock an hour ahead is refused with how far, and drags nobody along', () => {
  const noon = Date.UTC(2026, 10, 30, 12);
  const clock = new HybridClock({ driftMax: '500ms' });
  clock.now(noon);
  refuses(() => clock.receive(at(noon + 3_600_000), noon), 'clock-ahead', {
    clock: 'hybrid',
    aheadMs: 3_600_000,
    driftMaxMs: 500,
  });
  refuses(() => clock.receive(at(noon + 501), noon), 'clock-ahead');
  assert.deepEqual(clock.last, at(noon));
  assert.deepEqual(clock.receive(at(noon + 500), noon), at(noon + 500, 1));
  assert.equal(clock.aheadMs(noon), 500);
  assert.equal(clock.aheadMs(noon + 700), 0);
});

test('a full counter carries into the milliseconds', () => {
  const clock = new HybridClock({ last: at(10, 0xffff) });
  assert.deepEqual(clock.now(10), at(11));
  assert.deepEqual(clock.receive(at(11, 0xffff), 10), at(12));
  assert.deepEqual(clock.now(10), at(12, 1));
});

test('behind a restart it goes on behind what it said before, though the time of day stepped back', () => {
  const clock = new HybridClock({ last: at(5_000, 3) });
  assert.deepEqual(clock.now(1_000), at(5_000, 4));
});

const step = fc.record({
  node: fc.nat(2),
  passedMs: fc.nat(3),
  /** What the time of day here is off by at this step, either way. */
  offMs: fc.integer({ min: -40, max: 40 }),
  /** The node whose last timestamp arrives, or nobody. */
  from: fc.option(fc.nat(2), { nil: undefined }),
});

test('timestamps grow at each node and along messages, whatever the times of day do', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clocks = [0, 1, 2].map(() => new HybridClock({ driftMax: 100 }));
      let trueMs = 1_000;
      for (const { node, passedMs, offMs, from } of steps) {
        trueMs += passedMs;
        const clock = clocks[node] as HybridClock;
        const before = clock.last;
        const remote = from === undefined ? undefined : (clocks[from] as HybridClock).last;
        const wallMs = trueMs + offMs;
        const said = remote === undefined ? clock.now(wallMs) : clock.receive(remote, wallMs);
        assert.equal(compareHybrid(said, before), 1);
        if (remote !== undefined) assert.equal(compareHybrid(said, remote), 1);
        assert.ok(said.wallMs >= wallMs);
        // Nobody's time of day is ahead by more than 40 ms, so no timestamp is: the bound of the paper.
        assert.ok(said.wallMs - trueMs <= 40);
      }
    }),
  );
});

test('where the time of day does not step back, a timestamp is ahead of it by at most the bound', () => {
  const event = fc.record({ passedMs: fc.nat(50), aheadMs: fc.integer({ min: -300, max: 300 }) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 50 }), (events) => {
      const clock = new HybridClock({ driftMax: 100 });
      let wallMs = 1_000;
      for (const { passedMs, aheadMs } of events) {
        wallMs += passedMs;
        const remote = at(wallMs + aheadMs, 3);
        if (aheadMs > 100) refuses(() => clock.receive(remote, wallMs), 'clock-ahead');
        else clock.receive(remote, wallMs);
        const { wallMs: saidMs } = clock.now(wallMs);
        assert.ok(saidMs >= wallMs && saidMs - wallMs <= 100, `${saidMs} at ${wallMs}`);
      }
    }),
  );
});

const anyTimestamp = fc.record(
  { wallMs: fc.nat({ max: 2 ** 48 - 1 }), counter: fc.nat(0xffff) },
  { noNullPrototype: true },
);

test('the number and the bytes come back as they went, and are in the order of the moments', () => {
  const sameMs = fc.nat(0xffff).map((counter) => at(77, counter));
  const stamp = fc.oneof(anyTimestamp, sameMs);
  fc.assert(
    fc.property(stamp, stamp, (left, right) => {
      assert.deepEqual(unpackHybrid(packHybrid(left)), left);
      assert.deepEqual(decodeHybrid(encodeHybrid(left)), left);
      const order = compareHybrid(left, right);
      assert.equal(Math.sign(Number(packHybrid(left) - packHybrid(right))), order);
      assert.equal(Buffer.compare(encodeHybrid(left), encodeHybrid(right)), order);
    }),
  );
});

test('the number and the bytes are these', () => {
  const stamp = at(0x0123_4567_89ab, 0xcdef);
  assert.equal(packHybrid(stamp), 0x0123_4567_89ab_cdefn);
  assert.equal(Buffer.from(encodeHybrid(stamp)).toString('hex'), '0123456789abcdef');
});

test('what is no time is refused, and leaves the clock as it was', () => {
  const clock = new HybridClock();
  clock.now(50);
  for (const bad of [Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 48]) {
    refuses(() => clock.now(bad), 'invalid-option');
    refuses(() => clock.receive(at(50), bad), 'invalid-option');
    refuses(() => clock.receive(at(bad), 50), 'invalid-option');
    refuses(() => clock.aheadMs(bad), 'invalid-option');
  }
  refuses(() => clock.receive(at(50, 0x1_0000), 50), 'invalid-option');
  refuses(() => packHybrid(at(1.5)), 'invalid-option');
  refuses(() => encodeHybrid(at(1, -1)), 'invalid-option');
  refuses(() => unpackHybrid(-1n), 'invalid-option');
  refuses(() => unpackHybrid(1n << 64n), 'invalid-option');
  refuses(() => decodeHybrid(new Uint8Array(7)), 'out-of-bounds');
  refuses(() => decodeHybrid(new Uint8Array(9)), 'malformed-bytes');
  refuses(() => new HybridClock({ driftMax: 0 }), 'invalid-option');
  refuses(() => new HybridClock({ driftMax: '25h' }), 'invalid-option');
  refuses(() => new HybridClock({ last: at(2 ** 48 - 1) }), 'invalid-option');
  assert.deepEqual(clock.last, at(50));
});
