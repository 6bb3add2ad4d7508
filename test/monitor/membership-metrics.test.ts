/** A member’s view, work and clocks as metrics: what is told, and that each figure is the right one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { membershipFamilies, membershipMetricsText } from '../../src/monitor/index.ts';
import { Town, townsfolk } from '../membership/simulated-members.ts';

function sampleOf(text: string, sample: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  assert.ok(line !== undefined, `${sample} is told`);
  return Number(line.slice(sample.length + 1));
}

test('who is there, what was done and what was refused, each by its name', async () => {
  const all = townsfolk(4);
  const town = new Town(all, { member: () => ({ partition: { strategy: { kind: 'keep-majority' } } }) });
  await town.until('everybody knows everybody', () => town.agree(all, all));
  town.world.apply({ kind: 'crash', machine: 'b', unsynced: 'keep' });
  const rest = ['a', 'c', 'd'];
  await town.until('the rest knows', () => town.agree(rest, rest));
  await town.tell('c', async ({ datagrams }) => {
    const socket = await datagrams.open({ address: { host: 'c', port: 1 } }, () => undefined);
    socket.send(new Uint8Array(20), { host: 'a', port: 7946 });
  });
  await town.live(10);
  const member = town.member('a');
  const text = membershipMetricsText(member);
  assert.equal(sampleOf(text, 'quorate_gossip_members{status="HEALTHY"}'), 3);
  assert.equal(sampleOf(text, 'quorate_gossip_members{status="UNHEALTHY"}'), 1);
  assert.equal(sampleOf(text, 'quorate_gossip_events_total{kind="failed"}'), 1);
  assert.equal(sampleOf(text, 'quorate_gossip_events_total{kind="joined"}'), 3);
  assert.equal(sampleOf(text, 'quorate_gossip_refused_total{reason="malformed"}'), 1);
  assert.equal(sampleOf(text, 'quorate_gossip_lost_members'), 1);
  assert.equal(sampleOf(text, 'quorate_gossip_whole'), 1);
  assert.equal(sampleOf(text, 'quorate_gossip_packets_total{direction="sent"}'), member.counters.packetsSent);
  const sealed = member.counters.packetsSent + member.counters.messagesSent;
  assert.ok(sampleOf(text, 'quorate_gossip_packets_sealed') >= sealed);
  assert.equal(sampleOf(text, 'quorate_clock_agreed'), 1);
  for (const { name, help } of membershipFamilies) {
    assert.ok(text.includes(`# HELP ${name} ${help}`), `${name} has a sample`);
    assert.match(help, /\.$/);
  }
});
