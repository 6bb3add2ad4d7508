/** What a DNS server was asked and how it answered, as metrics: from its figures. Names that were asked for are no labels. */
import type { DnsFigures } from '../discovery/index.ts';
import { type MetricFamily, prometheusText } from './prometheus-text.ts';

const dnsFamilies: readonly MetricFamily<DnsFigures>[] = [
  {
    name: 'quorate_discovery_dns_queries_total',
    type: 'counter',
    help: 'Packets and messages that came, by the way that they came.',
    samples: ({ queries }) =>
      Object.entries(queries).map(([transport, value]) => ({ labels: { transport }, value })),
  },
  {
    name: 'quorate_discovery_dns_replies_total',
    type: 'counter',
    help: 'Answers, by their code.',
    samples: ({ replies }) => Object.entries(replies).map(([code, value]) => ({ labels: { code }, value })),
  },
  {
    name: 'quorate_discovery_dns_cut_replies_total',
    type: 'counter',
    help: 'Answers that did not fit into a datagram.',
    samples: ({ cut }) => [{ value: cut }],
  },
  {
    name: 'quorate_discovery_dns_dropped_total',
    type: 'counter',
    help: 'What was left without an answer, and connections that were let go, by reason.',
    samples: ({ dropped }) =>
      Object.entries(dropped).map(([reason, value]) => ({ labels: { reason }, value })),
  },
  {
    name: 'quorate_discovery_dns_names',
    type: 'gauge',
    help: 'Services whose views are kept for further questions.',
    samples: ({ names }) => [{ value: names }],
  },
  {
    name: 'quorate_discovery_dns_strangers',
    type: 'gauge',
    help: 'Of these, those of which no instance is known, and which no list of names has.',
    samples: ({ strangers }) => [{ value: strangers }],
  },
  {
    name: 'quorate_discovery_dns_strangers_refused_total',
    type: 'counter',
    help: 'Questions for names of which no instance is known that were refused, because there were too many.',
    samples: ({ strangersRefused }) => [{ value: strangersRefused }],
  },
  {
    name: 'quorate_discovery_dns_hidden_names',
    type: 'gauge',
    help: 'Services that DNS cannot name, because their names differ from that of another one only by case.',
    samples: ({ hiddenNames }) => [{ value: hiddenNames }],
  },
];

/** The text for Prometheus. */
export function dnsMetricsText(figures: DnsFigures): string {
  return prometheusText(dnsFamilies, figures);
}
