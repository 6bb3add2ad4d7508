/** Three nodes of ZooKeeper as Debian packages it, with its defaults: every write is synced. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { host, numbered, type PeerCluster, type PeerOptions } from './peer-cluster.ts';
import { exchange, outputOf, type ServerAddress, ServerProcess, untilReady } from './server-process.ts';

const archive = '/usr/share/java/zookeeper.jar';
const mainClass = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
const readyMsMax = 60_000;

/** `undefined` when it is not installed. */
export async function startZookeeper(options: PeerOptions): Promise<PeerCluster | undefined> {
  if (!existsSync(archive) || (await outputOf('java', ['-version'])) === undefined) return undefined;
  const { directory, port } = options;
  const endpoints = numbered((place) => ({ host, port: port + place }));
  const processes = numbered((place) => startNode(options, place));
  const leader = async (): Promise<ServerAddress> =>
    (await untilReady('ZooKeeper', readyMsMax, processes, () => leaderOf(endpoints))).leader;
  const close = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()));
  };
  try {
    const { version } = await untilReady('ZooKeeper', readyMsMax, processes, () => leaderOf(endpoints));
    const pids = processes.map(({ pid }) => pid as number);
    return { name: 'zookeeper', version, endpoints, pids, leader, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw new Error(`ZooKeeper did not start in ${directory}`, { cause: error });
  }
}

function startNode({ directory, port }: PeerOptions, place: number): ServerProcess {
  const own = join(directory, `node${place + 1}`);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'myid'), `${place + 1}\n`);
  const settings = [
    `dataDir=${own}`,
    `clientPort=${port + place}`,
    `clientPortAddress=${host}`,
    'tickTime=2000',
    'initLimit=10',
    'syncLimit=5',
    // Otherwise no more than 60 connections may come from one address.
    'maxClientCnxns=0',
    'admin.enableServer=false',
    '4lw.commands.whitelist=srvr',
    ...numbered((other) => `server.${other + 1}=${host}:${port + 3 + other}:${port + 6 + other}`),
  ];
  const file = join(directory, `node${place + 1}.cfg`);
  writeFileSync(file, `${settings.join('\n')}\n`);
  return new ServerProcess({
    program: 'java',
    words: ['-Xmx1000m', '-cp', archive, mainClass, file],
    log: join(directory, `node${place + 1}.log`),
  });
}

interface Ensemble {
  readonly leader: ServerAddress;
  readonly version: string;
}

/** When all serve and one of them leads. */
async function leaderOf(endpoints: readonly ServerAddress[]): Promise<Ensemble | undefined> {
  const answers = await Promise.all(endpoints.map((endpoint) => exchange(endpoint, 'srvr')));
  const modes = answers.map((answer) => /^Mode: (\w+)/m.exec(answer ?? '')?.[1]);
  const leader = endpoints[modes.indexOf('leader')];
  if (leader === undefined || modes.some((mode) => mode === undefined)) return undefined;
  const version = /^Zookeeper version: ([\d.]+)/m.exec(answers[0] ?? '')?.[1] ?? 'unknown';
  return { leader, version };
}
