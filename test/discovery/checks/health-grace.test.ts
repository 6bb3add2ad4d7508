/** What is starting is given its time, whatever other checks of the same service have seen before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Check, watchHealth } from '../../../src/discovery/index.ts';
import { healthGround, Patient, RememberingTarget } from './health-ground.ts';

const steady = { kind: 'own', interval: '1s', timeout: 400, jitter: 0 } as const;

test('what is still starting is not given up because another check was critical before', async () => {
  const { ports, pass } = healthGround();
  const slow = new Patient();
  slow.verdict = false;
  const checks: readonly Check[] = [
    { ...steady, name: 'port', run: () => true },
    { ...steady, name: 'data', thresholds: { failing: 1 }, grace: '60s', run: slow.run },
  ];
  const watch = watchHealth(new RememberingTarget(), checks, { ports, deregisterAfter: '30s' });
  const rows = [
    ['in its grace', 59, false],
    ['and for as long as one may be critical', 30, false],
    ['no longer', 2, true],
  ] as const;
  for (const [name, seconds, isGivenUp] of rows) {
    for (let second = 0; second < seconds; second += 1) await pass(1000);
    assert.equal(watch.isGivenUp, isGivenUp, name);
  }
  watch.close();
});
