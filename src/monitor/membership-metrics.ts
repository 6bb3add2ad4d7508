/**
 * What a member of a gossiping cluster sees and does, as metrics: who is there, how well it does itself, what it has
 * sent and refused, and how far the clocks are apart, which its pings tell.
 */
import type { Membership } from '../membership/index.ts';
import { clockMetricsText } from './clock-metrics.ts';
import { type MetricFamily, prometheusText, type Sample } from './prometheus-text.ts';

const statuses = ['HEALTHY', 'SUSPECT', 'UNHEALTHY', 'LEFT'] as const;

export const membershipFamilies: readonly MetricFamily<Membership>[] = [
  {
    name: 'quorate_gossip_members',
    type: 'gauge',
    help: 'Members that are known here, this one included, by what is believed of them.',
    samples: ({ members }) =>
      statuses.map((status) => ({
        labels: { status },
        value: members.filter((member) => member.status === status).length,
      })),
  },
  {
    name: 'quorate_gossip_local_health',
    type: 'gauge',
    help: 'How many times slower than usual this member judges others, because it is in trouble itself; 1 is none.',
    samples: ({ localHealth }) => [{ value: localHealth }],
  },
  {
    name: 'quorate_gossip_events_total',
    type: 'counter',
    help: 'What was noticed of members, clocks and partitions, by its kind.',
    samples: ({ counters }) => byLabel('kind', counters.events),
  },
  {
    name: 'quorate_gossip_packets_total',
    type: 'counter',
    help: 'Packets sent and received, whether believed or not.',
    samples: ({ counters }) => both(counters.packetsSent, counters.packetsReceived),
  },
  {
    name: 'quorate_gossip_packet_bytes_total',
    type: 'counter',
    help: 'Bytes of these packets.',
    samples: ({ counters }) => both(counters.packetBytesSent, counters.packetBytesReceived),
  },
  {
    name: 'quorate_gossip_messages_total',
    type: 'counter',
    help: 'Messages over connections: what is too large for a packet.',
    samples: ({ counters }) => both(counters.messagesSent, counters.messagesReceived),
  },
  {
    name: 'quorate_gossip_sends_dropped_total',
    type: 'counter',
    help: 'Packets and messages that could not be sent.',
    samples: ({ counters }) => [{ value: counters.sendsDropped }],
  },
  {
    name: 'quorate_gossip_packets_sealed',
    type: 'gauge',
    help: 'Packets that this member has sealed with the present key; exchange it before all members have 2^32 together.',
    samples: ({ counters }) => [{ value: counters.packetsSealed }],
  },
  {
    name: 'quorate_gossip_refused_total',
    type: 'counter',
    help: 'What came and was not believed, by the reason.',
    samples: ({ counters }) => byLabel('reason', Object.entries(counters.refused)),
  },
  {
    name: 'quorate_gossip_stalls_total',
    type: 'counter',
    help: 'Times at which this process stood still for longer than its bound.',
    samples: ({ counters }) => [{ value: counters.stalls }],
  },
  {
    name: 'quorate_gossip_failures_total',
    type: 'counter',
    help: 'What failed beside gossip: looking for seeds, asking for a lease, listeners, exchanges of the time.',
    samples: ({ counters }) => [
      { labels: { what: 'seeds' }, value: counters.seedFailures },
      { labels: { what: 'lease' }, value: counters.leaseFailures },
      { labels: { what: 'listener' }, value: counters.listenerFailures },
      { labels: { what: 'clock' }, value: counters.clockFaults },
    ],
  },
  {
    name: 'quorate_gossip_whole',
    type: 'gauge',
    help: '1 while this member may do what only one side of a partition may; told only where partitions are judged.',
    samples: ({ partition }) =>
      partition === undefined ? [] : [{ value: partition.access === 'full' ? 1 : 0 }],
  },
  {
    name: 'quorate_gossip_lost_members',
    type: 'gauge',
    help: 'Members that are known and not here, as the verdict on partitions counts them.',
    samples: ({ partition }) =>
      partition === undefined ? [] : [{ value: partition.known - partition.alive }],
  },
];

/** The text for Prometheus, with the metrics of clocks behind those of gossip. */
export function membershipMetricsText(membership: Membership): string {
  return gossipMetricsText(membership) + clockMetricsText(membership.clocks);
}

/** Without those of clocks, for a program that has them from elsewhere: a node asks its members itself. */
export function gossipMetricsText(membership: Membership): string {
  return prometheusText(membershipFamilies, membership);
}

function both(sent: number, received: number): Sample[] {
  return [
    { labels: { direction: 'sent' }, value: sent },
    { labels: { direction: 'received' }, value: received },
  ];
}

function byLabel(label: string, counts: Iterable<readonly [string, number]>): Sample[] {
  return [...counts].map(([name, value]) => ({ labels: { [label]: name }, value }));
}
