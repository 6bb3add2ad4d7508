/** The conformance suite and the recipes on a real NATS: on one server, and on a cluster of three. */
import { openNats } from '../../src/engines/nats/index.ts';
import { conforms } from './conformance.ts';
import { faultsOf, startedNats } from './nats/servers.ts';
import { coordinates, refuses } from './recipe-conformance.ts';

const alone = await startedNats({ port: 17_250, servers: 1 });
const cluster = await startedNats({ port: 17_260, servers: 3 });
const everywhere = ['linearizable-reads', 'watch-resume', 'expiry-events'] as const;

conforms('nats', { open: () => openNats(alone.url), faults: faultsOf(alone), provided: everywhere });

conforms('nats of three', {
  open: () => openNats(cluster.url, { copies: 3, allow: 'failover-loss' }),
  faults: faultsOf(cluster),
  provided: [...everywhere, 'survives-failover'],
});

refuses('nats', { open: (options) => openNats(alone.url, options), provided: everywhere });

refuses('nats of three without permission', {
  open: (options) => openNats(cluster.url, { ...options, copies: 3 }),
  provided: everywhere,
});

coordinates('nats of three', {
  url: cluster.url,
  open: (options) => openNats(cluster.url, { ...options, copies: 3, allow: 'failover-loss' }),
  provided: [...everywhere, 'survives-failover'],
});
