/**
 * What a lock costs on ZooKeeper at the least: an ephemeral node is made and deleted, on a connection of its own for
 * each worker. A real recipe also lists the directory, so this flatters it.
 */
import type { Endpoint } from '../cluster/job.ts';
import { openZookeeper } from '../cluster/zookeeper-load.ts';
import type { LockSystem } from './lock-system.ts';

export async function openEphemerals(endpoints: readonly Endpoint[], workers: number): Promise<LockSystem> {
  const leader = endpoints[0] as Endpoint;
  const lanes = await Promise.all(Array.from({ length: workers }, (_, worker) => openLane(leader, worker)));
  return {
    turn: async (_, worker) => {
      const lane = lanes[worker] as Lane;
      await lane.request(0);
      await lane.request(1);
    },
    close: async () => {
      await Promise.all(lanes.map(({ close }) => close()));
    },
  };
}

interface Lane {
  readonly request: (turn: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

async function openLane(endpoint: Endpoint, worker: number): Promise<Lane> {
  let waiting = Promise.withResolvers<void>();
  const connection = await openZookeeper(endpoint, 'ephemeral', {
    place: worker,
    answered: () => waiting.resolve(),
    failed: (error) => waiting.reject(error),
  });
  return {
    request: (turn) => {
      waiting = Promise.withResolvers<void>();
      connection.request(worker, turn);
      connection.flush();
      return waiting.promise;
    },
    close: () => connection.close(),
  };
}
