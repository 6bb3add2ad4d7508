/**
 * What a command costs, in one thread and in memory: from the command's bytes to the reply's, with its part of
 * the state hash, but without log and network. Memory is what the process grew by, per key.
 *
 *   node bench/mvcc/store.bench.ts [--json] [--keys 100000,1000000] [--rounds N] [NAME ...]
 *
 * Figures of wall time mean little while other programs use the processors; the second column is the
 * processor's time.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Prng } from '../../src/base/index.ts';
import { SnapshotRestore, WatchHub } from '../../src/mvcc/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { getOf, keyOf, prepared, putOf, Subject, swapOf } from './workload.ts';

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    keys: { type: 'string', default: '100000,1000000' },
    rounds: { type: 'string', default: '5' },
  },
});
const rounds = Number(options.rounds);
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Measured {
  readonly perSecond: number;
  readonly cpuNs: number;
}

interface Case {
  readonly name: string;
  /** Operations in one round. */
  readonly count: number;
  /** The commands of one round, made before it is timed. */
  prepare(subject: Subject, keys: number): readonly Uint8Array[];
  run(subject: Subject, commands: readonly Uint8Array[]): void;
}

const batch = 100_000;
let putCommands: Uint8Array[] = [];
let swapCommands: Uint8Array[] = [];
let getCommands: Uint8Array[] = [];
let rangeCommands: Uint8Array[] = [];

const cases: readonly Case[] = [
  { name: 'put', count: batch, prepare: () => putCommands, run: applyAll },
  { name: 'put-in-session', count: batch, prepare: prepareSession, run: applyAll },
  { name: 'compare-and-two-puts', count: batch, prepare: () => swapCommands, run: applyAll },
  { name: 'get', count: batch, prepare: () => getCommands, run: readAll },
  { name: 'range-of-100', count: batch / 100, prepare: () => rangeCommands, run: readAll },
  {
    name: 'put-while-collecting',
    count: batch / 2,
    prepare: () => putCommands.slice(0, batch / 2),
    run: putWhileCollecting,
  },
  {
    name: 'publish-to-1000-watchers',
    count: 1_000 * 1_000,
    prepare: () => putCommands.slice(0, 1_000),
    run: publish,
  },
];

function applyAll(subject: Subject, commands: readonly Uint8Array[]): void {
  for (const command of commands) subject.apply(command);
}

function readAll(subject: Subject, commands: readonly Uint8Array[]): void {
  for (const command of commands) subject.store.read(command);
}

/** Puts of a client with 64 requests under way, in a session of their own. */
function prepareSession(subject: Subject, keys: number): Uint8Array[] {
  const session = subject.openSession();
  return prepared(
    batch,
    (number) => putOf((number * 7_919) % keys),
    (number) => ({ session, request: number + 1, acknowledged: Math.max(0, number - 63) }),
  );
}

function putWhileCollecting(subject: Subject, commands: readonly Uint8Array[]): void {
  subject.send({ kind: 'compact', revision: subject.store.revision });
  applyAll(subject, commands);
}

/** Watchers of one prefix, and changes under it: deliveries are counted, not changes. */
function publish(subject: Subject, commands: readonly Uint8Array[]): void {
  const hub = new WatchHub(subject.store);
  const range = { start: keyOf(0).subarray(0, 6), end: new Uint8Array(0) };
  for (let id = 1; id <= 1_000; id += 1) hub.add({ id, range, from: 0, wantPrevious: false });
  for (const command of commands) {
    subject.apply(command);
    hub.publish(subject.store.revision);
  }
}

function measure(count: number, run: () => void): Measured {
  const cpu = process.cpuUsage();
  const start = performance.now();
  run();
  const elapsedMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: (count / elapsedMs) * 1_000, cpuNs: ((user + system) * 1_000) / count };
}

function median(figures: readonly number[]): number {
  return figures.toSorted((left, right) => left - right)[figures.length >> 1] ?? Number.NaN;
}

function report(name: string, figures: Readonly<Record<string, number>>): void {
  if (options.json) {
    console.log(JSON.stringify({ bench: 'mvcc', case: name, ...figures, rounds }));
    return;
  }
  const columns = Object.entries(figures).map(
    ([unit, figure]) => `${Math.round(figure).toLocaleString('en')} ${unit}`,
  );
  console.log(`${name.padEnd(34)} ${columns.map((column) => column.padStart(22)).join('')}`);
}

function benchLoad(keys: number): Subject {
  collectGarbage();
  const before = process.memoryUsage();
  const subject = new Subject();
  const loaded = measure(keys, () => subject.load(keys));
  collectGarbage();
  const after = process.memoryUsage();
  report(`load-${keys}-keys`, {
    'ops/s': loaded.perSecond,
    'ns of processor': loaded.cpuNs,
    'bytes resident per key': (after.rss - before.rss) / keys,
    'bytes of heap per key': (after.heapUsed - before.heapUsed) / keys,
  });
  return subject;
}

function benchSnapshot(subject: Subject, keys: number): void {
  const chunks: Uint8Array[] = [];
  const taken = measure(keys, () => {
    const snapshot = subject.store.snapshot();
    for (let chunk = snapshot.next(); chunk !== undefined; chunk = snapshot.next()) chunks.push(chunk);
  });
  report(`snapshot-${keys}-keys`, { 'keys/s': taken.perSecond, 'ns of processor': taken.cpuNs });
  const restored = measure(keys, () => {
    const restore = new SnapshotRestore(new MemoryOrderedStore());
    for (const chunk of chunks) restore.accept(chunk);
    restore.finish();
  });
  report(`restore-${keys}-keys`, { 'keys/s': restored.perSecond, 'ns of processor': restored.cpuNs });
}

for (const keys of options.keys.split(',').map(Number)) {
  const subject = benchLoad(keys);
  benchSnapshot(subject, keys);
  const random = new Prng(2);
  putCommands = prepared(batch, () => putOf(random.below(keys)));
  swapCommands = prepared(batch, () => swapOf(random.below(keys - 1)));
  getCommands = prepared(batch, () => getOf({ start: keyOf(random.below(keys)), end: undefined }));
  rangeCommands = prepared(batch / 100, () =>
    getOf({ start: keyOf(random.below(keys - 100)), end: new Uint8Array(0) }, 0, 100),
  );
  for (const { name, count, prepare, run } of cases) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const measured = Array.from({ length: rounds }, () => {
      const commands = prepare(subject, keys);
      collectGarbage();
      return measure(count, () => run(subject, commands));
    });
    report(`${name}-${keys}`, {
      'ops/s': median(measured.map(({ perSecond }) => perSecond)),
      'ns of processor': median(measured.map(({ cpuNs }) => cpuNs)),
    });
  }
}
