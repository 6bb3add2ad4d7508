/** Three nodes of etcd as Debian packages it, with its defaults: every write is synced. */
import { join } from 'node:path';
import { host, numbered, type PeerCluster, type PeerOptions } from './peer-cluster.ts';
import { outputOf, type ServerAddress, ServerProcess, untilReady } from './server-process.ts';

const readyMsMax = 30_000;

/** `undefined` when it is not installed. */
export async function startEtcd({ directory, port }: PeerOptions): Promise<PeerCluster | undefined> {
  const version = /etcd Version: (\S+)/.exec((await outputOf('etcd', ['--version'])) ?? '')?.[1];
  if (version === undefined || (await outputOf('etcdctl', ['version'])) === undefined) return undefined;
  const endpoints = numbered((place) => ({ host, port: port + place }));
  const peers = numbered((place) => `http://${host}:${port + 3 + place}`);
  const members = peers.map((url, place) => `node${place + 1}=${url}`).join(',');
  const processes = endpoints.map(({ port: own }, place) => {
    const name = `node${place + 1}`;
    const client = `http://${host}:${own}`;
    const peer = peers[place] as string;
    return new ServerProcess({
      program: 'etcd',
      words: [
        ...['--name', name, '--data-dir', join(directory, name)],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--initial-cluster', members, '--initial-cluster-state', 'new', '--logger', 'zap'],
      ],
      log: join(directory, `${name}.log`),
    });
  });
  const leader = (): Promise<ServerAddress> =>
    untilReady('etcd', readyMsMax, processes, () => leaderOf(endpoints));
  const close = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()));
  };
  try {
    await leader();
  } catch (error) {
    await close();
    throw error;
  }
  const pids = processes.map(({ pid }) => pid as number);
  return { name: 'etcd', version, endpoints, pids, leader, [Symbol.asyncDispose]: close };
}

interface EndpointStatus {
  readonly Status: {
    readonly header: { readonly member_id: number };
    readonly leader?: number;
  };
}

/** When all answer and agree. */
async function leaderOf(endpoints: readonly ServerAddress[]): Promise<ServerAddress | undefined> {
  const list = endpoints.map(({ host: name, port }) => `${name}:${port}`).join(',');
  const text = await outputOf('etcdctl', ['--endpoints', list, 'endpoint', 'status', '-w', 'json']);
  if (text === undefined) return undefined;
  // Member numbers are above 2⁵³: both are rounded alike, and no two of three random ones alike.
  const statuses = JSON.parse(text) as readonly EndpointStatus[];
  const leader = statuses[0]?.Status.leader;
  if (leader === undefined || leader === 0) return undefined;
  if (statuses.some(({ Status }) => Status.leader !== leader)) return undefined;
  return endpoints[statuses.findIndex(({ Status }) => Status.header.member_id === leader)];
}
