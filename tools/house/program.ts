/** Runs one of the outside programs whose verdict is a house rule, and takes what it printed. */
import { spawn } from 'node:child_process';
import type { Finding } from './source-file.ts';

export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a JavaScript program with the Node that runs this one. */
export function runProgram(
  root: string,
  script: string,
  parameters: readonly string[],
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...parameters], {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

/** A program that failed and named nothing has not judged: that is a finding too, never a pass. */
export function silentFailure(name: string, result: ProgramResult, configuration: string): Finding {
  const said = `${result.stderr}${result.stdout}`.trim().split('\n').slice(0, 5).join(' | ');
  return {
    path: configuration,
    line: 1,
    problem: `${name} ended with status ${result.status} and no finding: ${said}`,
    remedy: 'run it by hand with this configuration and mend what it complains about',
  };
}
