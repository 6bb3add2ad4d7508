/**
 * Puts a copy of the sources to the test: scenarios, all in one process, and runs that a seed decides, seed
 * after seed in another. A run that does not end is as red as one that fails.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Room, type SeedKind, scenarioFiles } from './juries.ts';

/** A run that says nothing for so long hangs: no scenario and no seed takes longer than a few seconds. */
const silenceMsMax = 30_000;

export interface ScenarioOptions {
  readonly directory: string;
  readonly rooms: readonly Room[];
  /** Only those whose names fit. */
  readonly pattern?: RegExp;
  /** True: also those behind the first red one. */
  readonly all: boolean;
}

export interface SeedOptions {
  readonly directory: string;
  readonly kind: SeedKind;
  readonly seedsMax: number;
}

interface Run {
  readonly lines: readonly string[];
  readonly ended: boolean;
  readonly succeeded: boolean;
}

/** The scenarios that failed, in order; `no end` when the suite did not come to one. */
export async function failedScenarios(options: ScenarioOptions): Promise<string[]> {
  const { directory, rooms, pattern, all } = options;
  const files = scenarioFiles(rooms, directory).map((file) => join(directory, file));
  const hunt = join(import.meta.dirname, 'scenario-hunt.ts');
  const until = all ? 'all' : 'first';
  const { lines, ended, succeeded } = await runNode(directory, [
    hunt,
    until,
    pattern?.source ?? '',
    ...files,
  ]);
  const failed = lines.filter((line) => line.startsWith('red ')).map((line) => line.slice(4));
  if (!ended) return [...failed, 'no end'];
  if (failed.length > 0) return failed;
  // A bug that ends the process ends the suite; one that stops it from starting leaves nothing green.
  return succeeded ? [] : ['the suite did not finish'];
}

/** The first seed, counted from 1, that is red; undefined when `seedsMax` of them stay green. */
export async function firstRedSeed({ directory, kind, seedsMax }: SeedOptions): Promise<number | undefined> {
  const hunt = join(import.meta.dirname, 'seed-hunt.ts');
  const { lines, succeeded } = await runNode(directory, [hunt, kind, directory, `${seedsMax}`]);
  return succeeded ? undefined : lines.filter((line) => line === 'green').length + 1;
}

function runNode(directory: string, parameters: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    const child = spawn(process.execPath, parameters, { cwd: directory, stdio: [...stdio] });
    const chunks: Buffer[] = [];
    let ended = true;
    const giveUp = (): void => {
      ended = false;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(giveUp, silenceMsMax);
    child.stdout?.on('data', (chunk: Buffer) => {
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
