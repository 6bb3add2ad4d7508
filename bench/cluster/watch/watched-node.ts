/** One node of ours or of etcd with its default durability, each a process of its own, for watchers to gather at. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { connect } from '../../../src/client/index.ts';
import { outputOf, ServerProcess, untilReady } from '../../../tools/peers/index.ts';
import type { Endpoint } from '../job.ts';
import type { WatchedSystem } from './watch-job.ts';

const host = '127.0.0.1';
const readyMsMax = 30_000;
const lookMs = 20;

export interface WatchedNode extends AsyncDisposable {
  readonly system: WatchedSystem;
  readonly endpoint: Endpoint;
  /** In bytes: what the kernel counts as resident, and where the system collects garbage on demand, what is in use. */
  memory(): Promise<{ readonly resident: number; readonly used: number | undefined }>;
}

export interface WatchedNodeOptions {
  readonly directory: string;
  readonly port: number;
  /** Words for the Node that runs ours. */
  readonly flags: readonly string[];
}

export async function startWatchedQuorate({
  directory,
  port,
  flags,
}: WatchedNodeOptions): Promise<WatchedNode> {
  mkdirSync(directory, { recursive: true });
  const told = join(directory, 'memory.json');
  const teller = pathToFileURL(join(import.meta.dirname, 'memory-teller.ts'));
  teller.searchParams.set('file', told);
  const main = join(import.meta.dirname, '../../../src/cli/main.ts');
  const server = new ServerProcess({
    program: process.execPath,
    words: [
      ...['--expose-gc', '--import', teller.href, ...flags, main, 'serve', '--bootstrap'],
      ...['--data', join(directory, 'data'), '--listen', `${host}:${port}`],
    ],
    log: join(directory, 'node.log'),
  });
  await untilReady('quorate', readyMsMax, [server], async () => {
    await using store = await connect(`quorate://${host}:${port}`, { timeout: '500ms' });
    return await store.get('/none').then(
      () => true,
      () => undefined,
    );
  });
  const memory: WatchedNode['memory'] = async () => {
    rmSync(told, { force: true });
    process.kill(server.pid as number, 'SIGUSR2');
    const text = await untilReady('the word on memory', readyMsMax, [server], () =>
      Promise.resolve(textOf(told)),
    );
    const { heapUsed, external } = JSON.parse(text) as NodeJS.MemoryUsage;
    return { resident: residentBytes(server.pid as number), used: heapUsed + external };
  };
  return { system: 'quorate', endpoint: { host, port }, memory, [Symbol.asyncDispose]: () => server.stop() };
}

/** `undefined` when it is not installed. */
export async function startWatchedEtcd({
  directory,
  port,
}: WatchedNodeOptions): Promise<WatchedNode | undefined> {
  if ((await outputOf('etcd', ['--version'])) === undefined) return undefined;
  mkdirSync(directory, { recursive: true });
  const client = `http://${host}:${port}`;
  const peer = `http://${host}:${port + 1}`;
  const server = new ServerProcess({
    program: 'etcd',
    words: [
      ...['--name', 'node1', '--data-dir', join(directory, 'data'), '--logger', 'zap'],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', `node1=${peer}`],
    ],
    log: join(directory, 'node.log'),
  });
  await untilReady('etcd', readyMsMax, [server], () =>
    outputOf('etcdctl', ['--endpoints', client, 'get', '/none', '-w', 'json']),
  );
  const memory: WatchedNode['memory'] = async () => {
    await delay(lookMs);
    return { resident: residentBytes(server.pid as number), used: undefined };
  };
  return { system: 'etcd', endpoint: { host, port }, memory, [Symbol.asyncDispose]: () => server.stop() };
}

function residentBytes(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
