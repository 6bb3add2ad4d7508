/**
 * Three nodes of ZooKeeper as Debian packages it, each of which can be killed, stopped, stood still and started again
 * with what it has on disk.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { host, numbered, type PeerOptions } from './peer-cluster.ts';
import { exchange, outputOf, type ServerAddress, ServerProcess, untilReady } from './server-process.ts';

const archive = '/usr/share/java/zookeeper.jar';
const mainClass = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
const readyMsMax = 60_000;

export interface ZookeeperMembersOptions extends PeerOptions {
  /** What the server counts time in: sessions last from 2 to 20 of them. Default 2,000 as in its documents. */
  readonly tickMs?: number;
  /** How often the leader looks for directories that are idle. Default 60,000 as in its documents. */
  readonly collectionMs?: number;
  /** Further settings of the servers as Java has them, such as `readonlymode.enabled=true`. */
  readonly properties?: readonly string[];
}

/** Who leads, of the servers that answer. */
export interface Ensemble {
  readonly leader: ServerAddress;
  readonly version: string;
}

export async function hasZookeeper(): Promise<boolean> {
  return existsSync(archive) && (await outputOf('java', ['-version'])) !== undefined;
}

export class ZookeeperMembers implements AsyncDisposable {
  readonly endpoints: readonly ServerAddress[];
  readonly #options: ZookeeperMembersOptions;
  readonly #processes: ServerProcess[];

  /** Starts all of them. */
  constructor(options: ZookeeperMembersOptions) {
    this.#options = options;
    this.endpoints = numbered((place) => ({ host, port: options.port + place }));
    this.#processes = numbered((place) => this.#started(place)).slice();
  }

  get pids(): readonly number[] {
    return this.#processes.map(({ pid }) => pid as number);
  }

  /** Waits until all serve and one of them leads. */
  async ready(): Promise<Ensemble> {
    return await untilReady('ZooKeeper', readyMsMax, this.#processes, () => leaderOf(this.endpoints));
  }

  async leader(): Promise<ServerAddress> {
    return (await this.ready()).leader;
  }

  signal(place: number, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    process.kill(this.pids[place] as number, signal);
  }

  async stop(place: number): Promise<void> {
    await this.#processes[place]?.stop();
  }

  /** Takes the data of one that was stopped, as when its disk is replaced. */
  wipe(place: number): void {
    rmSync(join(this.#options.directory, `node${place + 1}`), { recursive: true });
  }

  /** What was stopped or killed. */
  start(place: number): void {
    this.#processes[place] = this.#started(place);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.stop()));
  }

  #started(place: number): ServerProcess {
    const { directory, port, tickMs = 2_000, collectionMs = 60_000, properties = [] } = this.#options;
    const own = join(directory, `node${place + 1}`);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'myid'), `${place + 1}\n`);
    const lines = [
      `dataDir=${own}`,
      `clientPort=${port + place}`,
      `clientPortAddress=${host}`,
      `tickTime=${tickMs}`,
      'initLimit=10',
      'syncLimit=5',
      // Otherwise no more than 60 connections may come from one address.
      'maxClientCnxns=0',
      'admin.enableServer=false',
      '4lw.commands.whitelist=srvr',
      ...numbered((other) => `server.${other + 1}=${host}:${port + 3 + other}:${port + 6 + other}`),
    ];
    const file = join(directory, `node${place + 1}.cfg`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return new ServerProcess({
      program: 'java',
      words: [
        '-Xmx1000m',
        `-Dznode.container.checkIntervalMs=${collectionMs}`,
        ...properties.map((property) => `-D${property}`),
        '-cp',
        archive,
        mainClass,
        file,
      ],
      log: join(directory, `node${place + 1}.log`),
    });
  }
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
