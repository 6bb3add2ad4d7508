/** A real ZooKeeper of three members for one test file, with a short tick, so that sessions may be short. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Faults } from '../../../src/engines/conformance/index.ts';
import { hasZookeeper, ZookeeperMembers } from '../../../tools/peers/index.ts';

export interface StartedOptions {
  /** The first of ten ports. */
  readonly port: number;
  readonly collectionMs?: number;
  readonly properties?: readonly string[];
}

const tickMs = 1_000;
const places = [0, 1, 2];

/** Stopped, with all that they wrote removed, when the tests of the file are over. */
export async function startedZookeeper(options: StartedOptions): Promise<ZookeeperMembers> {
  if (!(await hasZookeeper()))
    throw new Error('ZooKeeper is not installed here; npm run engines:install says how to get it');
  const directory = mkdtempSync(join(tmpdir(), 'quorate-zookeeper-'));
  const members = new ZookeeperMembers({ directory, tickMs, ...options });
  after(async () => {
    await members[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  await members.ready();
  return members;
}

export function urlOf({ endpoints }: ZookeeperMembers, path = ''): string {
  return `zookeeper://${endpoints.map(({ host, port }) => `${host}:${port}`).join(',')}${path}`;
}

/** All members at once. */
export function faultsOf(members: ZookeeperMembers): Faults {
  return {
    restart: async () => {
      await Promise.all(places.map((place) => members.stop(place)));
      for (const place of places) members.start(place);
      await members.ready();
    },
    pause: () => {
      for (const place of places) members.signal(place, 'SIGSTOP');
      return Promise.resolve(() => {
        for (const place of places) members.signal(place, 'SIGCONT');
        return Promise.resolve();
      });
    },
  };
}
