/**
 * The write-ahead log against the bare disk it lies on. Rounds alternate, so that whatever else the machine
 * does falls on both; medians of the rounds are compared. "Raw" is what a C program would do: one positioned
 * write into a preallocated file and one `fdatasync`, back to back, by synchronous calls.
 *
 *   node bench/storage/log.bench.ts [--json] [--directory DIR] [--rounds N] [--skip-recovery]
 */
import { closeSync, fdatasyncSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { crc32 } from 'node:zlib';
import { realClock, realDisk } from '../../src/ports/real/index.ts';
import type { Entry } from '../../src/raft/index.ts';
import { type OpenedLog, openLog, type WriteAheadLog } from '../../src/storage/index.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const rawFileBytes = 64 * mebibyte;

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    directory: { type: 'string', default: tmpdir() },
    rounds: { type: 'string', default: '41' },
    'skip-recovery': { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);

interface Round {
  /** What the case compares, in its unit. */
  readonly figure: number;
  readonly p99Us: number;
}

interface Case {
  readonly name: string;
  /** `us`: the median latency. */
  readonly unit: 'us' | 'MiB/s';
  /** How far behind the raw disk we may be: the least ratio. */
  readonly bar: number;
  ours(): Promise<Round>;
  theirs(): Round;
}

/** Rounds of a synchronous write and sync into a preallocated file. */
class RawFile {
  readonly #descriptor: number;
  #position = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'w+');
    const zeros = new Uint8Array(mebibyte);
    for (let at = 0; at < rawFileBytes; at += mebibyte) writeSync(this.#descriptor, zeros, 0, mebibyte, at);
    fsyncSync(this.#descriptor);
  }

  round(bytes: number, count: number): MeasuredRound {
    const block = new Uint8Array(bytes).fill(7);
    const latencies = new Float64Array(count);
    const start = performance.now();
    for (let turn = 0; turn < count; turn += 1) {
      const before = performance.now();
      if (this.#position + bytes > rawFileBytes) this.#position = 0;
      writeSync(this.#descriptor, block, 0, bytes, this.#position);
      fdatasyncSync(this.#descriptor);
      this.#position += bytes;
      latencies[turn] = performance.now() - before;
    }
    return roundOf(latencies, performance.now() - start, bytes);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Appends by one group that compacts now and then, so that segments are recycled as in a long life. */
class Appender {
  readonly #wal: WriteAheadLog;
  #last = 0;
  #bytes = 0;

  constructor(wal: WriteAheadLog) {
    this.#wal = wal;
  }

  /** `depth` appends of `entries` × `entryBytes` wait at a time. */
  round(shape: {
    entries: number;
    entryBytes: number;
    depth: number;
    count: number;
  }): Promise<MeasuredRound> {
    const { entries, entryBytes, depth, count } = shape;
    const data = new Uint8Array(entryBytes).fill(7);
    const latencies = new Float64Array(count);
    const start = performance.now();
    return new Promise((resolve, reject) => {
      let begun = 0;
      let done = 0;
      const next = (): void => {
        const number = begun++;
        const before = performance.now();
        this.#wal.append([this.#append(entries, data)], (error) => {
          if (error !== undefined) return reject(error);
          latencies[number] = performance.now() - before;
          done += 1;
          if (done === count) {
            resolve(roundOf(latencies, performance.now() - start, entries * entryBytes));
          } else if (begun < count) next();
        });
      };
      while (begun < Math.min(depth, count)) next();
    });
  }

  #append(count: number, data: Uint8Array): Parameters<WriteAheadLog['append']>[0][number] {
    const entries: Entry[] = [];
    for (let more = 0; more < count; more += 1)
      entries.push({ index: ++this.#last, term: 1, kind: 'command', data });
    this.#bytes += count * data.length;
    const hardState = { term: 1, vote: 1, commit: this.#last - count };
    if (this.#bytes < 16 * mebibyte) return { group: 1, hardState, entries };
    this.#bytes = 0;
    const index = this.#last - count;
    const configuration = {
      voters: [1],
      outgoing: [],
      learners: [],
      learnersNext: [],
      level: 1,
      details: [],
    };
    return { group: 1, snapshot: { index, term: 1, configuration }, compactTo: index, hardState, entries };
  }
}

/** `figure` is the median latency in microseconds; `throughputOf` makes MiB/s of it. */
function roundOf(latencies: Float64Array, elapsedMs: number, bytes: number): MeasuredRound {
  const sorted = latencies.slice().sort();
  const at = (share: number): number => 1000 * (sorted[Math.floor(sorted.length * share)] as number);
  const perSecond = (1000 * latencies.length) / elapsedMs;
  return { figure: at(0.5), p99Us: at(0.99), mebibytesPerSecond: (perSecond * bytes) / mebibyte };
}

interface MeasuredRound extends Round {
  readonly mebibytesPerSecond: number;
}

function throughputOf(round: MeasuredRound): Round {
  return { figure: round.mebibytesPerSecond, p99Us: round.p99Us };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[numbers.length >> 1] as number;
}

async function runCase({ name, unit, bar, ours, theirs }: Case): Promise<void> {
  const mine: Round[] = [];
  const raw: Round[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const [left, right] = [await ours(), theirs()];
    // The first round warms the caches and the compiler up.
    if (round === 0) continue;
    mine.push(left);
    raw.push(right);
  }
  const line = {
    bench: 'storage-log',
    case: name,
    ours: median(mine.map(({ figure }) => figure)),
    unit,
    p99Us: Math.round(median(mine.map(({ p99Us }) => p99Us))),
    peer: 'write + fdatasync',
    theirs: median(raw.map(({ figure }) => figure)),
    theirsP99Us: Math.round(median(raw.map(({ p99Us }) => p99Us))),
    ratio: median(mine.map(({ figure }, round) => ratioOf(unit, figure, (raw[round] as Round).figure))),
    rounds,
  };
  print(line, bar);
}

/** Above 1: we are ahead. */
function ratioOf(unit: Case['unit'], ours: number, theirs: number): number {
  return unit === 'us' ? theirs / ours : ours / theirs;
}

function print(
  line: Readonly<Record<string, number | string>> & { ours: number; ratio: number },
  bar: number,
): void {
  const rounded = { ...line, ours: Number(line.ours.toFixed(1)), ratio: Number(line.ratio.toFixed(3)) };
  if (options.json) console.log(JSON.stringify(rounded));
  else {
    const verdict = line.ratio >= bar ? 'holds' : 'MISSED';
    console.log(
      `${String(line['case']).padEnd(26)} ${rounded.ours} ${line['unit']}  raw ${Number(line['theirs']).toFixed(1)}  ` +
        `ratio ${rounded.ratio} (bar ${bar.toFixed(2)} ${verdict})  p99 ${line['p99Us']} µs, raw ${line['theirsP99Us']} µs`,
    );
  }
}

function openAt(directory: string): Promise<OpenedLog> {
  return openLog({
    disk: realDisk(),
    clock: realClock(),
    directory,
    identity: new Uint8Array(16).fill(1),
    create: true,
    checksum: (bytes, seed) => crc32(bytes, seed),
  });
}

async function throughput(directory: string): Promise<void> {
  const raw = new RawFile(join(directory, 'raw'));
  const { wal } = await openAt(join(directory, 'log'));
  const appender = new Appender(wal);
  await runCase({
    name: 'group-commit 256 B × 1',
    unit: 'us',
    bar: 1 / 1.3,
    ours: () => appender.round({ entries: 1, entryBytes: 256, depth: 1, count: 200 }),
    theirs: () => raw.round(512, 200),
  });
  await runCase({
    name: 'group-commit 256 B × 64',
    unit: 'us',
    bar: 1 / 1.3,
    ours: () => appender.round({ entries: 64, entryBytes: 256, depth: 1, count: 200 }),
    theirs: () => raw.round(64 * 268 + 512, 200),
  });
  await runCase({
    name: 'sequential 256 KiB',
    unit: 'MiB/s',
    bar: 0.8,
    ours: async () =>
      throughputOf(await appender.round({ entries: 1, entryBytes: 256 * kibibyte, depth: 4, count: 64 })),
    theirs: () => throughputOf(raw.round(256 * kibibyte, 64)),
  });
  await runCase({
    name: 'sequential 256 B × 1000',
    unit: 'MiB/s',
    bar: 0.8,
    ours: async () =>
      throughputOf(await appender.round({ entries: 1000, entryBytes: 256, depth: 4, count: 64 })),
    theirs: () => throughputOf(raw.round(256 * kibibyte, 64)),
  });
  await wal.close();
  raw.close();
}

/** A log of 1 GiB, every entry of it alive, written and then recovered. */
async function recovery(directory: string, entryBytes: number): Promise<void> {
  const { wal } = await openAt(directory);
  const data = new Uint8Array(entryBytes).fill(7);
  const perAppend = Math.ceil(16_384 / entryBytes);
  let last = 0;
  const write = (resolve: () => void, reject: (error: Error) => void): void => {
    if (wal.status().writtenBytes + wal.status().waitingBytes > 1024 * mebibyte) return resolve();
    const entries: Entry[] = [];
    for (let more = 0; more < perAppend; more += 1)
      entries.push({ index: ++last, term: 1, kind: 'command', data });
    wal.append([{ group: 1, entries }], (error) => (error ? reject(error) : write(resolve, reject)));
  };
  const lanes = Array.from({ length: 8 }, () => new Promise<void>(write));
  await Promise.all(lanes);
  await wal.close();
  const times: number[] = [];
  let read = 0;
  for (let round = 0; round < 3; round += 1) {
    const start = performance.now();
    const opened = await openAt(directory);
    // Entries are decoded when they are asked for, so asking is part of the recovery.
    if (opened.groups.get(1)?.entries.length !== last) throw new Error('entries are missing');
    times.push(performance.now() - start);
    read = opened.report.bytesRead;
    await opened.wal.close();
  }
  const seconds = median(times) / 1000;
  const line = {
    bench: 'storage-log',
    case: `recovery 1 GiB of ${entryBytes} B`,
    ours: read / mebibyte / seconds,
    unit: 'MiB/s',
    p99Us: 0,
    peer: 'bar of 5 s',
    theirs: 1024 / 5,
    theirsP99Us: 0,
    ratio: 5 / seconds,
    rounds: 3,
  };
  print(line, 1);
}

const scratch = mkdtempSync(join(options.directory, 'quorate-log-'));
try {
  await throughput(scratch);
  if (!options['skip-recovery']) {
    for (const entryBytes of [4096, 256]) {
      await recovery(join(scratch, `recovery-${entryBytes}`), entryBytes);
      rmSync(join(scratch, `recovery-${entryBytes}`), { recursive: true });
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
