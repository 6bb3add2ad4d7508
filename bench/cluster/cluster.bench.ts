/**
 * A whole cluster of three nodes beside three of etcd and three of ZooKeeper, where these are installed: all on
 * loopback, all with their default durability, so that every write that is answered is synced on a majority.
 * The same workload goes to one after the other, round by round, so that whatever else the machine does falls
 * on all of them; medians of the rounds are compared. Values have 256 bytes. Each is driven by a lean loader of
 * its own protocol, in a process of its own on the same processors; the case `client-put-64` compares the
 * clients that a program would use.
 *
 * With `--warm 5` each case is run so many seconds by everybody before its rounds without being counted, so that
 * servers and loaders that compile while they run have done so. The rounds then also pay for the collection of the
 * history that this has written, which a server that keeps its history pays for as well, but later.
 *
 *   node bench/cluster/cluster.bench.ts [--json] [--rounds 5] [--seconds 2] [--warm 0] [--case put-64x1,read-16x4]
 *     [--peers etcd,zookeeper] [--port 17700] [--directory DIR] [--svg FILE]
 *
 * The directory must lie on a disk: in memory, where a sync costs nothing, the figures mean nothing.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type PeerCluster,
  type PeerOptions,
  startEtcd,
  startQuorate,
  startZookeeper,
} from '../../tools/peers/index.ts';
import { type Case, cases, type PeerName } from './cases.ts';
import { Compaction } from './compaction.ts';
import type { Job, LoaderName, Shape } from './job.ts';
import { Loaders } from './loaders.ts';
import { processorUs } from './processor-time.ts';
import { type CaseReport, figuresOf, jsonLines, type Round, svgOf, textLines } from './report.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    warm: { type: 'string', default: '0' },
    case: { type: 'string' },
    peers: { type: 'string', default: 'etcd,zookeeper' },
    port: { type: 'string', default: '17700' },
    directory: { type: 'string', default: tmpdir() },
    svg: { type: 'string' },
  },
});

const warmupMs = 300;
/** On a machine that is too busy a leader may lose office; so often may that cost a round before it costs the run. */
const triesMax = 5;
const portsEach = 10;

interface Clusters {
  readonly quorate: PeerCluster;
  readonly peers: ReadonlyMap<PeerName, PeerCluster>;
}

const starts: Readonly<Record<PeerName, (where: PeerOptions) => Promise<PeerCluster | undefined>>> = {
  etcd: startEtcd,
  zookeeper: startZookeeper,
};

function note(words: string): void {
  console.error(words);
}

function chosenCases(): readonly Case[] {
  const names = options.case?.split(',') ?? cases.map(({ name }) => name);
  return names.map((name) => {
    const known = cases.find((subject) => subject.name === name);
    if (known !== undefined) return known;
    throw new Error(`no case is called ${name}; the cases are ${cases.map((one) => one.name).join(', ')}`);
  });
}

async function startAll(base: string, stack: AsyncDisposableStack): Promise<Clusters> {
  const place = (name: string, order: number): PeerOptions => {
    const own = join(base, name);
    mkdirSync(own, { recursive: true });
    return { directory: own, port: Number(options.port) + order * portsEach };
  };
  const quorate = stack.use(await startQuorate(place('quorate', 0)));
  const peers = new Map<PeerName, PeerCluster>();
  const wanted = options.peers.split(',').filter((name): name is PeerName => name in starts);
  for (const [order, name] of wanted.entries()) {
    const cluster = await starts[name](place(name, order + 1));
    if (cluster === undefined) {
      note(`${name} is not installed: its figures are missing`);
      continue;
    }
    note(`${name} ${cluster.version}`);
    peers.set(name, stack.use(cluster));
  }
  return { quorate, peers };
}

async function runRound(
  cluster: PeerCluster,
  loaders: Loaders,
  work: Pick<Job, 'loader' | 'workload' | 'shape' | 'measureMs'>,
): Promise<Round> {
  await compaction.run(cluster);
  const before = processorUs(cluster.pids);
  const outcome = await loaders.run({
    ...work,
    leader: await cluster.leader(),
    endpoints: cluster.endpoints,
    warmupMs,
  });
  return { ...outcome, processorUs: (processorUs(cluster.pids) - before) / outcome.answered };
}

async function runCase(subject: Case, clusters: Clusters, loaders: Loaders): Promise<CaseReport> {
  const rounds = Number(options.rounds);
  const once = async (
    cluster: PeerCluster,
    loader: LoaderName,
    shape: Shape,
    seconds = Number(options.seconds),
  ): Promise<Round> => {
    const { workload } = subject;
    for (let tries = 1; ; tries += 1) {
      try {
        return await runRound(cluster, loaders, { loader, workload, shape, measureMs: seconds * 1000 });
      } catch (error) {
        if (tries === triesMax) throw error;
        note(`a round of ${subject.name} is done again: ${error instanceof Error ? error.message : error}`);
      }
    }
  };
  const ours: Round[] = [];
  const theirs = subject.rivals.flatMap((rival) => {
    const cluster = clusters.peers.get(rival.peer);
    return cluster === undefined ? [] : [{ rival, cluster, outcomes: [] as Round[] }];
  });
  const warm = Number(options.warm);
  if (warm > 0) {
    await once(clusters.quorate, subject.loader, subject.shape, warm);
    for (const { rival, cluster } of theirs)
      await once(cluster, rival.loader, rival.shape ?? subject.shape, warm);
  }
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await once(clusters.quorate, subject.loader, subject.shape));
    for (const { rival, cluster, outcomes } of theirs)
      outcomes.push(await once(cluster, rival.loader, rival.shape ?? subject.shape));
  }
  return {
    subject,
    rounds,
    ours: figuresOf(ours),
    rivals: theirs.map(({ rival, outcomes }) => ({ rival, ...figuresOf(outcomes) })),
  };
}

const compaction = new Compaction();
const chosen = chosenCases();
const directory = mkdtempSync(join(options.directory, 'quorate-bench-'));
try {
  await using stack = new AsyncDisposableStack();
  const clusters = await startAll(directory, stack);
  const loaders = new Loaders();
  stack.defer(() => loaders.close());
  const reports: CaseReport[] = [];
  for (const subject of chosen) {
    const report = await runCase(subject, clusters, loaders);
    reports.push(report);
    for (const line of options.json ? jsonLines(report) : textLines(report)) console.log(line);
  }
  if (options.svg !== undefined) writeFileSync(options.svg, svgOf(reports));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
