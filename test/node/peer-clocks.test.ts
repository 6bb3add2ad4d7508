/** Members tell each other the time: whose clock is off, who says so, and that a cluster of before is left in peace. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { metricsText } from '../../src/monitor/index.ts';
import { readStatusTime } from '../../src/node/node-status.ts';
import type { OffsetEstimate } from '../../src/time/index.ts';
import { TestCluster } from './test-cluster.ts';

const hourMs = 3_600_000;

test('a clock an hour ahead is named by the others, and its own node says so until it is set right', async () => {
  const clockExchange = '20ms';
  await using cluster = await TestCluster.make([1, 2, 3], { clockExchange });
  let aheadMs = hourMs;
  const verdicts: unknown[] = [];
  const hear = (message: unknown): void => {
    verdicts.push(message);
  };
  subscribe('quorate:node:clock', hear);
  const machine = cluster.machine(3);
  const { clock } = machine;
  const wrong = {
    now: () => clock.now(),
    wall: () => clock.wall() + aheadMs,
    setTimer: clock.setTimer.bind(clock),
    afterTurn: clock.afterTurn.bind(clock),
  };
  for (const member of [1, 2]) await cluster.start(member, { create: true });
  await cluster.start(3, { create: true, machine: { ...machine, clock: wrong } });
  const estimate = (member: number): OffsetEstimate | undefined =>
    cluster.nodes.get(member)?.metrics().clocks;
  const isAgreed = (member: number, wrongOnes: readonly string[]): boolean => {
    const known = estimate(member);
    return known?.state === 'agreed' && known.falsetickers.join() === wrongOnes.join();
  };
  await cluster.until(() => isAgreed(1, ['3']) && isAgreed(2, ['3']) && isAgreed(3, ['3']));
  await cluster.until(() => cluster.logs.get(3)?.count('clock is off') === 1);
  const own = estimate(3);
  assert.ok(own?.state === 'agreed' && own.skew === 'beyond' && Math.abs(own.offsetMs + hourMs) < 60_000);
  const node = cluster.nodes.get(3);
  assert.ok(node !== undefined);
  assert.match(metricsText({ metrics: node.metrics() }), /^quorate_clock_skewed 1$/m);

  aheadMs = 0;
  await cluster.until(() => cluster.logs.get(3)?.count('clock is right again') === 1);
  await cluster.until(() => [1, 2, 3].every((member) => isAgreed(member, [])));
  assert.equal(cluster.logs.get(3)?.count('clock is off'), 1);
  assert.equal(
    (cluster.logs.get(1)?.count('clock is off') ?? 0) + (cluster.logs.get(2)?.count('clock is off') ?? 0),
    0,
  );
  unsubscribe('quorate:node:clock', hear);
  assert.deepEqual(
    verdicts.map((verdict) => [(verdict as { member: number }).member, (verdict as { skew: string }).skew]),
    [
      [3, 'beyond'],
      [3, 'within'],
    ],
  );
  assert.deepEqual(cluster.failures, []);
});

test('a node that is told nothing asks nobody, and one that is alone compares with nobody', async () => {
  await using silent = await TestCluster.make([1, 2]);
  await silent.begin();
  assert.equal(silent.nodes.get(1)?.metrics().clocks, undefined);
  await using alone = await TestCluster.make([1], { clockExchange: '20ms' });
  await alone.begin();
  await alone.until(() => alone.leader === 1);
  assert.equal(alone.nodes.get(1)?.metrics().clocks, undefined);
});

for (const [name, text, time] of [
  ['of this release', '{"member":1,"timeMs":1764460800000.25}', 1_764_460_800_000.25],
  ['of a release of before', '{"member":1}', undefined],
  ['with something else in its place', '{"timeMs":"noon"}', undefined],
  ['that is no document', 'null', undefined],
  ['that is cut', '{"timeMs":17', undefined],
] as const) {
  test(`the time of a status ${name}`, () => {
    assert.equal(readStatusTime(new TextEncoder().encode(text)), time);
  });
}
