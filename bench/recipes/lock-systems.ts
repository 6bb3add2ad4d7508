/**
 * Locks as programs of Node use them, one of each system: acquire, then release. Ours on our cluster and on a real
 * etcd, the packages that people take today on the servers that they are made for.
 */
import { createRequire } from 'node:module';
import { Etcd3, EtcdLockFailedError } from 'etcd3';
import { Redis } from 'ioredis';
import { connect } from '../../src/client/index.ts';
import { openEtcd } from '../../src/engines/etcd/index.ts';
import type { Engine } from '../../src/engines/port/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { coordinate } from '../../src/recipes/index.ts';
import type { Endpoint } from '../cluster/job.ts';
import type { LockSystem } from './lock-system.ts';
import { openEphemerals } from './zookeeper-ephemerals.ts';

export type LockSystemName = 'quorate' | 'quorate-etcd' | 'etcd3' | 'zookeeper' | 'redlock';

/** Nobody waits longer for a lock than a benchmark can take. */
const waitMs = 60_000;
const ttlMs = 10_000;

export function openSystem(
  name: LockSystemName,
  endpoints: readonly Endpoint[],
  workers: number,
): Promise<LockSystem> {
  switch (name) {
    case 'quorate':
      return openOurs(endpoints);
    case 'quorate-etcd':
      return openEtcd(`etcd://${listOf(endpoints)}`).then((engine) => oursOn(engine));
    case 'etcd3':
      return Promise.resolve(openEtcd3(endpoints));
    case 'zookeeper':
      return openEphemerals(endpoints, workers);
    case 'redlock':
      return Promise.resolve(openRedlock(endpoints));
  }
}

async function openOurs(endpoints: readonly Endpoint[]): Promise<LockSystem> {
  const store = await connect(`quorate://${listOf(endpoints)}`, { timeout: '30s' });
  const engine = await openQuorate(store, { ownsStore: true });
  const value = new Uint8Array(8);
  const session = await store.session({ ttl: ttlMs });
  return {
    ...oursOn(engine),
    add: (key) => engine.transact({ operations: [{ kind: 'add', key: `counters/${key}`, amount: 1 }] }),
    put: (key) => store.put(key, value),
    surePut: (key) => store.put(key, value, { session }),
  };
}

function oursOn(engine: Engine<'linearizable-reads' | 'survives-failover'>): LockSystem {
  const coordination = coordinate(engine);
  return {
    turn: async (key) => {
      const held = await coordination.lock(key).acquire({ ttl: ttlMs, wait: waitMs });
      await held.release();
    },
    close: async () => {
      await coordination.close();
      await engine.close();
    },
  };
}

function openEtcd3(endpoints: readonly Endpoint[]): LockSystem {
  const client = new Etcd3({ hosts: endpoints.map(({ host, port }) => `http://${host}:${port}`) });
  return {
    // The package has no queue: who is refused tries again, as its users do.
    turn: async (key) => {
      while (true) {
        const lock = client.lock(key).ttl(ttlMs / 1_000);
        try {
          await lock.acquire();
        } catch (error) {
          if (error instanceof EtcdLockFailedError) continue;
          throw error;
        }
        await lock.release();
        return;
      }
    },
    close: () => Promise.resolve(client.close()),
  };
}

interface RedlockLock {
  unlock(): Promise<void>;
}
type RedlockClass = new (
  clients: readonly Redis[],
  options: { readonly retryCount: number; readonly retryDelay: number },
) => { lock(key: string, ttl: number): Promise<RedlockLock> };

function openRedlock(endpoints: readonly Endpoint[]): LockSystem {
  const Redlock = createRequire(import.meta.url)('redlock') as RedlockClass;
  const clients = endpoints.map(({ host, port }) => new Redis(port, host));
  const redlock = new Redlock(clients, { retryCount: -1, retryDelay: 5 });
  return {
    turn: async (key) => {
      const lock = await redlock.lock(key, ttlMs);
      await lock.unlock();
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.quit()));
    },
  };
}

function listOf(endpoints: readonly Endpoint[]): string {
  return endpoints.map(({ host, port }) => `${host}:${port}`).join(',');
}
