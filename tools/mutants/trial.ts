/**
 * Puts a copy of the core to the test: first the scenarios, all in one process, then chaos runs, seed after
 * seed. A run that does not end is as red as one that fails.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';

/** A healthy suite takes a few seconds, also on a busy machine. */
const timeoutMs = 60_000;

interface Run {
  readonly stdout: string;
  readonly ended: boolean;
  readonly succeeded: boolean;
}

/** The tests that failed, in order; `no end` when the suite did not come to one. */
export async function failedScenarios(directory: string): Promise<string[]> {
  const files = globSync('test/raft/*.test.ts', { cwd: directory }).filter((file) => !file.includes('chaos'));
  const options = ['--test', '--test-isolation=none', '--test-reporter=tap'];
  const { stdout, ended, succeeded } = await runNode(directory, [...options, ...files.sort()]);
  const failed = [...stdout.matchAll(/^not ok \d+ - (.*)\n(?:.*\n){0,6}?.*location: '.*\/(.*?)\.test\.ts/gm)];
  const names = failed.map(([, test, file]) => `${file} › ${test?.replaceAll('\\#', '#')}`);
  if (!ended) return [...names, 'no end'];
  return names.length === 0 && !succeeded ? ['the suite did not start'] : names;
}

/** The first seed, counted from 1, under which a chaos run is red; undefined when `seedsMax` of them stay green. */
export async function firstRedSeed(directory: string, seedsMax: number): Promise<number | undefined> {
  const hunt = join(import.meta.dirname, 'chaos-hunt.ts');
  const { stdout, succeeded } = await runNode(directory, [hunt, directory, `${seedsMax}`]);
  const green = stdout.split('\n').filter((line) => line === 'green').length;
  return succeeded ? undefined : green + 1;
}

function runNode(directory: string, parameters: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    const child = spawn(process.execPath, parameters, { cwd: directory, stdio: [...stdio] });
    const chunks: Buffer[] = [];
    let ended = true;
    const timer = setTimeout(() => {
      ended = false;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ stdout: Buffer.concat(chunks).toString(), ended, succeeded: status === 0 });
    });
  });
}
