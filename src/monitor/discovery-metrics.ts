/**
 * What a process knows of services, as metrics: from the figures of a registry. Services and instances are named by
 * users, so they are no labels: what is wrong with one of many shows as a number, and its name on the channels
 * `quorate:discovery:*`.
 */
import type { DiscoveryFigures } from '../discovery/index.ts';
import { type MetricFamily, prometheusText } from './prometheus-text.ts';

type Family = MetricFamily<DiscoveryFigures>;

const discoveryFamilies: readonly Family[] = [
  gauge('services', 'Services that are watched.', (of) => of.services),
  gauge('views', 'Views of services that are open.', (of) => of.views),
  {
    name: 'quorate_discovery_instances',
    type: 'gauge',
    help: 'Instances of all services that are watched, by status.',
    samples: ({ instances }) =>
      Object.entries(instances).map(([status, value]) => ({ labels: { status }, value })),
  },
  gauge(
    'held_instances',
    'Instances that are kept although they vanished, because nearly all vanished at once.',
    (of) => of.held,
  ),
  gauge(
    'unknown_services',
    'Services that are watched and of which nothing is known.',
    (of) => of.unknownServices,
  ),
  gauge(
    'unserved_services',
    'Services that are known and of which no instance passes.',
    (of) => of.servicesWithoutPassing,
  ),
  gauge('stale_services', 'Services whose registry is not heard.', (of) => of.staleServices),
  gauge(
    'staleness_seconds',
    'How long the registry has not been heard, of the service for which that is the longest.',
    (of) => of.staleMsMax / 1_000,
  ),
  gauge('registrations', 'Instances that this process has registered.', (of) => of.registrations),
  gauge('lost_registrations', 'Of these, those that are being put back.', (of) => of.lostRegistrations),
  gauge(
    'withdrawn_registrations',
    'And those that their checks have taken off the list, until they see them better.',
    (of) => of.withdrawnRegistrations,
  ),
  counter(
    'withdrawals_total',
    'How often an instance of this process was taken off the list by its checks.',
    (of) => of.withdrawals,
  ),
  counter('comebacks_total', 'How often an instance of this process was put back.', (of) => of.comebacks),
  {
    name: 'quorate_discovery_refused_documents_total',
    type: 'counter',
    help: 'Documents in the registry that were left out, by what is wrong with them.',
    samples: ({ refused }) =>
      Object.entries(refused).map(([reason, value]) => ({ labels: { reason }, value })),
  },
  counter('watch_restarts_total', 'Watches that were begun anew.', (of) => of.watchRestarts),
  counter(
    'deaf_watches_total',
    'Watches that were found to have missed a registration.',
    (of) => of.deafWatches,
  ),
  counter(
    'past_listings_total',
    'Listings that were older than what was known, and were not believed.',
    (of) => of.listingsFromThePast,
  ),
  counter(
    'mass_losses_total',
    'How often nearly all instances of a service vanished at once and were kept.',
    (of) => of.massLosses,
  ),
  counter('copy_problems_total', 'Copies on disk that could not be read or kept.', (of) => of.copyProblems),
];

/** The text for Prometheus, of `registry.figures`. */
export function discoveryMetricsText(figures: DiscoveryFigures): string {
  return prometheusText(discoveryFamilies, figures);
}

function gauge(name: string, help: string, value: (figures: DiscoveryFigures) => number): Family {
  return {
    name: `quorate_discovery_${name}`,
    type: 'gauge',
    help,
    samples: (figures) => [{ value: value(figures) }],
  };
}

function counter(name: string, help: string, value: (figures: DiscoveryFigures) => number): Family {
  return { ...gauge(name, help, value), type: 'counter' };
}
