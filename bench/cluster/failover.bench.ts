/**
 * How long nobody's write is acknowledged when the leader dies (SIGKILL) or stands still (SIGSTOP): three nodes
 * with default settings under steady writes, beside etcd and ZooKeeper in the same run, trial by trial in turn. Writers start at
 * every node, so a cluster counts as answering as soon as any of them is answered. After each trial every write that
 * was acknowledged must be there.
 *
 *   node bench/cluster/failover.bench.ts [--json] [--trials 5] [--peers etcd,zookeeper] [--port 17800] [--directory DIR]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isQuorateError } from '../../src/base/index.ts';
import type { Child } from '../../test/torture/child.ts';
import { EtcdSystem } from '../../test/torture/etcd-system.ts';
import { QuorateSystem } from '../../test/torture/quorate-system.ts';
import type { Look } from '../../test/torture/system.ts';
import { ZookeeperSystem } from './zookeeper-system.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    trials: { type: 'string', default: '5' },
    peers: { type: 'string', default: 'etcd,zookeeper' },
    port: { type: 'string', default: '17800' },
    directory: { type: 'string', default: tmpdir() },
  },
});

const nodes = 3;
const writersEach = 3;
const portsEach = 20;
const settleMs = 1_000;
/** How long a trial is watched at least, and at most where nobody is answered. */
const watchMs = 3_000;
const watchMsMax = 20_000;
const wholeMsMax = 60_000;
const pauseMs = 2;
const root = 'failover/';
const filler = 'x'.repeat(256);

type Blow = 'kill' | 'pause';

interface Client {
  write(key: string, value: string): Promise<unknown>;
  close(): Promise<void>;
}

/** What the trials need of a cluster. */
interface Cluster extends AsyncDisposable {
  readonly name: string;
  readonly nodes: readonly { readonly place: number; readonly child: Child }[];
  client(first: number): Client;
  look(place: number): Promise<Look | undefined>;
  /** Which of these keys are there; room is made for the next ones. */
  holds(keys: readonly string[]): Promise<(key: string) => boolean>;
}

/**
 * Writes one key after the other, and knows which of them were acknowledged. Each only once: a write of unknown
 * outcome may be carried out late, and would hide a later one of the same key.
 */
class Writer {
  readonly acknowledgedAt: number[] = [];
  readonly acknowledged: string[] = [];
  readonly #client: Client;
  readonly #prefix: string;
  #sent = 0;
  #isOver = false;
  #done: Promise<void> = Promise.resolve();

  constructor(client: Client, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  start(): void {
    this.#isOver = false;
    this.acknowledgedAt.length = 0;
    this.acknowledged.length = 0;
    this.#done = this.#write();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #write(): Promise<void> {
    while (!this.#isOver) {
      this.#sent += 1;
      const key = `${this.#prefix}${this.#sent}`;
      try {
        await this.#client.write(key, filler);
        this.acknowledged.push(key);
        this.acknowledgedAt.push(performance.now());
      } catch (error) {
        if (!isQuorateError(error)) throw error;
      }
      await delay(pauseMs);
    }
  }
}

interface Subject {
  readonly name: string;
  readonly system: Cluster;
  readonly writers: readonly Writer[];
  readonly gaps: Record<Blow, number[]>;
  lost: number;
}

async function whole(system: Cluster): Promise<number> {
  const beganMs = performance.now();
  while (performance.now() - beganMs < wholeMsMax) {
    const looks = await Promise.all(system.nodes.map(({ place }) => system.look(place)));
    const leaders = looks.filter((look) => look?.leads === true);
    if (looks.every((look) => look !== undefined) && leaders.length === 1) return leaders[0]?.place as number;
    await delay(50);
  }
  throw new Error(`${system.name} was not whole within ${wholeMsMax} ms`);
}

async function trial({ system, writers, gaps }: Subject, blow: Blow): Promise<void> {
  await whole(system);
  for (const writer of writers) writer.start();
  await delay(settleMs);
  const victim = system.nodes[await whole(system)]?.child;
  const struckAt = performance.now();
  if (blow === 'kill') await victim?.kill();
  else victim?.pause();
  const lastAt = (): number => Math.max(0, ...writers.map((writer) => writer.acknowledgedAt.at(-1) ?? 0));
  await delay(watchMs);
  while (performance.now() - lastAt() > settleMs && performance.now() - struckAt < watchMsMax)
    await delay(100);
  gaps[blow].push(longestGap(writers, struckAt));
  if (blow === 'kill') victim?.start();
  else victim?.resume();
  await Promise.all(writers.map((writer) => writer.stop()));
}

/** The longest time without an acknowledgement that ended after the blow, or has not ended. */
function longestGap(writers: readonly Writer[], struckAt: number): number {
  const times = writers.flatMap(({ acknowledgedAt }) => acknowledgedAt).sort((left, right) => left - right);
  times.push(performance.now());
  let longest = 0;
  for (const [place, time] of times.entries()) {
    const before = times[place - 1] ?? struckAt;
    if (time > struckAt) longest = Math.max(longest, time - before);
  }
  return longest;
}

async function countLost({ system, writers }: Subject): Promise<number> {
  await whole(system);
  const keys = writers.flatMap(({ acknowledged }) => acknowledged);
  const isThere = await system.holds(keys);
  return keys.filter((key) => !isThere(key)).length;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}

function report(all: readonly Subject[], blow: Blow): void {
  const [ours, ...peers] = all;
  if (ours === undefined) return;
  for (const { name, gaps, lost } of options.json ? peers : all) {
    const [our, their] = [median(ours.gaps[blow]), median(gaps[blow])];
    if (options.json) {
      const ratio = Number((their / our).toFixed(2));
      console.log(
        JSON.stringify({
          bench: 'failover',
          case: blow,
          ours: Math.round(our),
          unit: 'ms',
          peer: name,
          theirs: Math.round(their),
          ratio,
          rounds: gaps[blow].length,
        }),
      );
      continue;
    }
    const each = gaps[blow].map((gap) => Math.round(gap)).join(', ');
    console.log(
      `${blow.padEnd(6)} ${name.padEnd(8)} median ${String(Math.round(their)).padStart(5)} ms  (${each}); ${lost} acknowledged writes lost`,
    );
  }
}

interface Where {
  readonly directory: string;
  readonly nodes: number;
  readonly port: number;
  readonly isDirect: true;
}

const starts: Readonly<Record<string, (where: Where) => Promise<Cluster>>> = {
  quorate: async (where) => withHolds(await QuorateSystem.start(where)),
  etcd: async (where) => withHolds(await EtcdSystem.start(where)),
  zookeeper: (where) => Promise.resolve(new ZookeeperSystem(where)),
};

function withHolds(system: QuorateSystem | EtcdSystem): Cluster {
  return {
    name: system.name,
    nodes: system.nodes,
    client: (first) => system.client(first),
    look: (place) => system.look(place),
    holds: async () => {
      const there = await system.contents(root);
      await system.sweep(root);
      return (key) => there.has(key);
    },
    [Symbol.asyncDispose]: () => system[Symbol.asyncDispose](),
  };
}

/** One that is not here is left out, and said to be. */
function isInstalled(name: string): boolean {
  const isHere =
    name === 'zookeeper'
      ? ZookeeperSystem.isInstalled
      : spawnSync('etcd', ['--version'], { stdio: 'ignore' }).status === 0;
  if (!isHere) console.error(`${name} is not installed: its figures are missing`);
  return isHere;
}

async function subjectOf(name: string, place: number, base: string): Promise<Subject> {
  const own = join(base, name);
  mkdirSync(own, { recursive: true });
  const port = Number(options.port) + place * portsEach;
  const start = starts[name];
  if (start === undefined) throw new Error(`no peer is called ${name}`);
  const system = await start({ directory: own, nodes, port, isDirect: true });
  const writers = Array.from(
    { length: nodes * writersEach },
    (_, order) => new Writer(system.client(order % nodes), `${root}${order}/`),
  );
  return { name, system, writers, gaps: { kill: [], pause: [] }, lost: 0 };
}

const directory = mkdtempSync(join(options.directory, 'quorate-failover-'));
const subjects: Subject[] = [];
try {
  const peers = options.peers.split(',').filter((name) => name !== '');
  const names = ['quorate', ...peers.filter(isInstalled)];
  for (const [place, name] of names.entries()) subjects.push(await subjectOf(name, place, directory));
  for (let round = 0; round < Number(options.trials); round += 1) {
    for (const blow of ['kill', 'pause'] as const) {
      for (const subject of subjects) {
        await trial(subject, blow);
        subject.lost += await countLost(subject);
      }
    }
  }
  for (const blow of ['kill', 'pause'] as const) report(subjects, blow);
  if (subjects.some(({ lost }) => lost > 0)) process.exitCode = 1;
} finally {
  for (const { system, writers } of subjects) {
    await Promise.all(writers.map((writer) => writer.close()));
    await system[Symbol.asyncDispose]();
  }
  rmSync(directory, { recursive: true, force: true });
}
