/**
 * `npm run bench [-- NAME …] [options]`: runs benchmarks by name, one after the other, each in a process of its
 * own; without a name it lists them. What begins with a dash, and the values behind it, goes to the benchmark:
 * `--json` is known to all and prints one line a case.
 *
 *   npm run bench -- cluster --rounds 3 --case put-64x1,read-16x4
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

interface Benchmark {
  readonly name: string;
  readonly what: string;
  readonly path: string;
  readonly flags?: readonly string[];
}

const benchmarks: readonly Benchmark[] = [
  {
    name: 'cluster',
    what: 'three nodes beside three of etcd and ZooKeeper',
    path: 'cluster/cluster.bench.ts',
  },
  {
    name: 'failover',
    what: 'how long nobody is answered when the leader dies or stands still, beside etcd and ZooKeeper',
    path: 'cluster/failover.bench.ts',
  },
  {
    name: 'watch',
    what: 'what watchers cost one node: fan-out, memory, one that never reads, beside etcd',
    path: 'cluster/watch/watch.bench.ts',
  },
  {
    name: 'lock',
    what: 'locks and counters, beside etcd3, ZooKeeper and redlock',
    path: 'recipes/lock.bench.ts',
  },
  {
    name: 'singleton',
    what: 'how soon the next program runs a singleton when the one before is killed or stopped',
    path: 'recipes/singleton.bench.ts',
  },
  {
    name: 'placement',
    what: 'which node a key belongs to, beside the package hashring',
    path: 'placement/placement.bench.ts',
  },
  {
    name: 'membership',
    what: 'what a member costs that gossips: seals, and packets at rest',
    path: 'membership/membership.bench.ts',
  },
  {
    name: 'members',
    what: 'hundreds of real members in several processes: joining, rest, news, a stop, and processes that are killed',
    path: 'membership/members.bench.ts',
  },
  {
    name: 'discovery',
    what: 'knowing who serves, and choosing among them',
    path: 'discovery/discovery.bench.ts',
    flags: ['--expose-gc', '--min-semi-space-size=64'],
  },
  {
    name: 'services',
    what: 'three instances in processes of their own, one killed, one slow, one draining, called in three ways',
    path: 'discovery/services/services.bench.ts',
  },
  {
    name: 'detectors',
    what: 'failure detectors: judging a thousand members, hearing of one',
    path: 'gossip/detectors.bench.ts',
    flags: ['--expose-gc'],
  },
  {
    name: 'gossip',
    what: 'clusters of 5, 50 and 500 in virtual time: crashes, loss, pauses, and what they send',
    path: 'gossip/gossip.bench.ts',
  },
  { name: 'net', what: 'messages between programs, beside bare frames', path: 'net/messaging.bench.ts' },
  {
    name: 'resilience',
    what: 'what policies cost a call, beside cockatiel, opossum, p-retry and bottleneck',
    path: 'resilience/resilience.bench.ts',
    flags: ['--expose-gc', '--min-semi-space-size=64'],
  },
  {
    name: 'endurance',
    what: 'what ten million calls through policies leave behind',
    path: 'resilience/endurance.bench.ts',
    flags: ['--expose-gc'],
  },
  {
    name: 'outage',
    what: 'a service that fails, is slow and recovers, called in four ways',
    path: 'resilience/outage/outage.bench.ts',
  },
  { name: 'raft', what: 'the core of consensus, without any I/O', path: 'raft/core.bench.ts' },
  { name: 'log', what: 'the write-ahead log beside the bare disk', path: 'storage/log.bench.ts' },
  {
    name: 'start',
    what: 'how soon an embedded store can be used, on an empty directory and a used one',
    path: 'node/start.bench.ts',
  },
  {
    name: 'apply',
    what: 'what a put costs a member in processor time, collection of history included where asked',
    path: 'node/apply.bench.ts',
  },
  {
    name: 'state',
    what: 'a node with its state on disk: start and memory, beside etcd',
    path: 'node/state.bench.ts',
  },
  { name: 'store', what: 'the revisioned store, in memory', path: 'mvcc/store.bench.ts' },
  {
    name: 'ordered',
    what: 'ordered stores in memory and on disk',
    path: 'storage/ordered.bench.ts',
    flags: ['--expose-gc'],
  },
  { name: 'machine', what: 'the simulated machine', path: 'sim/machine.bench.ts' },
  { name: 'checkers', what: 'the judges of histories', path: 'sim/checkers.ts' },
];

/** Resolves to its exit code. */
function run({ path, flags = [] }: Benchmark, options: readonly string[]): Promise<number> {
  const words = [...flags, join(import.meta.dirname, path), ...options];
  const child = spawn(process.execPath, words, { stdio: 'inherit' });
  // The terminal tells both of Ctrl-C; the benchmark stops its servers, and this waits for it.
  const ignored = (): void => undefined;
  process.on('SIGINT', ignored);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGINT', ignored);
      resolve(code ?? 1);
    });
  });
}

function list(): void {
  console.log('npm run bench -- NAME … [options]');
  for (const { name, what } of benchmarks) console.log(`  ${name.padEnd(10)} ${what}`);
}

const words = process.argv.slice(2);
const firstOption = words.findIndex((word) => word.startsWith('-'));
const names = firstOption < 0 ? words : words.slice(0, firstOption);
const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (names.length === 0) list();
else if (unknown.length > 0) {
  console.error(`no benchmark is called ${unknown.join(' or ')}`);
  list();
  process.exitCode = 2;
} else {
  for (const name of names) {
    const benchmark = benchmarks.find((one) => one.name === name) as Benchmark;
    const code = await run(benchmark, firstOption < 0 ? [] : words.slice(firstOption));
    if (code !== 0) process.exitCode = code;
  }
}
