/**
 * How fast histories are judged. What is timed: one call of the checker on operations that are in memory,
 * from nothing to the verdict. Making and pairing the history is not timed, except in the last case, which
 * writes the file's text, reads it, pairs it and judges it. Five rounds a case, after one that warms up; the median counts.
 *
 *   node bench/sim/checkers.ts [--json] [--rounds N] [NAME ...]
 */
import { parseArgs } from 'node:util';
import {
  checkCausal,
  checkHistory,
  checkLinearizable,
  checkListAppend,
  checkSequential,
  checkSessions,
  checkWitness,
  checkZones,
  registerModel,
  type Verdict,
} from '../../src/sim/checkers/index.ts';
import { type History, parseHistory, serializeHistory } from '../../src/sim/history/index.ts';
import { listTransactions, putsAndGets, swaps, type WorkloadOptions } from './checkers-workload.ts';

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } },
});
const rounds = Number(options.rounds);

interface Case {
  readonly name: string;
  readonly make: (workload: WorkloadOptions) => History;
  readonly workload: WorkloadOptions;
  /** Milliseconds that the median must stay under, where there is a promise. */
  readonly barMs?: number;
  judge(history: History): Verdict;
}

const million: WorkloadOptions = { operations: 1_000_000, clients: 16, keys: 1 };
const contended: WorkloadOptions = { operations: 5_000, clients: 10, keys: 16 };
const register = registerModel();

const cases: readonly Case[] = [
  {
    name: 'zones-1m-1-key',
    make: putsAndGets,
    workload: million,
    barMs: 1000,
    judge: ({ operations }) => checkZones(operations).verdict,
  },
  {
    name: 'witness-1m-1-key',
    make: putsAndGets,
    workload: million,
    barMs: 1000,
    judge: ({ operations }) => checkWitness(operations, register),
  },
  {
    name: 'auto-1m-1000-keys',
    make: putsAndGets,
    workload: { ...million, keys: 1000 },
    judge: (history) => checkHistory(history, { model: 'register' }),
  },
  {
    name: 'search-cas-5k-16-keys',
    make: swaps,
    workload: contended,
    barMs: 1000,
    judge: ({ operations }) => checkLinearizable(operations, register),
  },
  {
    name: 'search-cas-5k-1-key',
    make: swaps,
    workload: { ...contended, keys: 1 },
    judge: ({ operations }) => checkLinearizable(operations, register),
  },
  {
    name: 'search-cas-5k-1-key-1%-lost',
    make: swaps,
    workload: { ...contended, keys: 1, lossRate: 0.01 },
    judge: ({ operations }) => checkLinearizable(operations, register),
  },
  {
    name: 'sessions-100k',
    make: putsAndGets,
    workload: { operations: 100_000, clients: 16, keys: 16 },
    judge: ({ operations }) => checkSessions(operations),
  },
  {
    name: 'causal-memory-100k',
    make: putsAndGets,
    workload: { operations: 100_000, clients: 16, keys: 16 },
    judge: ({ operations }) => checkCausal(operations, { kind: 'CM' }),
  },
  {
    name: 'sequential-cas-1k',
    make: swaps,
    workload: { operations: 1_000, clients: 6, keys: 4 },
    judge: ({ operations }) => checkSequential(operations),
  },
  {
    name: 'list-append-strict-20k',
    make: listTransactions,
    workload: { operations: 20_000, clients: 16, keys: 400 },
    judge: ({ operations }) => checkListAppend(operations, 'strict-serializable'),
  },
  {
    name: 'file-to-verdict-100k',
    make: putsAndGets,
    workload: { operations: 100_000, clients: 16, keys: 16 },
    judge: ({ events }) => checkHistory(parseHistory(serializeHistory(events)), { model: 'register' }),
  },
];

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN;
}

function measure({ make, workload, judge, name }: Case): number {
  const history = make(workload);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const start = performance.now();
    const { verdict } = judge(history);
    if (round > 0) times.push(performance.now() - start);
    if (verdict !== 'valid') throw new Error(`${name}: the history is atomic, but the verdict is ${verdict}`);
  }
  return median(times);
}

function main(): void {
  const chosen = cases.filter(
    ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
  );
  for (const one of chosen) {
    const ms = measure(one);
    const { name, workload, barMs } = one;
    const ours = Math.round(ms * 10) / 10;
    if (options.json) {
      const line = {
        bench: 'checkers',
        case: name,
        ours,
        unit: 'ms',
        ...(barMs === undefined ? {} : { bar: barMs }),
        rounds,
      };
      console.log(JSON.stringify(line));
      continue;
    }
    const rate = Math.round(workload.operations / (ms / 1000)).toLocaleString('en');
    const bar = barMs === undefined ? '' : `  bar ${barMs} ms: ${ms <= barMs ? 'met' : 'MISSED'}`;
    console.log(
      `${name.padEnd(28)} ${ours.toFixed(1).padStart(9)} ms ${rate.padStart(14)} operations/s${bar}`,
    );
  }
}

main();
