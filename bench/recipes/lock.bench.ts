/**
 * Locks on three durable nodes of ours, beside the packages and servers that people use for them today, all on
 * loopback: `etcd3` on three nodes of etcd, ephemeral nodes on three of ZooKeeper, `redlock` on three Redis without
 * durability; and our recipe on that etcd. Round by round in turn, so that whatever else the machine does falls on
 * all; medians are compared. One turn is an acquire and a release.
 *
 *   node bench/recipes/lock.bench.ts [--json] [--rounds 5] [--seconds 2] [--warm 2] [--case lock-64] [--port 17900]
 *     [--peers etcd,zookeeper,redis] [--directory DIR]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startEtcd, startQuorate, startRedis, startZookeeper } from '../../tools/peers/index.ts';
import type { Endpoint } from '../cluster/job.ts';
import type { LockAnswer, LockJob, LockOutcome } from './lock-loader.ts';
import type { LockSystemName } from './lock-systems.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    warm: { type: 'string', default: '2' },
    case: { type: 'string' },
    peers: { type: 'string', default: 'etcd,zookeeper,redis' },
    port: { type: 'string', default: '17900' },
    directory: { type: 'string', default: tmpdir() },
  },
});

interface Case {
  readonly name: string;
  readonly words: string;
  readonly workers: number;
  readonly keys: number;
  readonly what: LockJob['what'];
  readonly systems: readonly LockSystemName[];
  /** Before what is measured begins: until all who wait stand in the line. Default 500. */
  readonly warmupMs?: number;
}

const all: readonly LockSystemName[] = ['quorate', 'quorate-etcd', 'etcd3', 'zookeeper', 'redlock'];
const cases: readonly Case[] = [
  { name: 'lock-1', words: 'one worker', workers: 1, keys: 1, what: 'lock', systems: all },
  { name: 'lock-64', words: '64 workers, a lock each', workers: 64, keys: 64, what: 'lock', systems: all },
  {
    name: 'lock-16-one',
    words: '16 workers on one lock',
    workers: 16,
    keys: 1,
    what: 'lock',
    systems: ['quorate', 'quorate-etcd', 'etcd3', 'redlock'],
  },
  {
    name: 'waiters-10',
    words: '10 workers on one lock',
    workers: 10,
    keys: 1,
    what: 'lock',
    systems: ['quorate'],
  },
  {
    name: 'waiters-1000',
    words: '1,000 workers on one lock',
    workers: 1_000,
    keys: 1,
    what: 'lock',
    systems: ['quorate'],
    warmupMs: 5_000,
  },
  {
    name: 'counter-64',
    words: 'adding to 64 counters',
    workers: 64,
    keys: 64,
    what: 'add',
    systems: ['quorate'],
  },
  {
    name: 'put-64',
    words: 'puts by the same client, to compare',
    workers: 64,
    keys: 64,
    what: 'put',
    systems: ['quorate'],
  },
  {
    name: 'sure-put-64',
    words: 'puts that are carried out exactly once, as adds are',
    workers: 64,
    keys: 64,
    what: 'surePut',
    systems: ['quorate'],
  },
];

const program = fileURLToPath(new URL('./lock-loader.ts', import.meta.url));

/** One process for each system, so that the compiler's work for one does not fall on another. */
class Loaders {
  readonly #processes = new Map<LockSystemName, ChildProcess>();

  async run(job: LockJob): Promise<LockOutcome> {
    const loader = this.#processOf(job.system);
    const answer = await new Promise<LockAnswer>((resolve, reject) => {
      const gone = (): void => reject(new Error(`the loader ${job.system} ended by itself`));
      loader.once('exit', gone);
      loader.once('message', (words: LockAnswer) => {
        loader.off('exit', gone);
        resolve(words);
      });
      loader.send(job);
    });
    if ('failure' in answer) throw new Error(`the loader ${job.system} failed: ${answer.failure}`);
    return answer.outcome;
  }

  close(): void {
    for (const loader of this.#processes.values()) loader.disconnect();
  }

  #processOf(name: LockSystemName): ChildProcess {
    const loader = this.#processes.get(name) ?? fork(program);
    this.#processes.set(name, loader);
    return loader;
  }
}

/** Where each system is reached; absent: its server is not installed, or not wanted. */
async function startAll(
  base: string,
  stack: AsyncDisposableStack,
): Promise<ReadonlyMap<LockSystemName, readonly Endpoint[]>> {
  const places = new Map<LockSystemName, readonly Endpoint[]>();
  const peers = options.peers.split(',');
  const own = (name: string, order: number): { readonly directory: string; readonly port: number } => {
    const directory = join(base, name);
    mkdirSync(directory, { recursive: true });
    return { directory, port: Number(options.port) + 10 * order };
  };
  places.set('quorate', stack.use(await startQuorate(own('quorate', 0))).endpoints);
  const etcd = peers.includes('etcd') ? await startEtcd(own('etcd', 1)) : undefined;
  if (etcd !== undefined)
    for (const name of ['etcd3', 'quorate-etcd'] as const) places.set(name, stack.use(etcd).endpoints);
  const zookeeper = peers.includes('zookeeper') ? await startZookeeper(own('zookeeper', 2)) : undefined;
  if (zookeeper !== undefined) places.set('zookeeper', [await stack.use(zookeeper).leader()]);
  if (!peers.includes('redis')) return places;
  const redises: Endpoint[] = [];
  for (const order of [3, 4, 5]) {
    const redis = await startRedis({ ...own(`redis${order}`, order), words: ['--appendonly', 'no'] });
    if (redis === undefined) return places;
    redises.push(stack.use(redis).address);
  }
  return places.set('redlock', redises);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function print(subject: Case, outcomes: ReadonlyMap<LockSystemName, readonly LockOutcome[]>): void {
  const figures = [...outcomes].map(([system, rounds]) => ({
    system,
    rate: median(rounds.map(({ turnsPerSecond }) => turnsPerSecond)),
    p99Us: Math.round(median(rounds.map(({ p99Us }) => p99Us))),
  }));
  const [ours, ...others] = figures;
  if (ours === undefined) return;
  const line = {
    bench: 'lock',
    case: subject.name,
    ours: Math.round(ours.rate),
    unit: 'turns/s',
    p99Us: ours.p99Us,
  };
  if (!options.json) console.log(`${subject.name}: ${subject.words}`);
  const count = Number(options.rounds);
  if (options.json && others.length === 0) console.log(JSON.stringify({ ...line, rounds: count }));
  for (const { system, rate, p99Us } of options.json ? others : figures) {
    const ratio = Number((ours.rate / rate).toFixed(2));
    if (options.json)
      console.log(
        JSON.stringify({
          ...line,
          peer: system,
          theirs: Math.round(rate),
          theirsP99Us: p99Us,
          ratio,
          rounds: count,
        }),
      );
    else
      console.log(
        `  ${system.padEnd(14)}${Math.round(rate).toLocaleString('en').padStart(9)} /s  p99${(p99Us / 1_000).toFixed(2).padStart(9)} ms` +
          (system === 'quorate' ? '' : `  ours ${ratio} times as fast`),
      );
  }
}

const chosen = options.case?.split(',') ?? cases.map(({ name }) => name);
const directory = mkdtempSync(join(options.directory, 'quorate-bench-'));
try {
  await using stack = new AsyncDisposableStack();
  const places = await startAll(directory, stack);
  const loaders = new Loaders();
  stack.defer(() => loaders.close());
  for (const subject of cases.filter(({ name }) => chosen.includes(name))) {
    const outcomes = new Map<LockSystemName, LockOutcome[]>();
    const systems = subject.systems.filter((system) => places.has(system));
    const run = (system: LockSystemName, seconds: number): Promise<LockOutcome> => {
      const { what, workers, keys, warmupMs = 500 } = subject;
      const endpoints = places.get(system) ?? [];
      return loaders.run({
        system,
        endpoints,
        what,
        workers,
        keys,
        warmupMs,
        measureMs: seconds * 1_000,
      });
    };
    for (const system of systems) if (Number(options.warm) > 0) await run(system, Number(options.warm));
    for (let round = 0; round < Number(options.rounds); round += 1)
      for (const system of systems)
        outcomes.set(system, [...(outcomes.get(system) ?? []), await run(system, Number(options.seconds))]);
    print(subject, outcomes);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
