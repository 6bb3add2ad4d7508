/** Real NATS servers for the tests, in a directory that goes with them, and what can be done to them. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Faults } from '../../../src/engines/conformance/index.ts';
import { type NatsCapabilities, openNats } from '../../../src/engines/nats/index.ts';
import type { Engine } from '../../../src/engines/port/index.ts';
import { type NatsServers, startNats } from '../../../tools/peers/index.ts';

export type ServersOptions = Omit<Parameters<typeof startNats>[0], 'directory'>;

/** Ended with the test file, whatever happens in it. */
export async function startedNats(options: ServersOptions): Promise<NatsServers> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-nats-'));
  const servers = await startNats({ ...options, directory });
  assert.ok(servers !== undefined, 'nats-server is not installed: npm run engines:install');
  after(async () => {
    await servers.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  return servers;
}

type Permitted = Engine<NatsCapabilities | 'survives-failover'>;

/** With permission for what is not known to survive. */
export function openedOn({ url }: NatsServers): Promise<Permitted> {
  return openNats(url, { copies: 3, deadline: '20s', allow: 'failover-loss' });
}

/** With engines of one cluster, which are closed whatever happens: those who drive them end with that. */
export async function together(
  cluster: NatsServers,
  count: number,
  run: (engines: readonly Permitted[]) => Promise<void>,
): Promise<void> {
  const engines = await Promise.all(Array.from({ length: count }, () => openedOn(cluster)));
  try {
    await run(engines);
  } finally {
    await Promise.all(engines.map((one) => one.close()));
  }
}

export function faultsOf(servers: NatsServers): Faults {
  return {
    restart: async () => {
      await servers.stop();
      await servers.start();
    },
    pause: async () => {
      const pids = [...servers.pids];
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      for (const pid of pids) await standsStill(pid);
      return () => {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
        return Promise.resolve();
      };
    },
  };
}

/** The signal is on its way for a while on a machine that is busy. */
async function standsStill(pid: number): Promise<void> {
  while (!readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') T ')) await setImmediate();
}
