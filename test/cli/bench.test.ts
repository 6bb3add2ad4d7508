/** Load that the command makes, and what it says of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runHere, ServedCluster } from './command.ts';

test('every load is measured, and leaves nothing behind', async () => {
  await using cluster = await ServedCluster.start(1);
  for (const workload of ['put', 'get', 'mixed', 'watch', 'lock']) {
    const { code, stdout } = await runHere([
      ...['bench', workload, '--seconds', '1', '--clients', '4', '--keys', '50', '--json'],
      ...['--endpoints', cluster.endpoints, '--timeout', '60s'],
    ]);
    assert.equal(code, 0, workload);
    const report = JSON.parse(stdout) as Record<string, unknown> & { latencyMs: Record<string, number> };
    assert.equal(report['workload'], workload);
    assert((report['operations'] as number) > 0, workload);
    const { p50 = -1, p90 = -1, p99 = -1, max = -1 } = report.latencyMs;
    assert(p50 >= 0 && p50 <= p90 && p90 <= p99 && p99 <= max, JSON.stringify(report.latencyMs));
  }
  const at = ['--endpoints', cluster.endpoints, '--timeout', '60s'];
  const left = await runHere(['get', 'quorate-bench/', '--prefix', '--count', ...at]);
  assert.equal(left.stdout, '0\n');
});

test('the same load runs on a node that the command carries itself', async () => {
  const { code, stdout } = await runHere(['bench', '--seconds', '1', '--endpoints', 'memory:']);
  assert.equal(code, 0);
  assert.match(stdout, /^put: 16 clients on 1 connections, 256 B/);
  assert.match(stdout, /ms +mean +p50 +p90 +p99 +p99\.9 +max/);
});
