/** One NATS server with JetStream, or three that agree, as Debian packages it and with its defaults. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { host } from './peer-cluster.ts';
import { exchange, outputOf, type ServerAddress, ServerProcess, untilReady } from './server-process.ts';

export interface NatsServerOptions {
  /** Of its own; data that is there is served again. */
  readonly directory: string;
  /** The first of nine that are free. */
  readonly port: number;
  readonly servers: 1 | 3;
  /** More lines for the configuration, such as accounts. */
  readonly settings?: string;
  /** False: without JetStream. */
  readonly jetStream?: boolean;
}

export interface NatsServers extends AsyncDisposable {
  /** For clients, all of them. */
  readonly url: string;
  /** Where they keep what they know, each in a folder by its name. */
  readonly directory: string;
  /** The process of each that runs now. */
  readonly pids: readonly number[];
  /** Ends one at once, as a machine that fails does. */
  kill(place: number): Promise<void>;
  /** Asks all to stop. */
  stop(): Promise<void>;
  /** Starts those that do not run, or of them only these, on the data that they have. */
  start(places?: readonly number[]): Promise<void>;
}

const readyMsMax = 60_000;

/** `undefined` when it is not installed. */
export async function startNats(options: NatsServerOptions): Promise<NatsServers | undefined> {
  if ((await outputOf('nats-server', ['--version'])) === undefined) return undefined;
  const servers = new Servers(options);
  await servers.start();
  return servers;
}

class Servers implements NatsServers {
  readonly url: string;
  readonly #options: NatsServerOptions;
  readonly #running = new Map<number, ServerProcess>();

  constructor(options: NatsServerOptions) {
    this.#options = options;
    this.url = `nats://${this.#places.map((place) => `${host}:${options.port + place}`).join(',')}`;
  }

  get pids(): readonly number[] {
    return [...this.#running.values()].map(({ pid }) => pid as number);
  }

  async kill(place: number): Promise<void> {
    const server = this.#running.get(place);
    if (server?.pid === undefined) return;
    this.#running.delete(place);
    process.kill(server.pid, 'SIGKILL');
    await server.stop();
  }

  async stop(): Promise<void> {
    const servers = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(servers.map((server) => server.stop()));
  }

  get directory(): string {
    return this.#options.directory;
  }

  async start(places: readonly number[] = this.#places): Promise<void> {
    for (const place of places) {
      if (!this.#running.has(place)) this.#running.set(place, this.#startOne(place));
    }
    try {
      await untilReady('nats-server', readyMsMax, [...this.#running.values()], () => this.#ready());
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #places(): readonly number[] {
    return Array.from({ length: this.#options.servers }, (_, place) => place);
  }

  #startOne(place: number): ServerProcess {
    const { directory, port, servers, settings = '', jetStream = true } = this.#options;
    const name = `node${place + 1}`;
    mkdirSync(directory, { recursive: true });
    const routes = this.#places.map((other) => `nats-route://${host}:${port + 3 + other}`).join(', ');
    const lines = [
      `server_name: ${name}`,
      `listen: "${host}:${port + place}"`,
      `http: "${host}:${port + 6 + place}"`,
      ...(jetStream ? [`jetstream { store_dir: "${join(directory, name)}" }`] : []),
      ...(servers === 1
        ? []
        : [`cluster { name: peers, listen: "${host}:${port + 3 + place}", routes: [${routes}] }`]),
      settings,
    ];
    const file = join(directory, `${name}.conf`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return new ServerProcess({
      program: 'nats-server',
      words: ['--config', file],
      log: join(directory, `${name}.log`),
    });
  }

  /** When each says that it is healthy: of a cluster, that it follows a leader. */
  async #ready(): Promise<true | undefined> {
    const { port } = this.#options;
    const addresses: ServerAddress[] = [...this.#running.keys()].map((place) => ({
      host,
      port: port + 6 + place,
    }));
    const answers = await Promise.all(
      addresses.map((address) => exchange(address, 'GET /healthz HTTP/1.0\r\n\r\n')),
    );
    return answers.every((answer) => answer?.includes('"ok"') === true) ? true : undefined;
  }
}
