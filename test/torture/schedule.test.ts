import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultKinds } from './fault.ts';
import { drawSchedule, type ScheduleOptions } from './schedule.ts';

const options: ScheduleOptions = {
  seed: 7,
  epoch: 0,
  epochMs: 30_000,
  nodes: 3,
  kinds: new Set(faultKinds),
  killLeaderEveryMs: undefined,
};

test('a seed has one schedule for each epoch, and another seed has others', () => {
  assert.deepEqual(drawSchedule(options), drawSchedule({ ...options }));
  assert.notDeepEqual(drawSchedule(options), drawSchedule({ ...options, epoch: 1 }));
  assert.notDeepEqual(drawSchedule(options), drawSchedule({ ...options, seed: 8 }));
});

test('faults end within their epoch, at most two at once, and in many epochs every kind strikes', () => {
  const struck = new Set<string>();
  for (let epoch = 0; epoch < 200; epoch += 1) {
    const schedule = drawSchedule({ ...options, epoch });
    for (const { atMs, forMs, fault } of schedule) {
      struck.add(fault.kind);
      assert.ok(atMs >= 0 && atMs + forMs <= options.epochMs);
      const atOnce = schedule.filter((other) => other.atMs <= atMs && atMs < other.atMs + other.forMs);
      assert.ok(atOnce.length <= 2);
    }
  }
  assert.deepEqual([...struck].sort(), [...faultKinds].sort());
});

test('only what was chosen strikes; without any choice nothing does', () => {
  const chosen = drawSchedule({ ...options, kinds: new Set(['kill', 'pause']) });
  assert.ok(chosen.length > 0 && chosen.every(({ fault }) => ['kill', 'pause'].includes(fault.kind)));
  assert.deepEqual(drawSchedule({ ...options, kinds: new Set() }), []);
});

test('the leader is killed once a minute, whatever the length of an epoch', () => {
  for (const epochMs of [20_000, 30_000, 60_000, 90_000]) {
    const kills: number[] = [];
    for (let epoch = 0; epoch * epochMs < 360_000; epoch += 1) {
      const schedule = drawSchedule({
        ...options,
        epoch,
        epochMs,
        kinds: new Set(),
        killLeaderEveryMs: 60_000,
      });
      for (const { atMs, fault } of schedule) {
        assert.deepEqual(fault, { kind: 'kill', victim: 'leader' });
        kills.push(Math.round((epoch * epochMs + atMs) / 60_000));
      }
    }
    assert.deepEqual(kills, [1, 2, 3, 4, 5, 6], `epochs of ${epochMs} ms`);
  }
});
