/** What clients of services did, as metrics: from the figures of each of them. What their calls took is in `policyMetricsText`. */
import type { ServiceFigures } from '../discovery/index.ts';
import { type MetricFamily, prometheusText, type Sample } from './prometheus-text.ts';

/** Of all clients of a program, one for each service. */
type Services = readonly ServiceFigures[];

/** One figure of each service. */
function each(figure: (service: ServiceFigures) => number): (services: Services) => readonly Sample[] {
  return (services) => services.map((one) => ({ labels: { service: one.service }, value: figure(one) }));
}

const states = ['usable', 'draining', 'shut', 'critical', 'ejected'] as const;

const serviceFamilies: readonly MetricFamily<Services>[] = [
  {
    name: 'quorate_discovery_client_instances',
    type: 'gauge',
    help: 'Instances as a client sees them: given calls, or why not.',
    samples: (services) =>
      services.flatMap(({ service, availability }) =>
        states.map((state) => ({ labels: { service, state }, value: availability[state] })),
      ),
  },
  {
    name: 'quorate_discovery_client_panic',
    type: 'gauge',
    help: 'Whether so few instances are healthy that all are used.',
    samples: each(({ isPanicking }) => (isPanicking ? 1 : 0)),
  },
  {
    name: 'quorate_discovery_picks_total',
    type: 'counter',
    help: 'Choices of an instance.',
    samples: each(({ balancing }) => balancing.picks),
  },
  {
    name: 'quorate_discovery_panic_picks_total',
    type: 'counter',
    help: 'Those that were made while all instances were used.',
    samples: each(({ balancing }) => balancing.panicPicks),
  },
  {
    name: 'quorate_discovery_spilled_picks_total',
    type: 'counter',
    help: 'Those that went to another zone.',
    samples: each(({ balancing }) => balancing.spilled),
  },
  {
    name: 'quorate_discovery_passed_over_picks_total',
    type: 'counter',
    help: 'Those whose circuit let nobody through, so that another instance was asked.',
    samples: each(({ passedOver }) => passedOver),
  },
  {
    name: 'quorate_discovery_no_instance_total',
    type: 'counter',
    help: 'Tries that found nobody to go to.',
    samples: each(({ balancing }) => balancing.nobody),
  },
  {
    name: 'quorate_discovery_ejections_total',
    type: 'counter',
    help: 'How often an instance was set aside because calls to it failed.',
    samples: each(({ balancing }) => balancing.ejections),
  },
  {
    name: 'quorate_discovery_ejections_prevented_total',
    type: 'counter',
    help: 'How often one was not, because as many as may be were set aside already.',
    samples: each(({ balancing }) => balancing.ejectionsPrevented),
  },
  {
    name: 'quorate_discovery_keys_moved_total',
    type: 'counter',
    help: 'Keys of sticky sessions whose instance was gone or drained.',
    samples: each(({ balancing }) => balancing.keysMoved),
  },
  {
    name: 'quorate_discovery_weights_refused',
    type: 'gauge',
    help: 'Instances whose weight is no number above 0, and counts as 1.',
    samples: each(({ balancing }) => balancing.weightsRefused),
  },
];

/** The text for Prometheus. */
export function serviceMetricsText(services: Services): string {
  return prometheusText(serviceFamilies, services);
}
