/**
 * The ordered store on disk beside the one in memory: what durability costs, since memory does the same work
 * without it. Rounds alternate, so that whatever else the machine does falls on both; medians are compared.
 *
 *   node bench/storage/ordered.bench.ts [--json] [--directory DIR] [--keys N] [--rounds N]
 *   node --max-old-space-size=512 bench/storage/ordered.bench.ts --large 4
 *
 * `--large` fills a store with that many gibibytes instead, and tells the memory of the process beside them.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { OrderedStore } from '../../src/ports/index.ts';
import { realDisk } from '../../src/ports/real/index.ts';
import { type LmdbStore, MemoryOrderedStore, openLmdbStore } from '../../src/storage/index.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    directory: { type: 'string', default: tmpdir() },
    keys: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '7' },
    large: { type: 'string' },
  },
});
const keys = Number(options.keys);
const rounds = Number(options.rounds);
const mebibyte = 1_048_576;

const valueBytes = 256;
const value = new Uint8Array(valueBytes);
const key = new Uint8Array(24).fill(107);
const keyNumber = new DataView(key.buffer);

/** Writes in one commit, if nothing else is said: what a loaded node gathers in a good second. */
const writesPerCommit = 50_000;
let lastIndex = 0;

function keyOf(number: number): Uint8Array {
  keyNumber.setUint32(16, number);
  return key;
}

/** The numbers below `most` in an order without neighbours. */
function scattered(number: number, most: number): number {
  return (number * 7_919) % most;
}

function valueFor(number: number): Uint8Array {
  value[number % valueBytes] = number;
  return value;
}

/** `count` puts with their commits, of which two are under way at most; the longest time that the loop stood still. */
async function putAll(
  store: OrderedStore,
  count: number,
  numberOf: (turn: number) => number,
  perCommit: number = writesPerCommit,
): Promise<number> {
  const commits: Promise<void>[] = [];
  let longestMs = 0;
  for (let turn = 0; turn < count; ) {
    const before = performance.now();
    for (const end = Math.min(turn + perCommit, count); turn < end; turn += 1) {
      store.put(keyOf(numberOf(turn)), valueFor(turn));
    }
    lastIndex += 1;
    commits.push(store.commit(lastIndex));
    longestMs = Math.max(longestMs, performance.now() - before);
    if (commits.length === 2) await commits.shift();
  }
  await Promise.all(commits);
  return longestMs;
}

interface Case {
  readonly name: string;
  readonly count: number;
  run(store: OrderedStore): unknown;
}

const batch = 100_000;
let found = 0;

const cases: readonly Case[] = [
  putCase('put, commits of 50,000', 4 * batch, 50_000),
  putCase('put, commits of 1,000', batch / 4, 1_000),
  {
    name: 'get',
    count: batch,
    run: (store) => {
      for (let turn = 0; turn < batch; turn += 1) {
        found += store.get(keyOf(scattered(turn * 13, keys)))?.length ?? 0;
      }
    },
  },
  { name: 'scan all', count: keys, run: (store) => walk(store, {}) },
  { name: 'scan all backwards', count: keys, run: (store) => walk(store, { reverse: true }) },
  {
    name: 'scan 100',
    count: batch / 10,
    run: (store) => {
      for (let turn = 0; turn < batch / 1_000; turn += 1) {
        walk(store, { start: keyOf(scattered(turn, keys)).slice(), limit: 100 });
      }
    },
  },
  {
    name: 'snapshot and one get',
    count: 1_000,
    run: (store) => {
      for (let turn = 0; turn < 1_000; turn += 1) {
        const snapshot = store.snapshot();
        found += snapshot.get(keyOf(turn))?.length ?? 0;
        snapshot.close();
      }
    },
  },
];

/** Overwrites values all over the store, elsewhere each time. */
function putCase(name: string, count: number, perCommit: number): Case {
  let from = 0;
  const run = (store: OrderedStore): unknown => {
    const first = from;
    // The stores take turns at the same keys.
    if (store instanceof MemoryOrderedStore) from += count;
    return putAll(store, count, (turn) => scattered(first + turn, keys), perCommit);
  };
  return { name, count, run };
}

function walk(store: OrderedStore, range: Parameters<OrderedStore['scan']>[0]): void {
  const cursor = store.scan(range);
  while (cursor.next()) found += cursor.key.length + cursor.value.length;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[numbers.length >> 1] as number;
}

interface Measured {
  readonly perSecond: number;
  /** Time of processors in all threads, per operation: means something beside other programs, too. */
  readonly cpuUs: number;
}

async function measure(one: Case, store: OrderedStore): Promise<Measured> {
  const start = performance.now();
  const before = process.cpuUsage();
  await one.run(store);
  const perSecond = (1_000 * one.count) / (performance.now() - start);
  const { user, system } = process.cpuUsage(before);
  return { perSecond, cpuUs: (user + system) / one.count };
}

async function compare(one: Case, disk: OrderedStore, memory: OrderedStore): Promise<void> {
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const pair = [await measure(one, disk), await measure(one, memory)] as const;
    // The first round warms the caches and the compiler up.
    if (round === 0) continue;
    ours.push(pair[0]);
    theirs.push(pair[1]);
  }
  const ratios = ours.map(({ perSecond }, round) => perSecond / (theirs[round] as Measured).perSecond);
  print({
    case: one.name,
    ours: Math.round(median(ours.map(({ perSecond }) => perSecond))),
    unit: 'ops/s',
    oursCpuUs: Number(median(ours.map(({ cpuUs }) => cpuUs)).toFixed(2)),
    peer: 'memory',
    theirs: Math.round(median(theirs.map(({ perSecond }) => perSecond))),
    theirsCpuUs: Number(median(theirs.map(({ cpuUs }) => cpuUs)).toFixed(2)),
    ratio: Number(median(ratios).toFixed(3)),
    rounds,
  });
}

function print(line: Readonly<Record<string, number | string>>): void {
  if (options.json) console.log(JSON.stringify({ bench: 'storage-ordered', ...line }));
  else {
    const { case: name, ...rest } = line;
    const told = Object.entries(rest).map(([what, figure]) => `${what} ${figure}`);
    console.log(`${String(name).padEnd(22)} ${told.join('  ')}`);
  }
}

function openAt(directory: string): Promise<LmdbStore> {
  return openLmdbStore({ disk: realDisk(), directory, checksum: (bytes, seed) => crc32(bytes, seed) });
}

async function reopen(store: LmdbStore, directory: string): Promise<LmdbStore> {
  await store.close();
  const times: number[] = [];
  let opened: LmdbStore | undefined;
  for (let round = 0; round < rounds; round += 1) {
    await opened?.close();
    const start = performance.now();
    opened = await openAt(directory);
    if (opened.appliedIndex !== lastIndex) throw new Error('another index than the last');
    times.push(performance.now() - start);
  }
  print({ case: 'reopen', ours: Number(median(times).toFixed(2)), unit: 'ms', rounds });
  return opened as LmdbStore;
}

async function compareAll(directory: string): Promise<void> {
  let disk = await openAt(directory);
  const memory = new MemoryOrderedStore();
  const longestMs = await putAll(disk, keys, (turn) => scattered(turn, keys));
  await putAll(memory, keys, (turn) => scattered(turn, keys));
  const megabytes = Math.round(statSync(join(directory, 'state.mdb')).size / mebibyte);
  print({ case: 'loaded', keys, fileMiB: megabytes, longestTurnMs: Number(longestMs.toFixed(1)) });
  for (const one of cases) await compare(one, disk, memory);
  await disk.commit(lastIndex);
  disk = await reopen(disk, directory);
  await disk.close();
}

/** Resident memory by kind, where the system tells: pages of the file are counted while they are mapped in, and given back when memory is wanted. */
function residentMiB(): Readonly<Record<string, number>> {
  let status = '';
  try {
    status = readFileSync('/proc/self/status', 'utf8');
  } catch {
    // Not a Linux.
  }
  const of = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024);
  return {
    ownMiB: of('RssAnon'),
    fileMiB: of('RssFile'),
    heapMiB: Math.round(process.memoryUsage().heapUsed / mebibyte),
    heapLimitMiB: Math.round(getHeapStatistics().heap_size_limit / mebibyte),
  };
}

/** More data than the heap may hold, in rising order as a history is written, told every eighth of the way. */
async function fill(directory: string, bytes: number): Promise<void> {
  let store = await openAt(directory);
  const count = Math.floor(bytes / (valueBytes + key.length));
  const step = Math.ceil(count / 8);
  for (let from = 0; from < count; from += step) {
    const start = performance.now();
    const more = Math.min(step, count - from);
    await putAll(store, more, (turn) => from + turn);
    const seconds = (performance.now() - start) / 1_000;
    print({ case: `filled ${from + more}`, putsPerSecond: Math.round(more / seconds), ...residentMiB() });
  }
  print({ case: 'file', MiB: Math.round(statSync(join(directory, 'state.mdb')).size / mebibyte) });
  store = await reopen(store, directory);
  print({ case: 'opened again', ...residentMiB() });
  for (const one of cases.filter(({ name }) => name === 'get' || name === 'scan 100')) {
    print({ case: one.name, perSecond: Math.round((await measure(one, store)).perSecond), ...residentMiB() });
  }
  await store.close();
}

const scratch = mkdtempSync(join(options.directory, 'quorate-ordered-'));
try {
  if (options.large === undefined) await compareAll(scratch);
  else await fill(scratch, Number(options.large) * 1_024 * mebibyte);
  if (found === 0) throw new Error('nothing was read');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
