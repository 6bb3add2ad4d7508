/** The counters of health checks as metrics. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HealthCounters } from '../../src/discovery/index.ts';
import { healthMetricsText } from '../../src/monitor/index.ts';

test('what checks saw is told by kind and result', () => {
  const counters = new HealthCounters();
  counters.countLook('http', 'passing');
  counters.countLook('http', 'timed-out');
  counters.countLook('http', 'timed-out');
  counters.countLook('ttl', 'critical');
  counters.countChange();
  counters.countUntold();
  counters.countGivenUp();
  const samples = healthMetricsText(counters)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(samples, [
    'quorate_discovery_looks_total{kind="http",result="passing"} 1',
    'quorate_discovery_looks_total{kind="http",result="timed-out"} 2',
    'quorate_discovery_looks_total{kind="ttl",result="critical"} 1',
    'quorate_discovery_health_changes_total 1',
    'quorate_discovery_untold_total 1',
    'quorate_discovery_given_up_total 1',
  ]);
});
