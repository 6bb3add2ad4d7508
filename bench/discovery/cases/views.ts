/**
 * 10,000 instances of one service on a cluster of three nodes, and 100 clients that watch it from four processes: how
 * long after the registry has acknowledged a change the last of them shows it, beside the round trip of that very
 * change; what a read of the snapshot costs; what a view costs in memory.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Registration, type RegistryView, serviceRegistry } from '../../../src/discovery/index.ts';
import { connect, type Store } from '../../../src/index.ts';
import { type BenchCase, type Line, median } from '../bench-case.ts';

const root = join(import.meta.dirname, '../../..');
/** Fewer on a machine that has other things to do: `BENCH_INSTANCES` and `BENCH_VIEWS`. */
const instanceCount = Number(process.env['BENCH_INSTANCES'] ?? 10_000);
const processCount = 4;
const viewsPerProcess = Number(process.env['BENCH_VIEWS'] ?? 100) / processCount;
const service = 'orders';
const changedId = `orders-${String(instanceCount / 2).padStart(5, '0')}`;
const changesPerRound = 20;
const registeringMax = 128;

interface Told {
  readonly ready?: number;
  readonly bytes?: number;
  readonly weight?: number;
  readonly at?: string;
}

interface Cluster {
  readonly url: string;
  stop(): Promise<void>;
}

async function startCluster(): Promise<Cluster> {
  const data = mkdtempSync(join(tmpdir(), 'quorate-views-'));
  const words = ['up', '--nodes', '3', '--port', process.env['BENCH_PORT'] ?? '23300', '--data', data];
  const child = spawn(process.execPath, [join(root, 'src/cli/main.ts'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const endpoints = await new Promise<string>((resolve, reject) => {
    child.once('close', () => reject(new Error('the cluster did not start')));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('ready ')) resolve(line.slice('ready '.length).trim());
    });
  });
  return {
    url: `quorate://${endpoints}`,
    stop: async () => {
      child.kill('SIGTERM');
      await closed;
      rmSync(data, { recursive: true });
    },
  };
}

async function registerAll(
  store: Store,
): Promise<{ readonly changed: Registration; close(): Promise<void> }> {
  const registry = serviceRegistry(store, { ttl: '1m', lookEvery: '1h' });
  const registrations = new Map<string, Registration>();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < instanceCount) {
      const number = next;
      next += 1;
      const id = `orders-${String(number).padStart(5, '0')}`;
      const address = { host: `10.0.${number >> 8}.${number & 255}`, port: 7000 };
      const told = { version: `1.${number % 5}.0`, tags: ['http'], metadata: { shard: `${number % 16}` } };
      registrations.set(
        id,
        await registry.register({ service, id, address, zone: `zone-${number % 3}`, ...told }),
      );
    }
  };
  await Promise.all(Array.from({ length: registeringMax }, work));
  const changed = registrations.get(changedId);
  if (changed === undefined) throw new Error(`${changedId} is not registered`);
  return { changed, close: () => registry.close() };
}

class Watchers {
  readonly #children: readonly ChildProcess[];
  readonly #seen = new Map<number, bigint[]>();
  #wake: () => void = () => undefined;
  readonly bytes: number[] = [];

  constructor(url: string) {
    const program = join(import.meta.dirname, '../views/watcher-program.ts');
    const words = [url, service, changedId, `${viewsPerProcess}`];
    this.#children = Array.from({ length: processCount }, () =>
      fork(program, words, { execArgv: ['--expose-gc'] }),
    );
    for (const child of this.#children) child.on('message', (told: Told) => this.#hear(told));
  }

  async ready(): Promise<void> {
    await this.#until(() => this.bytes.length === processCount);
  }

  /** When the last view of all processes has shown it. */
  async seen(weight: number): Promise<bigint> {
    await this.#until(() => this.#seen.get(weight)?.length === processCount);
    const times = this.#seen.get(weight) ?? [];
    return times.reduce((last, time) => (time > last ? time : last), 0n);
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.send('stop');
    await Promise.all(
      this.#children.map((child) => new Promise<void>((resolve) => child.once('close', () => resolve()))),
    );
  }

  #hear({ bytes, weight, at }: Told): void {
    if (bytes !== undefined) this.bytes.push(bytes);
    if (weight !== undefined && at !== undefined)
      this.#seen.set(weight, [...(this.#seen.get(weight) ?? []), BigInt(at)]);
    this.#wake();
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }
}

interface Change {
  readonly roundTripMs: number;
  /** From the acknowledgement to the last view. */
  readonly behindMs: number;
}

async function change(registration: Registration, watchers: Watchers, weight: number): Promise<Change> {
  const asked = process.hrtime.bigint();
  await registration.update({ weight });
  const acknowledged = process.hrtime.bigint();
  const seen = await watchers.seen(weight);
  return { roundTripMs: Number(acknowledged - asked) / 1e6, behindMs: Number(seen - acknowledged) / 1e6 };
}

function percentile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function rounded(figure: number, digits = 2): number {
  return Number(figure.toFixed(digits));
}

async function fanOut(rounds: number): Promise<readonly Line[]> {
  const cluster = await startCluster();
  try {
    const store = await connect(cluster.url);
    const began = performance.now();
    const { changed, close } = await registerAll(store);
    const perSecond = (instanceCount * 1_000) / (performance.now() - began);
    const watchers = new Watchers(cluster.url);
    await watchers.ready();
    const changes: Change[] = [];
    for (let number = 1; number <= (rounds + 1) * changesPerRound; number += 1) {
      const one = await change(changed, watchers, number + 1);
      // The first of them warm both sides up.
      if (number > changesPerRound) changes.push(one);
    }
    await watchers.stop();
    const kept = { instances: instanceCount, watchers: processCount * viewsPerProcess };
    const local = await localFigures(store, rounds);
    await close();
    await store.close();
    const trips = changes.map(({ roundTripMs }) => roundTripMs);
    const behind = changes.map(({ behindMs }) => behindMs);
    const ratios = changes.map(({ roundTripMs, behindMs }) => behindMs / roundTripMs);
    return [
      { case: 'register', ours: Math.round(perSecond), unit: 'ops/s' },
      { case: 'round-trip', ours: rounded(median(trips)), unit: 'ms', p99: rounded(percentile(trips, 0.99)) },
      {
        ...{ case: 'last-watcher', ours: rounded(median(behind)), unit: 'ms', ...kept },
        ...{ p99: rounded(percentile(behind, 0.99)), ratioToRoundTrip: rounded(median(ratios)) },
      },
      { case: 'own-view-memory', ours: Math.round(median(watchers.bytes) / 1_024), unit: 'KiB', ...kept },
      ...local,
    ];
  } finally {
    await cluster.stop();
  }
}

let read = 0;

/** Views that share one process and one watch. */
async function localFigures(store: Store, rounds: number): Promise<readonly Line[]> {
  const registry = serviceRegistry(store);
  const view = await registry.view(service);
  await view.ready();
  const reads = 5_000_000;
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    for (let number = 0; number < reads; number += 1) read += view.snapshot.instances.length;
    costs.push(((performance.now() - start) * 1e6) / reads);
  }
  if (read === 0) throw new Error('nothing was read');
  const views: RegistryView[] = [];
  const heapWithMore = async (): Promise<number> => {
    for (let number = 0; number < 1_000; number += 1) views.push(await registry.view(service));
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  // The first thousand wait until what came with the listing is gone.
  const before = await heapWithMore();
  const bytes = ((await heapWithMore()) - before) / 1_000;
  await registry.close();
  return [
    { case: 'snapshot-read', ours: rounded(median(costs), 1), unit: 'ns', instances: instanceCount },
    { case: 'shared-view-memory', ours: Math.round(bytes), unit: 'bytes', instances: instanceCount },
  ];
}

export const cases: readonly BenchCase[] = [
  {
    name: 'views',
    what: '10,000 instances and 100 watching clients on three nodes; reads and memory of a view',
    run: ({ rounds }) => fanOut(rounds),
  },
];
