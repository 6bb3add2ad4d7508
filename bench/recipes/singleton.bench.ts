/**
 * How soon another program runs a singleton when the one that ran it is gone: killed (SIGKILL), which the server
 * notices when its time to live is over, or stopped cleanly (SIGTERM), which it tells the server. On three durable
 * nodes of ours, and by the same recipe on three of etcd, trial by trial in turn. Counted from the signal to the first
 * statement of the next run, in another process that stands for it already. Killed at a random time of the renewals.
 *
 *   node bench/recipes/singleton.bench.ts [--json] [--trials 10] [--ttl 2s] [--case stop,kill] [--peers etcd] [--port 17950]
 *     [--directory DIR]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Duration, durationMs } from '../../src/base/index.ts';
import { openEngine } from '../../src/engines/addresses/index.ts';
import type { Engine } from '../../src/engines/port/index.ts';
import { startEtcd, startQuorate } from '../../tools/peers/index.ts';
import type { Begun } from './singleton-program.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    trials: { type: 'string', default: '10' },
    ttl: { type: 'string', default: '2s' },
    case: { type: 'string', default: 'stop,kill' },
    peers: { type: 'string', default: 'etcd' },
    port: { type: 'string', default: '17950' },
    directory: { type: 'string', default: tmpdir() },
  },
});

type End = 'kill' | 'stop';

interface Subject {
  readonly name: string;
  readonly url: string;
  /** To see who stands for it. */
  readonly engine: Engine;
  readonly delaysMs: Readonly<Record<End, number[]>>;
}

const chosen = options.case.split(',');
const ends = (['stop', 'kill'] as const).filter((end) => chosen.includes(end));
const ttlMs = durationMs(options.ttl as Duration, 'ttl');
const program = join(import.meta.dirname, 'singleton-program.ts');
const nanosecondsEach = 1e6;

/** A program that stands for the singleton; gone when the trial is over. */
class Candidate implements AsyncDisposable {
  readonly begun: Promise<Begun>;
  readonly #process: ChildProcess;
  readonly #gone: Promise<unknown>;

  constructor(url: string, name: string) {
    this.#process = fork(program, [url, name, String(ttlMs)]);
    this.#gone = once(this.#process, 'exit');
    this.begun = Promise.race([
      once(this.#process, 'message').then(([begun]) => begun as Begun),
      this.#gone.then(() => Promise.reject(new Error('a program ended before it ran'))),
    ]);
    // Who never comes to run is ended by the trial, and nobody waits for it.
    this.begun.catch(() => undefined);
  }

  /** Answers with when the signal was sent. */
  end(how: End): bigint {
    const atNs = process.hrtime.bigint();
    this.#process.kill(how === 'kill' ? 'SIGKILL' : 'SIGTERM');
    return atNs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.end('kill');
    await this.#gone;
  }
}

async function untilCandidates(engine: Engine, name: string, count: number): Promise<void> {
  const keys = new Set<string>();
  for await (const batch of engine.watch({ directory: `singletons/${name}` })) {
    if (batch.kind === 'present') {
      keys.clear();
      for (const { key } of batch.items) keys.add(key);
    } else
      for (const { kind, key } of batch.events) {
        if (kind === 'put') keys.add(key);
        else keys.delete(key);
      }
    if (keys.size >= count) return;
  }
}

async function trial({ url, engine, delaysMs }: Subject, end: End, order: number): Promise<void> {
  const name = `bench-${end}-${order}`;
  await using first = new Candidate(url, name);
  await first.begun;
  await using second = new Candidate(url, name);
  await untilCandidates(engine, name, 2);
  await delay((Math.random() * ttlMs) / 3);
  const endedAtNs = first.end(end);
  const { atNs } = await second.begun;
  delaysMs[end].push(Number(BigInt(atNs) - endedAtNs) / nanosecondsEach);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}

function report(subjects: readonly Subject[], end: End): void {
  const figures = subjects.map(({ name, delaysMs }) => {
    const all = delaysMs[end];
    return { name, medianMs: Math.round(median(all)), worstMs: Math.round(Math.max(...all)), all };
  });
  const [ours, ...peers] = figures;
  if (ours === undefined) return;
  if (options.json) {
    const line = {
      ...{ bench: 'singleton', case: end, ours: ours.medianMs, unit: 'ms', worst: ours.worstMs, ttlMs },
      rounds: ours.all.length,
    };
    if (peers.length === 0) console.log(JSON.stringify(line));
    for (const { name, medianMs, worstMs } of peers) {
      const ratio = Number((medianMs / ours.medianMs).toFixed(2));
      console.log(JSON.stringify({ ...line, peer: name, theirs: medianMs, theirsWorst: worstMs, ratio }));
    }
    return;
  }
  const bound = end === 'kill' ? ttlMs : 0;
  console.log(`${end}: the next run begins, in ms behind the signal (the time to live is ${ttlMs})`);
  for (const { name, medianMs, worstMs, all } of figures) {
    const beyond = worstMs - bound;
    console.log(
      `  ${name.padEnd(14)}median ${String(medianMs).padStart(5)}  worst ${String(worstMs).padStart(5)}` +
        `${end === 'kill' ? `, ${beyond} from the time to live` : ''}  (${all.map((each) => Math.round(each)).join(', ')})`,
    );
  }
}

async function startAll(base: string, stack: AsyncDisposableStack): Promise<Subject[]> {
  const subjects: Subject[] = [];
  const add = async (name: string, scheme: string, order: number, start: typeof startEtcd): Promise<void> => {
    const directory = join(base, name);
    mkdirSync(directory, { recursive: true });
    const cluster = await start({ directory, port: Number(options.port) + 10 * order });
    if (cluster === undefined) return;
    stack.use(cluster);
    const url = `${scheme}://${cluster.endpoints.map(({ host, port }) => `${host}:${port}`).join(',')}`;
    const engine = stack.use(await openEngine(url as string));
    subjects.push({ name, url, engine, delaysMs: { kill: [], stop: [] } });
  };
  await add('quorate', 'quorate', 0, startQuorate);
  if (options.peers.split(',').includes('etcd')) await add('quorate-etcd', 'etcd', 1, startEtcd);
  return subjects;
}

const directory = mkdtempSync(join(options.directory, 'quorate-bench-'));
try {
  await using stack = new AsyncDisposableStack();
  const subjects = await startAll(directory, stack);
  for (let order = 0; order < Number(options.trials); order += 1)
    for (const end of ends) for (const subject of subjects) await trial(subject, end, order);
  for (const end of ends) report(subjects, end);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
