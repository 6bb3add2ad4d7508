/**
 * A command that runs as a child of this process, in its terminal: it is asked to end before it is made to, and its exit
 * code becomes ours.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { startFailure } from '../ports/real/index.ts';
import { exitCodes } from './verb.ts';

export interface ChildCommandOptions {
  readonly command: readonly [string, ...string[]];
  /** Beside what this process has, and before it. */
  readonly environment: Readonly<Record<string, string>>;
  /** For people. */
  readonly note: (line: string) => void;
}

export class ChildCommand {
  /** Resolves, and never rejects, to the exit code: the child's own, 128 and its signal, or 1 where it could not be run. */
  readonly ended: Promise<number>;
  /** Undefined where it could not be started. */
  readonly #child: ChildProcess | undefined;
  #killing: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor({ command: [program, ...words], environment, note }: ChildCommandOptions) {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.ended = promise;
    const end = (code: number): void => {
      this.#isOver = true;
      clearTimeout(this.#killing);
      resolve(code);
    };
    const failed = (cause: unknown): void => {
      note(`quorate: ${program} could not be run: ${startFailure(program, undefined, cause).reason}`);
      end(exitCodes.failed);
    };
    try {
      this.#child = spawn(program, words, { stdio: 'inherit', env: { ...process.env, ...environment } });
    } catch (cause) {
      // Some of what the system refuses is thrown, and some is told later.
      failed(cause);
      return;
    }
    this.#child.once('exit', (code, signal) =>
      end(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)),
    );
    this.#child.once('error', failed);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Asks it to end; after `graceMs` it is killed. */
  stop(graceMs: number): void {
    if (this.#isOver) return;
    this.#child?.kill('SIGTERM');
    this.#killing ??= setTimeout(() => this.kill(), graceMs);
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }
}
