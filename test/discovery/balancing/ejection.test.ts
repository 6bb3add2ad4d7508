import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Slot } from '../../../src/discovery/balancing/index.ts';
import { balancerOf, counted, ended, fail, idsOf, picked } from './scene.ts';

const inRow = {
  consecutiveFailures: 3,
  successRate: false,
  base: '10s',
  max: '25s',
  ejectedShareMax: 0.5,
} as const;

test('three failures in a row set an instance aside; a success in between does not', () => {
  const balancer = balancerOf({ picker: 'round-robin', ejection: inRow }, idsOf(4));
  fail(balancer, 'i000', 2, 0);
  ended(balancer, 'i000', 1, 0, true);
  fail(balancer, 'i000', 2, 0);
  assert.equal(counted(balancer, 40).get('i000'), 10);
  fail(balancer, 'i000', 1, 0);
  assert.equal(counted(balancer, 39).has('i000'), false);
  assert.equal(balancer.figures.ejections, 1);
});

test('it comes back by itself, and each time later, up to the most', () => {
  const balancer = balancerOf({ picker: 'round-robin', ejection: inRow }, idsOf(4));
  let nowMs = 0;
  for (const expectedMs of [10_000, 20_000, 25_000, 25_000]) {
    fail(balancer, 'i000', 3, nowMs);
    assert.equal(counted(balancer, 30, nowMs + expectedMs - 1).has('i000'), false);
    nowMs += expectedMs;
    assert.equal(counted(balancer, 40, nowMs).get('i000'), 10);
  }
});

test('an interval that goes well makes the next ejection shorter', () => {
  const successRate = { interval: '10s' } as const;
  const balancer = balancerOf({ picker: 'round-robin', ejection: { ...inRow, successRate } }, idsOf(4));
  fail(balancer, 'i000', 3, 0);
  fail(balancer, 'i000', 3, 10_000);
  ended(balancer, 'i000', 1, 30_000, true);
  ended(balancer, 'i000', 1, 40_000, true);
  ended(balancer, 'i000', 1, 50_000, true);
  fail(balancer, 'i000', 3, 50_000);
  assert.equal(counted(balancer, 40, 59_999).has('i000'), false);
  assert.equal(counted(balancer, 40, 60_000).get('i000'), 10);
});

test('an instance is forgiven also where nobody is judged by his share', () => {
  const balancer = balancerOf({ picker: 'round-robin', ejection: inRow }, idsOf(4));
  fail(balancer, 'i000', 3, 0);
  fail(balancer, 'i000', 3, 10_000);
  for (const nowMs of [30_000, 40_000, 50_000]) ended(balancer, 'i000', 1, nowMs, true);
  fail(balancer, 'i000', 3, 50_000);
  assert.equal(counted(balancer, 40, 59_999).has('i000'), false);
  assert.equal(counted(balancer, 40, 60_000).get('i000'), 10);
});

test('one that fails each time it comes back is not forgiven, though it was away for less than an interval', () => {
  const successRate = { interval: '10s' } as const;
  const ejection = { ...inRow, base: '1s', max: '20s', successRate } as const;
  const balancer = balancerOf({ picker: 'round-robin', ejection }, idsOf(4));
  let nowMs = 0;
  for (let times = 1; times <= 6; times += 1) {
    fail(balancer, 'i000', 3, nowMs);
    assert.equal(counted(balancer, 40, nowMs + 1_000 * times - 1).has('i000'), false, `time ${times}`);
    // The others are called all the while, and it is not before all of this interval is over.
    for (let passed = 0; passed < 10_000; passed += 1_000) ended(balancer, 'i001', 1, nowMs + passed, true);
    nowMs += 10_000;
  }
});

test('no more than the share is set aside, however many fail', () => {
  for (const [count, most] of [
    [1, 0],
    [2, 1],
    [3, 1],
    [10, 5],
  ] as const) {
    const balancer = balancerOf({ picker: 'round-robin', ejection: inRow }, idsOf(count));
    for (const id of idsOf(count)) fail(balancer, id, 9, 0);
    assert.equal(counted(balancer, 100).size, count - most, `of ${count}`);
    assert.ok(balancer.figures.ejectionsPrevented > 0);
  }
});

test('of three instances the one that fails in a fifth of its calls is found by its share, and no other', () => {
  const successRate = { interval: '10s', callsMin: 50 } as const;
  const balancer = balancerOf(
    { picker: 'round-robin', ejection: { ...inRow, consecutiveFailures: 0, successRate } },
    idsOf(3),
  );
  ended(balancer, 'i001', 1, 0, true);
  for (const id of idsOf(3)) ended(balancer, id, 80, 1, true);
  fail(balancer, 'i000', 2, 2);
  fail(balancer, 'i002', 20, 2);
  assert.equal(counted(balancer, 30, 9_999).size, 3);
  ended(balancer, 'i001', 1, 10_000, true);
  assert.deepEqual([...counted(balancer, 30, 10_001).keys()].sort(), ['i000', 'i001']);
});

test('where all fail alike nobody stands out', () => {
  const successRate = { interval: '10s', callsMin: 50 } as const;
  const balancer = balancerOf(
    { picker: 'round-robin', ejection: { ...inRow, consecutiveFailures: 0, successRate } },
    idsOf(5),
  );
  for (const [number, id] of idsOf(5).entries()) {
    ended(balancer, id, 50 + number, 0, true);
    fail(balancer, id, 50 - number, 0);
  }
  ended(balancer, 'i000', 1, 10_000, true);
  assert.equal(balancer.figures.ejections, 0);
});

test('what fails at an instance that has gone ejects nobody who has its place', () => {
  const balancer = balancerOf({ picker: 'round-robin', ejection: inRow }, [{ id: 'a', token: 1 }, 'b']);
  const gone = balancer.slotOf('a') as Slot;
  balancer.begin(gone);
  balancer.update(
    {
      service: 'orders',
      version: 2,
      instances: [{ ...gone.instance, token: 2 }, picked(balancer, 0, { excluding: [gone] }).instance],
    },
    0,
  );
  for (let call = 0; call < 5; call += 1) balancer.judge(gone, { latencyMs: 1, ok: false }, 0);
  assert.equal(balancer.figures.ejections, 0);
  assert.notEqual(balancer.slotOf('a'), gone);
});
