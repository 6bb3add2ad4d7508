/**
 * How fast the core is when nothing else is in the way: a leader with two followers in one process, no I/O,
 * commands of 256 bytes in batches of 64. What it must show: a million entries committed a second, nothing
 * allocated per entry on the leader beyond the entry itself, and memory that does not grow.
 *
 *   node bench/raft/core.bench.ts [--json] [--entries 10000000] [--rounds 5]
 *
 * `--entries 100000000` is the long run of the memory case.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Entry } from '../../src/raft/index.ts';
import { Soloist, Trio } from './trio.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    entries: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '5' },
  },
});
const rounds = Number(options.rounds);
const entriesMax = Number(options.entries);
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const batch: readonly Uint8Array[] = Array.from({ length: 64 }, () => new Uint8Array(256));
/** As often as a host would, going by bytes. */
const compactionBatches = 1024;

function run(subject: Trio | Soloist, batches: number): void {
  for (let done = 1; done <= batches; done += 1) {
    subject.propose(batch);
    if (done % compactionBatches === 0) subject.compact();
  }
}

function median(figures: readonly number[]): number {
  return figures.toSorted((left, right) => left - right)[figures.length >> 1] ?? Number.NaN;
}

function report(name: string, ours: number, unit: string, more: Readonly<Record<string, number>> = {}): void {
  if (options.json) {
    console.log(JSON.stringify({ bench: 'raft', case: name, ours, unit, ...more, rounds }));
    return;
  }
  const rest = Object.entries(more).map(([what, figure]) => `${what} ${figure.toLocaleString('en')}`);
  console.log(
    `${name.padEnd(28)} ${ours.toLocaleString('en').padStart(14)} ${unit.padEnd(12)} ${rest.join(', ')}`,
  );
}

/** Entries that leader and followers commit and apply per second. */
function benchCommits(): void {
  const trio = new Trio();
  run(trio, 4 * compactionBatches);
  const batches = 16 * compactionBatches;
  const wall: number[] = [];
  const processor: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    run(trio, batches);
    wall.push((batches * batch.length * 1_000) / (performance.now() - start));
    const { user, system } = process.cpuUsage(cpu);
    processor.push(((user + system) * 1_000) / (batches * batch.length));
  }
  const nsOfProcessor = Math.round(median(processor));
  report('commit-256Bx64', Math.round(median(wall)), 'entries/s', { nsOfProcessor });
}

/**
 * What the leader allocates, over short stretches in which the collector does not run; those in which it does
 * show a smaller figure or a negative one, and the median passes them over.
 */
function benchAllocation(): void {
  const leader = new Soloist();
  run(leader, 8 * compactionBatches);
  const heap = (): number => process.memoryUsage().heapUsed;
  const idle = median(Array.from({ length: 101 }, () => -heap() + heap()));
  const stretch = 16;
  const figures = Array.from({ length: 501 }, () => {
    const before = heap();
    for (let done = 0; done < stretch; done += 1) leader.propose(batch);
    return heap() - before - idle;
  });
  leader.compact();
  const perEntry = median(figures) / (stretch * batch.length);
  report('leader-allocates', Math.round(perEntry * 10) / 10, 'B/entry', { ofThatTheEntry: entrySize() });
}

/** An entry as the leader makes it, without its data. */
function entrySize(): number {
  const data = new Uint8Array(0);
  const count = 10_000;
  const figures = Array.from({ length: 11 }, () => {
    const kept: Entry[] = new Array<Entry>(count);
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < count; index += 1) kept[index] = { index, term: 1, kind: 'command', data };
    return (process.memoryUsage().heapUsed - before) / kept.length;
  });
  return Math.round(median(figures) * 10) / 10;
}

/** The heap after collections at ten points of a long run, the least and the most of them. */
function benchMemory(): void {
  const trio = new Trio();
  const stretch = Math.ceil(entriesMax / batch.length / 10 / compactionBatches) * compactionBatches;
  const mebibytes: number[] = [];
  for (let point = 0; point <= 10; point += 1) {
    run(trio, point === 0 ? 4 * compactionBatches : stretch);
    collectGarbage();
    mebibytes.push(Math.round((process.memoryUsage().heapUsed / (1 << 20)) * 10) / 10);
  }
  const [first = 0, ...later] = mebibytes;
  const figures = {
    atTheBeginning: first,
    least: Math.min(...later),
    most: Math.max(...later),
    entries: trio.committed,
  };
  report('heap-with-compaction', later.at(-1) ?? 0, 'MiB', figures);
}

benchCommits();
benchAllocation();
benchMemory();
