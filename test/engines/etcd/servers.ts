/** A real etcd for the tests of one file, and what can be done to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Faults } from '../../../src/engines/conformance/index.ts';
import { EtcdMembers, type EtcdOptions, etcdVersion } from '../../../tools/peers/etcd-members.ts';

/** Three members that agree; stopped and their data removed behind the last test. */
export async function startedEtcd(options: Omit<EtcdOptions, 'directory'>): Promise<EtcdMembers> {
  if ((await etcdVersion()) === undefined)
    throw new Error('etcd and etcdctl are not installed; run: npm run engines:install');
  const directory = mkdtempSync(join(tmpdir(), 'quorate-etcd-'));
  const members = new EtcdMembers({ ...options, directory });
  after(async () => {
    await members[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  await members.leader();
  return members;
}

export function urlOf({ endpoints }: EtcdMembers): string {
  return `etcd://${endpoints.map(({ host, port }) => `${host}:${port}`).join(',')}`;
}

/** To all members at once. */
export function faultsOf(members: EtcdMembers): Faults {
  return {
    restart: async () => {
      await Promise.all([0, 1, 2].map((place) => members.stop(place)));
      for (const place of [0, 1, 2]) members.start(place);
      await members.leader();
    },
    pause: () => {
      const { pids } = members;
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      return Promise.resolve(() => {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
        return Promise.resolve();
      });
    },
  };
}
