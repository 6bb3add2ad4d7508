/** One Redis as Debian packages it, on loopback, with a log that is synced at every write unless it is told otherwise. */
import { mkdirSync } from 'node:fs';
import { host } from './peer-cluster.ts';
import { exchange, outputOf, type ServerAddress, ServerProcess, untilReady } from './server-process.ts';

export interface RedisServerOptions {
  /** A directory of its own: what is in it is loaded. */
  readonly directory: string;
  readonly port: number;
  /** More words of its command line, such as `--requirepass secret`. */
  readonly words?: readonly string[];
}

export interface RedisServer extends AsyncDisposable {
  readonly version: string;
  readonly address: ServerAddress;
  readonly url: string;
  readonly pid: number;
  /** As a crash of its machine would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const program = 'redis-server';
const readyMsMax = 20_000;

/** `undefined` when it is not installed. */
export async function startRedis({
  directory,
  port,
  words = [],
}: RedisServerOptions): Promise<RedisServer | undefined> {
  const version = /v=([\d.]+)/.exec((await outputOf(program, ['--version'])) ?? '')?.[1];
  if (version === undefined) return undefined;
  mkdirSync(directory, { recursive: true });
  const settings = ['--dir', directory, '--bind', host, '--port', String(port), '--save', ''];
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
  const server = new ServerProcess({
    program,
    words: [...settings, ...durable, ...words],
    log: `${directory}/redis.log`,
  });
  const address = { host, port };
  try {
    await untilReady('Redis', readyMsMax, [server], () => isAwake(address));
  } catch (error) {
    await server.stop();
    throw new Error(`Redis did not start in ${directory}`, { cause: error });
  }
  const stop = (): Promise<void> => server.stop();
  return {
    ...{ version, address, stop, pid: server.pid as number, url: `redis://${host}:${port}` },
    kill: () => server.kill(),
    [Symbol.asyncDispose]: stop,
  };
}

/** Whatever it answers to a PING, unless it is still loading, it is there. */
async function isAwake(address: ServerAddress): Promise<true | undefined> {
  const answer = await exchange(address, 'PING\r\nQUIT\r\n');
  return answer === undefined || answer.startsWith('-LOADING') ? undefined : true;
}
