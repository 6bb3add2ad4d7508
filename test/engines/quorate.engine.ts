/** The conformance suite and the recipes on three durable nodes of ours, each a process, as users run them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { ClusterClient, Store } from '../../src/client/index.ts';
import type { Faults } from '../../src/engines/conformance/index.ts';
import { type Capability, capabilityMeanings, type Engine } from '../../src/engines/port/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import type { Clock } from '../../src/ports/index.ts';
import { nativeCrc32, realClock, realNetwork, realRandom, silentLog } from '../../src/ports/real/index.ts';
import { startQuorate } from '../../tools/peers/index.ts';
import { conforms } from './conformance.ts';
import { coordinates } from './recipe-conformance.ts';

const directory = mkdtempSync(join(tmpdir(), 'quorate-own-'));
const options = { directory, port: 17_650 };
let cluster = await startQuorate(options);
after(async () => {
  await cluster[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** As `connect` does it, by a clock that a story may stand still. */
function open({ clock }: { readonly clock: Clock }): Promise<Engine<Capability>> {
  const client = new ClusterClient({
    ...{ clock, endpoints: cluster.endpoints, checksum: nativeCrc32 },
    network: realNetwork({ log: silentLog() }),
    random: realRandom(),
  });
  return openQuorate(new Store({ client, clock }), { clock, ownsStore: true });
}

const provided = Object.keys(capabilityMeanings) as Capability[];

const faults: Faults = {
  restart: async () => {
    await cluster[Symbol.asyncDispose]();
    cluster = await startQuorate(options);
  },
  pause: () => {
    const pids = [...cluster.pids];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return Promise.resolve(() => {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
      return Promise.resolve();
    });
  },
};

conforms('quorate', { open: () => open({ clock: realClock() }), faults, provided });
const url = `quorate://${cluster.endpoints.map(({ host, port }) => `${host}:${port}`).join(',')}`;
coordinates('quorate', { url, open, provided });
