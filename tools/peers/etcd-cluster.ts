/** Three nodes of etcd as Debian packages it, with its defaults: every write is synced. */
import { EtcdMembers, etcdVersion } from './etcd-members.ts';
import type { PeerCluster, PeerOptions } from './peer-cluster.ts';
import type { ServerAddress } from './server-process.ts';

/** `undefined` when it is not installed. */
export async function startEtcd(options: PeerOptions): Promise<PeerCluster | undefined> {
  const version = await etcdVersion();
  if (version === undefined) return undefined;
  const members = new EtcdMembers(options);
  const close = (): Promise<void> => members[Symbol.asyncDispose]();
  try {
    await members.leader();
  } catch (error) {
    await close();
    throw error;
  }
  const { endpoints, pids } = members;
  const leader = (): Promise<ServerAddress> => members.leader();
  return { name: 'etcd', version, endpoints, pids, leader, [Symbol.asyncDispose]: close };
}
