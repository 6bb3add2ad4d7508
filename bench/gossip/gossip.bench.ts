/**
 * What a cluster of gossiping nodes does in virtual time, by the same driver as in the tests: how soon everybody knows
 * of a crash, beside the bound of the papers; whether anybody who lives is buried under loss or over pauses; what
 * each node sends while nothing happens. These figures depend on the seed and not on the machine. What a step costs
 * in processor time does, and is told last.
 *
 *   node bench/gossip/gossip.bench.ts [--json] [--seed N] [--nodes 5,50,500] [--minutes 10] [--crashes N] [CASE ...]
 *
 * The cases are `load`, `crash`, `crash-lossy`, `stall`, `loss` and `step`; without one, all.
 */
import { parseArgs } from 'node:util';
import { Prng } from '../../src/base/index.ts';
import { detectionBound, swimSettings } from '../../src/gossip/index.ts';
import { written } from '../../test/gossip/solo.ts';
import { VirtualCluster, type VirtualNode } from '../../test/gossip/virtual-cluster.ts';
import { BoundReport } from './bound-report.ts';

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '5,50,500' },
    minutes: { type: 'string', default: '10' },
    /** Trials; default as many as give a 99th percentile, fewer in large clusters. */
    crashes: { type: 'string' },
  },
});
const seed = Number(options.seed);
const sizes = options.nodes.split(',').map(Number);
const longMs = Number(options.minutes) * 60_000;
const loss = 0.2;

const report = new BoundReport({ bench: 'gossip', json: options.json, besides: { seed } });

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** A cluster that has settled. */
function settled(nodes: number, more: { readonly loss?: number } = {}): VirtualCluster {
  const cluster = new VirtualCluster({ nodes, seed, keepsEvents: false, ...more });
  cluster.run(30_000);
  return cluster;
}

/** One node after the other dies at a moment of chance; each starts again before the next. */
function crash(nodes: number, lossShare: number): void {
  const cluster = settled(nodes, { loss: lossShare });
  const random = new Prng(seed);
  const trials = Number(options.crashes ?? (nodes > 100 ? 100 / (lossShare > 0 ? 5 : 1) : 200));
  const { totalMs, suspicionMs } = detectionBound(nodes, swimSettings());
  const times: number[] = [];
  for (let trial = 0; trial < trials; trial += 1) {
    cluster.run(1_000 + random.below(2_000));
    const victim = random.pick(cluster.nodes);
    cluster.crash(victim);
    const tookMs = cluster.until(() => isKnownDead(cluster, victim), totalMs * 2);
    times.push(tookMs ?? Number.POSITIVE_INFINITY);
    cluster.restart(victim, { seeds: [random.pick(cluster.up).address] });
    cluster.until(() => isBack(cluster, victim), 60_000, 250);
  }
  times.sort((left, right) => left - right);
  report.tell({
    name: `${lossShare > 0 ? 'crash-lossy' : 'crash'}-${nodes}`,
    ours: times.at(-1) ?? Number.NaN,
    unit: 'ms',
    bound: totalMs,
    figures: {
      p50Ms: percentile(times, 0.5),
      p99Ms: percentile(times, 0.99),
      trials,
      suspicionMsMax: suspicionMs,
      falseDeaths: cluster.history.falseDeaths.length,
    },
  });
}

function isKnownDead(cluster: VirtualCluster, { id }: VirtualNode): boolean {
  return cluster.nodes.every(({ isUp, swim }) => !isUp || swim.members.get(id)?.status === 'UNHEALTHY');
}

function isBack({ nodes }: VirtualCluster, { id, swim: { self, status } }: VirtualNode): boolean {
  const isKnown = nodes.every(({ swim }) => swim.members.get(id)?.incarnation === self.incarnation);
  return isKnown && status.live === nodes.length;
}

interface Spent {
  readonly packets: number;
  readonly bytes: number;
  readonly connections: number;
}

/** What each node sends a second while the cluster lives on. */
function spent(cluster: VirtualCluster, ms: number): Spent {
  const before = { ...cluster.traffic };
  cluster.run(ms);
  const { datagrams, datagramBytes, reliable, reliableBytes } = cluster.traffic;
  const share = (cluster.nodes.length * ms) / 1_000;
  return {
    packets: (datagrams - before.datagrams) / share,
    bytes: (datagramBytes - before.datagramBytes + reliableBytes - before.reliableBytes) / share,
    connections: (reliable - before.reliable) / share,
  };
}

function load(nodes: number): void {
  const { packets, bytes, connections } = spent(settled(nodes), longMs);
  report.tell({
    name: `load-${nodes}`,
    ours: packets,
    unit: 'datagrams/s per node',
    figures: { bytesPerSecond: bytes, connectionsPerSecond: connections },
  });
}

function lossy(nodes: number): void {
  const cluster = settled(nodes, { loss });
  const { packets, bytes, connections } = spent(cluster, longMs);
  const { history } = cluster;
  report.tell({
    name: `loss-${nodes}`,
    ours: history.falseDeaths.length,
    unit: 'false deaths',
    bound: 0,
    figures: {
      suspicions: history.falseSuspicions.length,
      refuted: history.counts.get('refuted') ?? 0,
      datagramsPerSecond: packets,
      bytesPerSecond: bytes,
      connectionsPerSecond: connections,
    },
  });
}

/** One node at a time stands still for five seconds, again and again. */
function stalls(nodes: number): void {
  const cluster = settled(nodes);
  const random = new Prng(seed);
  const stalled = new Map<string, number>();
  let strangers = 0;
  const untilMs = cluster.nowMs + longMs;
  while (cluster.nowMs < untilMs) {
    const node = random.pick(cluster.nodes);
    stalled.set(node.id, (stalled.get(node.id) ?? 0) + 1);
    const before = cluster.history.falseSuspicions.length;
    cluster.pause(node, 5_000);
    cluster.run(10_000 + random.below(1_000));
    const suspected = cluster.history.falseSuspicions.slice(before);
    strangers += suspected.filter(({ event }) => 'member' in event && event.member.id !== node.id).length;
  }
  const { counts } = cluster.history;
  report.tell({
    name: `stall-${nodes}`,
    ours: (counts.get('failed') ?? 0) + strangers,
    unit: 'deaths, and suspicions of others',
    bound: 0,
    figures: {
      stalls: [...stalled.values()].reduce((sum, times) => sum + times, 0),
      suspicions: counts.get('suspected') ?? 0,
      refuted: counts.get('refuted') ?? 0,
      contradicted: counts.get('contradicted') ?? 0,
    },
  });
}

/** What a step costs the processor, of a node that knows so many: one in which nothing is due, and a ping answered. */
function step(nodes: number): void {
  const cluster = settled(nodes);
  const [{ swim }, other] = cluster.nodes as [VirtualNode, VirtualNode];
  let { nowMs } = cluster;
  const nothing = nsPerCall(() => {
    nowMs += 0.000_1;
    swim.tick({ nowMs, wallMs: nowMs });
  });
  report.tell({ name: `tick-${nodes}`, ours: nothing, unit: 'ns' });
  const body = { kind: 'ping', sequence: 1, target: swim.self.id } as const;
  const bytes = written({ sender: other.id, incarnation: other.swim.self.incarnation, body });
  const packet = { bytes, from: other.address };
  const answered = nsPerCall(() => swim.receive(packet, cluster.moment));
  report.tell({ name: `ping-${nodes}`, ours: answered, unit: 'ns', figures: { bytes: bytes.length } });
}

/** Of processor time, the median of some rounds. */
function nsPerCall(call: () => void): number {
  const calls = 50_000;
  const rounds = Array.from({ length: 9 }, () => {
    const start = process.cpuUsage();
    for (let count = 0; count < calls; count += 1) call();
    const { user, system } = process.cpuUsage(start);
    return ((user + system) * 1_000) / calls;
  });
  return percentile(
    rounds.toSorted((left, right) => left - right),
    0.5,
  );
}

const cases: Readonly<Record<string, (nodes: number) => void>> = {
  load,
  crash: (nodes) => crash(nodes, 0),
  'crash-lossy': (nodes) => crash(nodes, loss),
  stall: stalls,
  loss: lossy,
  step,
};

for (const [name, run] of Object.entries(cases)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const nodes of sizes) run(nodes);
}
if (report.failures > 0) {
  console.error(`${report.failures} figures are beyond their bounds`);
  process.exitCode = 1;
}
