/** Nodes as processes of their own, and the command as a person types it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const main = join(import.meta.dirname, '../../src/cli/main.ts');

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function quorate(...words: string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [main, ...words])) };
  } catch (error) {
    return error as Ended;
  }
}

export interface Served {
  readonly child: ChildProcess;
  readonly address: string;
}

export class Servers implements AsyncDisposable {
  readonly directory: string;
  readonly #children: ChildProcess[] = [];

  static async make(): Promise<Servers> {
    return new Servers(await mkdtemp(join(tmpdir(), 'quorate-members-')));
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Resolves when the node serves, which one that joins does when it was taken in. */
  async serve(name: string, ...words: string[]): Promise<Served> {
    const data = join(this.directory, name);
    const all = ['serve', '--name', name, '--data', data, '--listen', '127.0.0.1:0', ...words];
    const child = spawn(process.execPath, [main, ...all], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#children.push(child);
    const [line] = (await once(
      createInterface({ input: child.stdout as NodeJS.ReadableStream }),
      'line',
    )) as [string];
    return { child, address: line.slice('serving '.length) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

export interface Member {
  readonly name: string;
  readonly id: number;
  readonly address: string;
  readonly role: string;
  readonly pid: number;
  readonly health: string;
  readonly lag: number | null;
}

export async function status(endpoint: string): Promise<readonly Member[]> {
  const { stdout } = await quorate('status', '--json', '--endpoints', endpoint);
  return (JSON.parse(stdout) as { members: Member[] }).members;
}

export async function until(endpoint: string, holds: (members: readonly Member[]) => boolean): Promise<void> {
  while (!holds(await status(endpoint)));
}
