/** What a registry and its views did, as metrics. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceRegistry } from '../../src/discovery/index.ts';
import { discoveryMetricsText } from '../../src/monitor/index.ts';
import { until } from '../net/manual-clock.ts';
import { Town } from '../recipes/town.ts';

test('services, instances and documents that are no good are numbers, and nobody is named', async () => {
  await using town = await Town.open();
  await using registry = serviceRegistry(town.engine);
  using view = await registry.view('orders');
  const address = { host: '10.0.0.1', port: 7000 };
  await registry.register({ service: 'orders', id: 'secret-a', address });
  await registry.register({ service: 'orders', id: 'secret-b', address, status: 'warning' });
  const value = new TextEncoder().encode('{"format":1,"address":{"host":"a","port":1},"weight":0}');
  await town.engine.transact({ operations: [{ kind: 'put', key: 'services/orders/secret-c', value }] });
  await until(() => registry.figures.refused.weight === 1, 'it is refused');
  assert.equal(view.snapshot.instances.length, 2);
  const text = discoveryMetricsText(registry.figures);
  const lines = text.split('\n');
  for (const line of [
    'quorate_discovery_services 1',
    'quorate_discovery_instances{status="passing"} 1',
    'quorate_discovery_instances{status="warning"} 1',
    'quorate_discovery_refused_documents_total{reason="weight"} 1',
    'quorate_discovery_refused_documents_total{reason="address"} 0',
    'quorate_discovery_registrations 2',
    'quorate_discovery_staleness_seconds 0',
    'quorate_discovery_unserved_services 0',
  ])
    assert.ok(lines.includes(line), `${line} in ${text}`);
  assert.doesNotMatch(text, /orders|secret/);
});
