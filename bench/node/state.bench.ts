/**
 * What a node with its state on disk costs: how soon it serves, and how much memory it takes, idle and with a
 * million keys of 256 bytes, beside etcd with the same keys where that is installed. Each node is a process of
 * its own and runs the built package, which is built first. Its memory is what the kernel says of it: `anon` is
 * its own, `file` are pages of files that it has touched, which the kernel may take back at any time.
 *
 *   node bench/node/state.bench.ts [--json] [--directory DIR] [--keys N] [--port P]
 *   node --max-old-space-size=512 bench/node/state.bench.ts --large 4
 *
 * `--large` fills a store in this process with that many gibibytes instead, opens it again, and looks at a part.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { Etcd3 } from 'etcd3';
import { connect, type Store } from '../../src/client/index.ts';
import { build } from '../../tools/build.ts';
import { outputOf, ServerProcess } from '../../tools/peers/server-process.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    directory: { type: 'string', default: tmpdir() },
    keys: { type: 'string', default: '1000000' },
    port: { type: 'string', default: '17500' },
    large: { type: 'string' },
  },
});
const keys = Number(options.keys);
const port = Number(options.port);
const mebibyte = 1_048_576;
/** What people run: the sources take 70 MiB more, for what strips their types. */
const main = join(import.meta.dirname, '../../dist/cli/main.js');
const host = '127.0.0.1';
const keysPerTransaction = 100;
const transactionsUnderWay = 16;
const settleMs = 5_000;
const readyMsMax = 120_000;

type Figures = Readonly<Record<string, string | number>>;

function print(figures: Figures): void {
  if (options.json) console.log(JSON.stringify({ bench: 'state', ...figures }));
  else
    console.log(
      Object.entries(figures)
        .map(([name, value]) => `${name} ${value}`)
        .join('  '),
    );
}

interface Memory {
  readonly residentMiB: number;
  readonly anonMiB: number;
  readonly fileMiB: number;
}

function memoryOf(pid: number | 'self'): Memory {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1_024);
  return { residentMiB: of('VmRSS'), anonMiB: of('RssAnon'), fileMiB: of('RssFile') };
}

function valueFor(number: number, bytes: number): string {
  return String(number).padEnd(bytes, '.');
}

/** Runs `work` for each of the numbers below `count` in pieces, so many at a time. */
async function inPieces(
  count: number,
  piece: number,
  work: (from: number, to: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const from = next;
      next = Math.min(from + piece, count);
      await work(from, next);
    }
  };
  await Promise.all(Array.from({ length: transactionsUnderWay }, worker));
}

async function fillStore(store: Store, count: number): Promise<void> {
  await inPieces(count, keysPerTransaction, async (from, to) => {
    const onSuccess = Array.from({ length: to - from }, (_, more) => ({
      kind: 'put' as const,
      key: `key-${String(from + more).padStart(12, '0')}`,
      value: valueFor(from + more, 256),
    }));
    await store.transaction({ onSuccess });
  });
}

function serve(directory: string): ServerProcess {
  const words = [main, 'serve', '--data', directory, '--listen', `${host}:${port}`, '--bootstrap'];
  return new ServerProcess({ program: process.execPath, words, log: `${directory}.log` });
}

/** From the start of the process to the first strong read that it answers. */
async function untilServing(server: ServerProcess, startedMs: number): Promise<number> {
  while (true) {
    server.checkAlive();
    const store = await connect(`quorate://${host}:${port}`, { timeout: '200ms' });
    try {
      await store.get('key-000000000001');
      return Math.round(performance.now() - startedMs);
    } catch (error) {
      if (performance.now() - startedMs > readyMsMax) throw error;
      await delay(10);
    } finally {
      await store.close();
    }
  }
}

/** A node on this directory, started and looked at; `use` is what it does before the second look. */
async function node(name: string, directory: string, use?: (store: Store) => Promise<void>): Promise<void> {
  const startedMs = performance.now();
  const server = serve(directory);
  try {
    const servesMs = await untilServing(server, startedMs);
    await delay(settleMs);
    print({ case: name, servesMs, ...memoryOf(server.pid as number) });
    if (use === undefined) return;
    const store = await connect(`quorate://${host}:${port}`, { timeout: '60s' });
    const beganMs = performance.now();
    await use(store);
    const seconds = Math.round((performance.now() - beganMs) / 100) / 10;
    await store.close();
    await delay(settleMs);
    print({ case: `${name}, used`, seconds, ...memoryOf(server.pid as number) });
  } finally {
    await server.stop();
  }
}

async function readAll(store: Store): Promise<void> {
  await inPieces(keys, 1, (from) => store.get(`key-${String(from).padStart(12, '0')}`));
}

async function etcd(directory: string): Promise<void> {
  if ((await outputOf('etcd', ['--version'])) === undefined) return;
  const client = `http://${host}:${port + 1}`;
  const start = (): ServerProcess =>
    new ServerProcess({
      program: 'etcd',
      words: [
        ...['--data-dir', join(directory, 'etcd'), '--listen-client-urls', client],
        ...['--advertise-client-urls', client, '--listen-peer-urls', `http://${host}:${port + 2}`],
      ],
      log: join(directory, 'etcd.log'),
    });
  let server = start();
  const peer = new Etcd3({ hosts: client, dialTimeout: 5_000 });
  try {
    await untilEtcd(peer, server);
    await inPieces(keys, keysPerTransaction, async (from, to) => {
      const numbers = Array.from({ length: to - from }, (_, more) => from + more);
      const puts = numbers.map((number) =>
        peer.put(`key-${String(number).padStart(12, '0')}`).value(valueFor(number, 256)),
      );
      await peer
        .if('none', 'Create', '==', 0)
        .then(...puts)
        .commit();
    });
    await delay(settleMs);
    print({ case: 'etcd, filled', ...memoryOf(server.pid as number) });
    await server.stop();
    const startedMs = performance.now();
    server = start();
    await untilEtcd(peer, server);
    const servesMs = Math.round(performance.now() - startedMs);
    await delay(settleMs);
    print({ case: 'etcd, started again', servesMs, ...memoryOf(server.pid as number) });
  } finally {
    peer.close();
    await server.stop();
  }
}

async function untilEtcd(peer: Etcd3, server: ServerProcess): Promise<void> {
  const startedMs = performance.now();
  while (true) {
    server.checkAlive();
    try {
      await peer.get('key-000000000001').string();
      return;
    } catch (error) {
      if (performance.now() - startedMs > readyMsMax) throw error;
      await delay(10);
    }
  }
}

async function large(directory: string, gibibytes: number): Promise<void> {
  const valueBytes = 16_384;
  const count = Math.round((gibibytes * 1_024 * mebibyte) / valueBytes);
  const heapLimitMiB = Math.round(getHeapStatistics().heap_size_limit / mebibyte);
  print({ case: 'heap limit', MiB: heapLimitMiB });
  let beganMs = performance.now();
  let store = await connect(`file:${directory}`, { timeout: '60s' });
  let written = 0;
  await inPieces(count, 1, async (number) => {
    await store.put(`key-${number}`, valueFor(number, valueBytes));
    written += 1;
    if (written % Math.round(count / 8) === 0) {
      const MiBPerSecond = Math.round(
        (written * valueBytes) / mebibyte / ((performance.now() - beganMs) / 1_000),
      );
      print({
        case: 'written',
        MiB: Math.round((written * valueBytes) / mebibyte),
        MiBPerSecond,
        ...memoryOf('self'),
      });
    }
  });
  await store.close();
  beganMs = performance.now();
  store = await connect(`file:${directory}`, { timeout: '60s' });
  const seen = await store.count({ prefix: 'key-' });
  print({
    case: 'opened again',
    ms: Math.round(performance.now() - beganMs),
    keys: seen,
    of: count,
    ...memoryOf('self'),
  });
  await inPieces(Math.min(count, 20_000), 1, async (turn) => {
    const number = (turn * 7_919) % count;
    const entry = await store.get(`key-${number}`);
    if (Number.parseInt(entry?.text ?? '', 10) !== number)
      throw new Error(`key-${number} is not what was written`);
  });
  print({ case: 'looked at 20,000', ...memoryOf('self') });
  await store.close();
}

const scratch = mkdtempSync(join(options.directory, 'quorate-state-'));
try {
  if (options.large !== undefined) {
    await large(scratch, Number(options.large));
  } else {
    if (!build()) throw new Error('the package was not built');
    await node('idle', join(scratch, 'idle'));
    const filled = join(scratch, 'filled');
    await node('empty', filled, (store) => fillStore(store, keys));
    await node('with its keys', filled, readAll);
    await etcd(scratch);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
