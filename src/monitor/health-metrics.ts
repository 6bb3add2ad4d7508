/** What health checks saw, as metrics: from the counters of all watches of a process. */
import type { HealthCounters } from '../discovery/index.ts';
import { type MetricFamily, prometheusText } from './prometheus-text.ts';

const healthFamilies: readonly MetricFamily<HealthCounters>[] = [
  {
    name: 'quorate_discovery_looks_total',
    type: 'counter',
    help: 'Looks of health checks, by their kind and by what came of them.',
    samples: ({ looks }) =>
      [...looks].flatMap(([kind, results]) =>
        [...results].map(([result, value]) => ({ labels: { kind, result }, value })),
      ),
  },
  {
    name: 'quorate_discovery_health_changes_total',
    type: 'counter',
    help: 'How often the status of a service has changed by its checks.',
    samples: ({ changes }) => [{ value: changes }],
  },
  {
    name: 'quorate_discovery_untold_total',
    type: 'counter',
    help: 'How often a registration could not be told of its status.',
    samples: ({ untold }) => [{ value: untold }],
  },
  {
    name: 'quorate_discovery_given_up_total',
    type: 'counter',
    help: 'Services that were taken out of the registry, because they were critical for too long.',
    samples: ({ givenUp }) => [{ value: givenUp }],
  },
];

/** The text for Prometheus. */
export function healthMetricsText(counters: HealthCounters): string {
  return prometheusText(healthFamilies, counters);
}
