/**
 * A server in a process of its own that is killed, stopped, let go on and started again. What it writes goes into
 * one file for all its lives.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface ChildOptions {
  readonly program: string;
  readonly words: readonly string[];
  readonly log: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Memory {
  readonly residentBytes: number;
  /** The part that lies in no file: a mapped file may be resident and costs others nothing. */
  readonly anonymousBytes: number;
}

export class Child {
  readonly #options: ChildOptions;
  #process: ChildProcess | undefined;
  #isPaused = false;
  #death: string | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** How the process ended, although nobody asked for it; told once. */
  takeDeath(): string | undefined {
    const death = this.#death;
    this.#death = undefined;
    return death;
  }

  start(): void {
    if (this.#process !== undefined) return;
    const { program, words, log, environment } = this.#options;
    const file = openSync(log, 'a');
    try {
      const child = spawn(program, words, {
        // The channel carries nothing: a node whose starter is gone sees it break, and stops too.
        stdio: ['ignore', file, file, 'ipc'],
        env: { ...process.env, ...environment },
      });
      this.#process = child;
      const ended = (how: string): void => {
        if (this.#process !== child) return;
        this.#process = undefined;
        this.#death = how;
      };
      child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
      child.once('error', (error) => ended(error.message));
    } finally {
      closeSync(file);
    }
  }

  /** At once and without warning. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    this.#isPaused = false;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  pause(): void {
    if (this.#process?.kill('SIGSTOP') === true) this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#process?.kill('SIGCONT');
  }

  /** What it takes, where the system tells. */
  memory(): Memory | undefined {
    if (this.pid === undefined) return undefined;
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      const [resident, anonymous] = ['VmRSS', 'RssAnon'].map((name) => {
        const [, kibibytes] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
        return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
      });
      if (resident === undefined || anonymous === undefined) return undefined;
      return { residentBytes: resident, anonymousBytes: anonymous };
    } catch {
      return undefined;
    }
  }
}
