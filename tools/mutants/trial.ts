/**
 * Puts a copy of the sources to the test: scenarios, all in one process, and runs that a seed decides, seed
 * after seed in another. A run that does not end is as red as one that fails.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { SeedKind } from './juries.ts';
import type { Workshop } from './workshop.ts';

/** A run that says nothing for so long hangs: no scenario and no seed takes longer than a few seconds. */
const silenceMsMax = 30_000;

/** How far to go: to the first scenario that is red, or through all of them. */
export const anyRed: RegExp = /(?:)/;
export const allScenarios: RegExp = /(?!)/;

export interface ScenarioOptions {
  /** Files of scenarios, from the root of the repository. */
  readonly files: readonly string[];
  /** Ends at the first red scenario whose name fits. */
  readonly until: RegExp;
}

export interface SeedOptions {
  readonly kind: SeedKind;
  readonly seedsMax: number;
}

interface Run {
  readonly lines: readonly string[];
  readonly ended: boolean;
  readonly succeeded: boolean;
}

/** The scenarios that failed, in order; the last may be the one at which the suite ended or stood still. */
export async function failedScenarios(
  workshop: Workshop,
  { files, until }: ScenarioOptions,
): Promise<string[]> {
  const paths = files.map((file) => join(workshop.directory, file));
  const { lines, ended, succeeded } = await runNode(workshop, ['scenario-hunt.ts', until.source, ...paths]);
  const failed = linesOf(lines, 'red ');
  const last = linesOf(lines, 'at ').at(-1) ?? 'the suite did not start';
  if (!ended) return [...failed, `${last} (no end)`];
  if (failed.length > 0) return failed;
  // A bug that ends the process ends the suite; one that stops it from starting leaves nothing green.
  return succeeded ? [] : [`${last} (the process ended)`];
}

function linesOf(lines: readonly string[], prefix: string): string[] {
  return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
}

/** The first seed, counted from 1, that is red; undefined when `seedsMax` of them stay green. */
export async function firstRedSeed(
  workshop: Workshop,
  { kind, seedsMax }: SeedOptions,
): Promise<number | undefined> {
  if (seedsMax === 0) return undefined;
  const { lines, succeeded } = await runNode(workshop, [
    'seed-hunt.ts',
    kind,
    workshop.directory,
    `${seedsMax}`,
  ]);
  return succeeded ? undefined : lines.filter((line) => line === 'green').length + 1;
}

function runNode(
  { directory, compiled }: Workshop,
  [program = '', ...parameters]: readonly string[],
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, program), ...parameters], {
      cwd: directory,
      env: { ...process.env, NODE_COMPILE_CACHE: compiled },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const chunks: Buffer[] = [];
    let ended = true;
    const giveUp = (): void => {
      ended = false;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(giveUp, silenceMsMax);
    child.stdout.on('data', (chunk: Buffer) => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, silenceMsMax);
      chunks.push(chunk);
    });
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      const lines = Buffer.concat(chunks).toString().split('\n');
      resolve({ lines, ended, succeeded: status === 0 });
    });
  });
}
