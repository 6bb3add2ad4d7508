/** The figures of a DNS server as metrics, after it was asked in earnest. */
import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { test } from 'node:test';
import { type DnsView, dnsServer } from '../../src/discovery/index.ts';
import { dnsMetricsText } from '../../src/monitor/index.ts';

test('what was asked and how it was answered is told', async () => {
  const nobody = (service: string): DnsView => ({
    snapshot: { service, version: 1, instances: [] },
    staleMs: 0,
    subscribe: () => () => undefined,
  });
  await using server = await dnsServer({ views: nobody, listen: { port: 0 } });
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${server.address.port}`]);
  await assert.rejects(resolver.resolve4('orders.service.quorate'), { code: 'ENOTFOUND' });
  await assert.rejects(resolver.resolve4('example.org'), { code: 'EREFUSED' });
  const text = dnsMetricsText(server.figures);
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const sample = (name: string): number =>
    Number(samples.find((line) => line.startsWith(`${name} `))?.split(' ')[1]);
  assert.ok(sample('quorate_discovery_dns_queries_total{transport="udp"}') >= 2);
  assert.equal(sample('quorate_discovery_dns_queries_total{transport="tcp"}'), 0);
  assert.equal(sample('quorate_discovery_dns_replies_total{code="unknownName"}'), 1);
  assert.ok(sample('quorate_discovery_dns_replies_total{code="refused"}') >= 1);
  assert.equal(sample('quorate_discovery_dns_cut_replies_total'), 0);
  assert.equal(sample('quorate_discovery_dns_dropped_total{reason="no-question"}'), 0);
  assert.equal(sample('quorate_discovery_dns_names'), 1);
});
