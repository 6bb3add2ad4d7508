/** A holder that is really stopped, by a signal of the system, on a node of ours. */
import { after } from 'node:test';
import { connect } from '../../src/client/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { StoreMachine } from '../../src/node/index.ts';
import { outlivesStop } from '../engines/stopped-holder.ts';
import { TestCluster } from '../node/test-cluster.ts';

const cluster = await TestCluster.make([1], { stateMachine: () => new StoreMachine() });
after(() => cluster[Symbol.asyncDispose]());
await cluster.begin();
await cluster.until(() => cluster.leader !== undefined);
const addresses = [...cluster.addresses.values()].map(({ host, port }) => `${host}:${port}`);
const url = `quorate://${addresses.join(',')}`;

outlivesStop('quorate', { url, open: async () => openQuorate(await connect(url), { ownsStore: true }) });
