/** The stories of the recipes on one node of ours with its store in memory, each program with a client of its own. */
import { after } from 'node:test';
import { ClusterClient, Store } from '../../src/client/index.ts';
import { type Capability, capabilityMeanings } from '../../src/engines/port/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { StoreMachine } from '../../src/node/index.ts';
import { nativeCrc32, realNetwork, realRandom, silentLog } from '../../src/ports/real/index.ts';
import { coordinates } from '../engines/recipe-conformance.ts';
import { TestCluster } from '../node/test-cluster.ts';

const cluster = await TestCluster.make([1], { stateMachine: () => new StoreMachine() });
after(() => cluster[Symbol.asyncDispose]());
await cluster.begin();
await cluster.until(() => cluster.leader !== undefined);

const addresses = [...cluster.addresses.values()];

coordinates('memory', {
  url: `quorate://${addresses.map(({ host, port }) => `${host}:${port}`).join(',')}`,
  open: ({ clock }) => {
    const client = new ClusterClient({
      ...{ clock, random: realRandom(), checksum: nativeCrc32 },
      network: realNetwork({ log: silentLog() }),
      endpoints: addresses,
    });
    return openQuorate(new Store({ client, clock }), { clock, ownsStore: true });
  },
  provided: Object.keys(capabilityMeanings) as Capability[],
});
