/** What policies did, as metrics: from the figures of meters, in the same text form as those of a node. */
import { invalidOption } from '../base/index.ts';
import type { MeterFigures } from '../resilience/index.ts';
import { latencySamples } from './latency-samples.ts';
import { type MetricFamily, prometheusText } from './prometheus-text.ts';

/** Of all meters of a program. */
type Meters = readonly MeterFigures[];

export const policyFamilies: readonly MetricFamily<Meters>[] = [
  {
    name: 'quorate_resilience_running_calls',
    type: 'gauge',
    help: 'Calls that have begun and not ended.',
    samples: (meters) => meters.map(({ name, running }) => ({ labels: { meter: name }, value: running })),
  },
  {
    name: 'quorate_resilience_calls_total',
    type: 'counter',
    help: 'Calls that have ended, by how: `ok`, or the code of the error.',
    samples: (meters) =>
      meters.flatMap(({ name, succeeded, failed }) => [
        { labels: { meter: name, outcome: 'ok' }, value: succeeded },
        ...[...failed].map(([code, value]) => ({ labels: { meter: name, outcome: code }, value })),
      ]),
  },
  {
    name: 'quorate_resilience_call_seconds',
    type: 'histogram',
    help: 'How long calls took.',
    samples: (meters) => meters.flatMap(({ name, latencies }) => latencySamples(latencies, { meter: name })),
  },
  {
    name: 'quorate_resilience_events_total',
    type: 'counter',
    help: 'What happened in policies: tries, refusals, circuits that opened.',
    samples: (meters) =>
      meters.flatMap(({ name, events }) =>
        [...events].flatMap(([policy, counts]) =>
          [...counts].map(([type, value]) => ({ labels: { meter: name, policy, type }, value })),
        ),
      ),
  },
];

/** The text for Prometheus, of any number of meters, each with a name of its own: a series that is told twice is refused there. */
export function policyMetricsText(meters: Meters): string {
  const names = meters.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw invalidOption('name of a meter', twice, 'one that no other meter has');
  return prometheusText(policyFamilies, meters);
}
