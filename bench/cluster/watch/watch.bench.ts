/**
 * What watchers cost one node, beside one of etcd where that is installed, on the same machine and round by round in
 * turn: how many events a thousand watchers of one prefix hear under steady puts of 256 bytes, how much memory an
 * idle watcher takes, and what a watcher that never reads does to the puts of others. Watchers are counted on a few
 * connections and on one connection each. Medians of the rounds; every event is counted at the clients, by a loader
 * that looks at no more than how many there are, on the same processors.
 *
 *   node bench/cluster/watch/watch.bench.ts [--json] [--rounds 5] [--seconds 2] [--case fan-out-4,slow-reader]
 *     [--peers etcd] [--port 17950] [--directory DIR] [--idle 10000] [--flags --cpu-prof]
 *
 * `--idle` says how many watchers wait in the cases of that name. `--flags` go to the Node that runs ours.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { WatchAnswer, Watchers, WatchJob, WatchOutcome, WatchRun } from './watch-job.ts';
import { startWatchedEtcd, startWatchedQuorate, type WatchedNode } from './watched-node.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    case: { type: 'string', default: 'fan-out-4,fan-out-1000,idle-40,idle-10000,slow-reader' },
    peers: { type: 'string', default: 'etcd' },
    port: { type: 'string', default: '17950' },
    directory: { type: 'string', default: tmpdir() },
    flags: { type: 'string', default: '' },
    idle: { type: 'string', default: '10000' },
  },
});

const rounds = Number(options.rounds);
const warmupMs = 500;
const watchersOfOnePrefix = 1_000;
const idleWatchers = Number(options.idle);
const steadyPuts = { connections: 4, depth: 16 };
/** As many as leave a node some room: in a queue without end a p99 says how long the queue is. */
const easyPuts = { connections: 4, depth: 1 };
const settleMs = 500;

class Loader {
  readonly #process: ChildProcess = fork(join(import.meta.dirname, 'watch-loader.ts'));

  async ask(job: WatchJob): Promise<WatchOutcome | undefined> {
    const answer = await new Promise<WatchAnswer>((resolve, reject) => {
      const gone = (): void => reject(new Error('the loader ended by itself'));
      this.#process.once('exit', gone);
      this.#process.once('message', (words: WatchAnswer) => {
        this.#process.off('exit', gone);
        resolve(words);
      });
      this.#process.send(job);
    });
    if ('failure' in answer) throw new Error(`the loader failed: ${answer.failure}`);
    return answer.outcome;
  }

  close(): void {
    this.#process.disconnect();
  }
}

interface Subject {
  readonly node: WatchedNode;
  readonly loader: Loader;
}

async function measured(
  { node, loader }: Subject,
  run: Pick<WatchRun, 'watchers' | 'puts' | 'stuck'>,
): Promise<WatchOutcome> {
  const { system, endpoint } = node;
  const measureMs = Number(options.seconds) * 1000;
  const outcome = await loader.ask({ kind: 'run', system, endpoint, warmupMs, measureMs, ...run });
  if (outcome === undefined) throw new Error('a run was not measured');
  return outcome;
}

/** By subject, what each round gave. */
async function inRounds<T>(
  subjects: readonly Subject[],
  once: (subject: Subject) => Promise<T>,
): Promise<T[][]> {
  const figures: T[][] = subjects.map(() => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [place, subject] of subjects.entries()) figures[place]?.push(await once(subject));
  return figures;
}

interface Figure {
  readonly name: string;
  readonly unit: string;
  /** How good is told by more, or by less. */
  readonly isBetter: 'more' | 'less';
  readonly bar: number;
  readonly values: readonly number[];
  readonly more?: Readonly<Record<string, readonly number[]>>;
}

function print(subjects: readonly Subject[], { name, unit, isBetter, bar, values, more = {} }: Figure): void {
  const [ours = Number.NaN] = values;
  const isReached = isBetter === 'more' ? ours >= bar : ours <= bar;
  for (const [place, { node }] of subjects.entries()) {
    if (options.json && place === 0 && subjects.length > 1) continue;
    const theirs = values[place] ?? Number.NaN;
    const ratio = isBetter === 'more' ? ours / theirs : theirs / ours;
    const rest = Object.entries(more).map(([key, all]) => [key, all[place] ?? Number.NaN] as const);
    if (options.json) {
      const peer = place === 0 ? {} : { peer: node.system, theirs: rounded(theirs), ratio: rounded(ratio) };
      const own = Object.fromEntries(
        Object.entries(more).map(([key, all]) => [key, rounded(all[0] ?? Number.NaN)]),
      );
      console.log(
        JSON.stringify({
          bench: 'watch',
          case: name,
          ours: rounded(ours),
          unit,
          bar,
          ...own,
          ...peer,
          rounds,
        }),
      );
      continue;
    }
    const words = rest.map(([key, value]) => `${key} ${rounded(value).toLocaleString('en')}`).join(', ');
    const verdict =
      place === 0 ? `wanted ${bar.toLocaleString('en')} ${isReached ? '✓' : '✗'}` : `${ratio.toFixed(2)} ×`;
    const figure = rounded(theirs).toLocaleString('en').padStart(12);
    console.log(
      `${name.padEnd(14)} ${node.system.padEnd(8)} ${figure} ${unit.padEnd(9)} ${verdict}  ${words}`,
    );
  }
}

function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toFixed(2));
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}

async function fanOut(subjects: readonly Subject[], name: string, connections: number): Promise<void> {
  const watchers: Watchers = { count: watchersOfOnePrefix, connections };
  const all = await inRounds(subjects, (subject) =>
    measured(subject, { watchers, puts: steadyPuts, stuck: 0 }),
  );
  print(subjects, {
    name,
    unit: 'events/s',
    isBetter: 'more',
    bar: 300_000,
    values: all.map((each) => median(each.map(({ eventsPerSecond }) => eventsPerSecond))),
    more: {
      putsPerSecond: all.map((each) => median(each.map(({ putsPerSecond }) => putsPerSecond))),
      putP99Us: all.map((each) => median(each.map(({ putP99Us }) => putP99Us))),
    },
  });
}

async function idle(subjects: readonly Subject[], name: string, connections: number): Promise<void> {
  const watchers: Watchers = { count: idleWatchers, connections };
  const all = await inRounds(subjects, async ({ node, loader }) => {
    const { system, endpoint } = node;
    await delay(settleMs);
    const before = await node.memory();
    await loader.ask({ kind: 'hold', system, endpoint, watchers });
    await delay(settleMs);
    const after = await node.memory();
    await loader.ask({ kind: 'release' });
    return {
      resident: (after.resident - before.resident) / idleWatchers,
      used:
        after.used === undefined || before.used === undefined
          ? Number.NaN
          : (after.used - before.used) / idleWatchers,
    };
  });
  print(subjects, {
    name,
    unit: 'bytes',
    isBetter: 'less',
    bar: 4_096,
    // The first round is the honest one: later ones find memory that the process has kept.
    values: all.map((each) => each[0]?.resident ?? Number.NaN),
    more: { inUse: all.map((each) => median(each.map(({ used }) => used))) },
  });
}

async function slowReader(subjects: readonly Subject[], name: string): Promise<void> {
  const watchers: Watchers = { count: 0, connections: 0 };
  const all = await inRounds(subjects, async (subject) => {
    const without = await measured(subject, { watchers, puts: easyPuts, stuck: 0 });
    const beside = await measured(subject, { watchers, puts: easyPuts, stuck: 1 });
    return { without: without.putP99Us, beside: beside.putP99Us, share: beside.putP99Us / without.putP99Us };
  });
  print(subjects, {
    name,
    unit: 'x of p99',
    isBetter: 'less',
    bar: 1.1,
    values: all.map((each) => median(each.map(({ share }) => share))),
    more: {
      p99UsWithout: all.map((each) => median(each.map(({ without }) => without))),
      p99UsBeside: all.map((each) => median(each.map(({ beside }) => beside))),
    },
  });
}

async function runCase(name: string, subjects: readonly Subject[]): Promise<void> {
  const [, kind, connections] = /^(fan-out|idle)-(\d+)$/.exec(name) ?? [];
  if (kind === 'fan-out') await fanOut(subjects, name, Number(connections));
  else if (kind === 'idle') await idle(subjects, name, Number(connections));
  else if (name === 'slow-reader') await slowReader(subjects, name);
  else
    throw new Error(
      `no case is called ${name}; they are fan-out-N and idle-N on N connections, and slow-reader`,
    );
}

/** Memory that one case has taken is not given to the next: each has nodes of its own. */
async function withSubjects(
  base: string,
  use: (subjects: readonly Subject[]) => Promise<void>,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const flags = options.flags.split(' ').filter((word) => word !== '');
  const where = (name: string, order: number) => ({
    directory: join(base, name),
    port: Number(options.port) + order * 10,
    flags,
  });
  const nodes = [await startWatchedQuorate(where('quorate', 0))];
  stack.use(nodes[0]);
  if (options.peers.split(',').includes('etcd')) {
    const etcd = await startWatchedEtcd(where('etcd', 1));
    if (etcd === undefined) console.error('etcd is not installed: its figures are missing');
    else nodes.push(stack.use(etcd));
  }
  const subjects = nodes.map((node) => ({ node, loader: new Loader() }));
  stack.defer(() => {
    for (const { loader } of subjects) loader.close();
  });
  await use(subjects);
}

for (const name of options.case.split(',')) {
  const directory = mkdtempSync(join(options.directory, 'quorate-watch-'));
  try {
    await withSubjects(directory, (subjects) => runCase(name, subjects));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
