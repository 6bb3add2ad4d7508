/** The three members of an etcd, each to be stopped, started again, frozen and killed by itself. */
import { join } from 'node:path';
import { host, numbered, type PeerOptions } from './peer-cluster.ts';
import { outputOf, type ServerAddress, ServerProcess, untilReady } from './server-process.ts';

const readyMsMax = 30_000;

export interface EtcdOptions extends PeerOptions {
  /** Further words for each member, such as `--quota-backend-bytes`. */
  readonly words?: readonly string[];
}

export class EtcdMembers implements AsyncDisposable {
  readonly endpoints: readonly ServerAddress[];
  readonly #options: EtcdOptions;
  readonly #processes: (ServerProcess | undefined)[];

  /** Starts all. */
  constructor(options: EtcdOptions) {
    this.#options = options;
    this.endpoints = numbered((place) => ({ host, port: options.port + place }));
    this.#processes = [...numbered((place) => this.#spawned(place))];
  }

  get pids(): readonly number[] {
    return this.#running.map(({ pid }) => pid as number);
  }

  /** Where a member keeps its data. */
  directoryOf(place: number): string {
    return join(this.#options.directory, `node${place + 1}`);
  }

  pid(place: number): number {
    const pid = this.#processes[place]?.pid;
    if (pid === undefined) throw new Error(`member ${place} does not run`);
    return pid;
  }

  start(place: number): void {
    this.#processes[place] ??= this.#spawned(place);
  }

  async stop(place: number): Promise<void> {
    const process = this.#processes[place];
    this.#processes[place] = undefined;
    await process?.stop();
  }

  /** When all answer and agree. */
  leader(): Promise<ServerAddress> {
    return untilReady('etcd', readyMsMax, this.#running, () => leaderOf(this.endpoints));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process?.stop()));
  }

  get #running(): readonly ServerProcess[] {
    return this.#processes.flatMap((process) => process ?? []);
  }

  #spawned(place: number): ServerProcess {
    const { directory, port, words = [] } = this.#options;
    const peers = numbered((other) => `http://${host}:${port + 3 + other}`);
    const name = `node${place + 1}`;
    const client = `http://${host}:${port + place}`;
    const peer = peers[place] as string;
    return new ServerProcess({
      program: 'etcd',
      words: [
        ...['--name', name, '--data-dir', this.directoryOf(place)],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--initial-cluster', peers.map((url, other) => `node${other + 1}=${url}`).join(',')],
        ...['--initial-cluster-state', 'new', '--logger', 'zap', ...words],
      ],
      log: join(directory, `${name}.log`),
    });
  }
}

/** `undefined` when it is not installed. */
export async function etcdVersion(): Promise<string | undefined> {
  const version = /etcd Version: (\S+)/.exec((await outputOf('etcd', ['--version'])) ?? '')?.[1];
  return (await outputOf('etcdctl', ['version'])) === undefined ? undefined : version;
}

interface EndpointStatus {
  readonly Status: {
    readonly header: { readonly member_id: number };
    readonly leader?: number;
  };
}

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
