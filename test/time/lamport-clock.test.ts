import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareLamport, LamportClock, type LamportTimestamp } from '../../src/time/index.ts';
import { refuses } from './refusals.ts';

/** Three processes with messages to and fro: each row is one event, with the time that Lamport's two rules give it. */
const run: readonly (readonly [event: string, node: string, from: string | undefined, time: number])[] = [
  ['p1', 'p', undefined, 1],
  ['q1', 'q', 'p1', 2],
  ['r1', 'r', undefined, 1],
  ['q2', 'q', undefined, 3],
  ['q3', 'q', 'r1', 4],
  ['p2', 'p', undefined, 2],
  ['r2', 'r', 'q2', 4],
  ['q4', 'q', undefined, 5],
  ['p3', 'p', 'q4', 6],
  ['r3', 'r', 'p2', 5],
];

test('events get the times that the two rules of the paper give them', () => {
  const clocks = new Map(['p', 'q', 'r'].map((node) => [node, new LamportClock({ node })] as const));
  const stamps = new Map<string, LamportTimestamp>();
  for (const [event, node, from, time] of run) {
    const clock = clocks.get(node) as LamportClock;
    const stamp = from === undefined ? clock.tick() : clock.witness(stamps.get(from) as LamportTimestamp);
    assert.deepEqual(stamp, { time, node }, event);
    stamps.set(event, stamp);
  }
});

test('the order is total: by time, and among equals by name', () => {
  const stamp = fc.record({ time: fc.nat(3), node: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(stamp, stamp, stamp, (left, middle, right) => {
      assert.equal(compareLamport(left, middle) + compareLamport(middle, left), 0);
      const isSame = left.time === middle.time && left.node === middle.node;
      assert.equal(compareLamport(left, middle) === 0, isSame);
      if (compareLamport(left, middle) < 0 && compareLamport(middle, right) < 0) {
        assert.equal(compareLamport(left, right), -1);
      }
    }),
  );
  assert.equal(compareLamport({ time: 2, node: 'a' }, { time: 1, node: 'z' }), 1);
  assert.equal(compareLamport({ time: 1, node: 'a' }, { time: 1, node: 'b' }), -1);
});

test('a jump that nobody can believe is refused, and changes nothing', () => {
  const clock = new LamportClock({ node: 'a', time: 10, jumpMax: 5 });
  assert.equal(clock.witness({ time: 15, node: 'b' }).time, 16);
  refuses(() => clock.witness({ time: 22, node: 'b' }), 'clock-ahead', {
    clock: 'lamport',
    ticksAhead: 6,
    ticksMax: 5,
  });
  assert.equal(clock.time, 16);
  refuses(() => clock.witness({ time: Number.MAX_SAFE_INTEGER, node: 'b' }), 'clock-ahead');
});

test('no row of jumps pushes the counter above its ceiling, and it still ticks there', () => {
  const ceiling = 2 ** 52;
  const clock = new LamportClock({ node: 'a', time: ceiling - 2, jumpMax: 100 });
  refuses(() => clock.witness({ time: ceiling + 1, node: 'b' }), 'clock-ahead');
  assert.equal(clock.witness({ time: ceiling, node: 'b' }).time, ceiling + 1);
  refuses(() => clock.witness({ time: ceiling + 2, node: 'b' }), 'clock-ahead');
  assert.equal(clock.tick().time, ceiling + 2);
  assert.equal(clock.witness({ time: 7, node: 'b' }).time, ceiling + 3);
});

test('what is no time and no name is refused', () => {
  const clock = new LamportClock({ node: 'a' });
  for (const time of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY]) {
    refuses(() => clock.witness({ time, node: 'b' }), 'invalid-option');
    refuses(() => new LamportClock({ node: 'a', time }), 'invalid-option');
  }
  for (const node of ['', '\ud800', 'x'.repeat(128), '€'.repeat(43)]) {
    refuses(() => new LamportClock({ node }), 'invalid-option');
  }
  assert.equal(new LamportClock({ node: '€'.repeat(42) }).tick().time, 1);
  refuses(() => new LamportClock({ node: 'a', jumpMax: 0 }), 'invalid-option');
});
