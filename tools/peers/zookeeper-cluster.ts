/** Three nodes of ZooKeeper as Debian packages it, with its defaults: every write is synced. */
import type { PeerCluster, PeerOptions } from './peer-cluster.ts';
import type { ServerAddress } from './server-process.ts';
import { hasZookeeper, ZookeeperMembers } from './zookeeper-members.ts';

/** `undefined` when it is not installed. */
export async function startZookeeper(options: PeerOptions): Promise<PeerCluster | undefined> {
  if (!(await hasZookeeper())) return undefined;
  const members = new ZookeeperMembers(options);
  const close = (): Promise<void> => members[Symbol.asyncDispose]();
  const leader = (): Promise<ServerAddress> => members.leader();
  try {
    const { version } = await members.ready();
    const { endpoints, pids } = members;
    return { name: 'zookeeper', version, endpoints, pids, leader, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw new Error(`ZooKeeper did not start in ${options.directory}`, { cause: error });
  }
}
