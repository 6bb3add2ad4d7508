/** What clients of services did, as metrics. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceMetricsText } from '../../src/monitor/index.ts';
import { lost, Scene } from '../discovery/calls/scene.ts';

test('each figure of a client is told under the name of its service, and instances by what they are', async () => {
  const scene = new Scene(
    ['a', 'b', { id: 'c', status: 'draining' }, { id: 'd', status: 'critical' }, { id: 'e', weight: 0 }],
    { retry: false, breaker: { rule: { kind: 'consecutive', failures: 2 } }, ejection: false },
  );
  for (let call = 0; call < 6; call += 1) {
    await scene.call(({ id }) => {
      if (id === 'a') throw lost();
      return id;
    });
  }
  const samples = serviceMetricsText(scene.services.figures)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace('quorate_discovery_', ''));
  assert.deepEqual(samples, [
    'client_instances{service="orders",state="usable"} 2',
    'client_instances{service="orders",state="draining"} 1',
    'client_instances{service="orders",state="shut"} 1',
    'client_instances{service="orders",state="critical"} 1',
    'client_instances{service="orders",state="ejected"} 0',
    'client_panic{service="orders"} 0',
    'picks_total{service="orders"} 6',
    'panic_picks_total{service="orders"} 0',
    'spilled_picks_total{service="orders"} 0',
    'passed_over_picks_total{service="orders"} 0',
    'no_instance_total{service="orders"} 0',
    'ejections_total{service="orders"} 0',
    'ejections_prevented_total{service="orders"} 0',
    'keys_moved_total{service="orders"} 0',
    'weights_refused{service="orders"} 1',
  ]);
});
