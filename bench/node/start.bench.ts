/**
 * How soon a program that embeds a store can use it: from the call of `connect('file:…')` to the first put that was
 * acknowledged, on a directory that is empty and on one that has been used. Each start is a process of its own and
 * runs the built package, as users do, which is built first; the load of its modules is told beside it. On a machine
 * that does something else the time says little, so the processor's time is told too.
 *
 *   node bench/node/start.bench.ts [--json] [--rounds 15] [--package DIR,DIR] [--directory DIR]
 *
 * `--package` names directories that hold other builds as `dist/`: they take turns, round by round.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../../tools/build.ts';
import type { Start, Starts } from './start-once.ts';

const root = join(import.meta.dirname, '../..');
const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '15' },
    package: { type: 'string' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const rounds = Number(options.rounds);
/** What a start on an empty directory may take. */
const barMs = 150;

function once(packageDirectory: string, directory: string): Starts {
  const words = [join(import.meta.dirname, 'start-once.ts'), packageDirectory, directory];
  try {
    return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as Starts;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function print(name: string, what: keyof Starts, starts: readonly Start[], bar?: number): void {
  const figures = {
    case: what,
    package: name,
    usableMs: Math.round(median(starts.map(({ usableMs }) => usableMs))),
    leastMs: Math.round(Math.min(...starts.map(({ usableMs }) => usableMs))),
    processorMs: Math.round(median(starts.map(({ processorMs }) => processorMs))),
    closeMs: Math.round(median(starts.map(({ closeMs }) => closeMs))),
    ...(bar === undefined ? {} : { bar }),
  };
  if (options.json) console.log(JSON.stringify({ bench: 'start', ...figures }));
  else
    console.log(
      Object.entries(figures)
        .map(([key, value]) => `${key} ${value}`)
        .join('  '),
    );
}

if (options.package === undefined && !build()) process.exit(1);
const packages = (options.package ?? root).split(',').map((directory) => resolve(directory));
const scratch = mkdtempSync(join(options.directory, 'quorate-start-'));
try {
  const all = packages.map(() => [] as Starts[]);
  for (let round = 0; round < rounds; round += 1) {
    // Who goes first changes, and with it who finds the disk busy.
    for (let turn = 0; turn < packages.length; turn += 1) {
      const place = (turn + round) % packages.length;
      all[place]?.push(once(packages[place] as string, join(scratch, `${round}`)));
    }
  }
  for (const [place, directory] of packages.entries()) {
    const starts = all[place] ?? [];
    const name = relative(process.cwd(), directory) || '.';
    for (const what of ['empty', 'used'] as const)
      print(
        name,
        what,
        starts.map((start) => start[what]),
        what === 'empty' ? barMs : undefined,
      );
    const loadMs = Math.round(median(starts.map((start) => start.loadMs)));
    console.log(
      options.json
        ? JSON.stringify({ bench: 'start', case: 'load', package: name, loadMs })
        : `case load  package ${name}  loadMs ${loadMs}`,
    );
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
