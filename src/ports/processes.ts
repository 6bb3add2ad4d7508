/**
 * Programs of the machine, as far as somebody needs one: run, wait, hear how it ended. No shell stands between, so
 * nothing in a word is ever more than a word.
 */

export interface ProcessRunner {
  /**
   * Runs a program to its end. When `signal` aborts, the program is killed at once with all that it has started in its
   * process group, and the promise rejects with the signal's reason. What is left of the group when the program ends by
   * itself is killed as well: nothing of it outlives the call, but what has left the group on purpose.
   *
   * `invalid-option` for a program that cannot be started, or a directory that it cannot run in: it has done nothing then.
   */
  run(request: ProcessRequest): Promise<ProcessEnd>;
}

export interface ProcessRequest {
  /** A path, or a name that is looked for as the system does. */
  readonly program: string;
  readonly words: readonly string[];
  /** Where it runs. Default: where this process does. */
  readonly directory?: string | undefined;
  /** Beside what this process has, and before it. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** So much of what it writes is kept, from the beginning; the rest is read and dropped. */
  readonly outputBytesMax: number;
  readonly signal: AbortSignal;
}

export interface ProcessEnd {
  /** Undefined where a signal has ended it. */
  readonly exitCode: number | undefined;
  /** The name of the signal that has ended it, such as `SIGKILL`. */
  readonly killedBy: string | undefined;
  /** What it wrote to its standard output and standard error, in the order in which it came. */
  readonly output: Uint8Array;
  /** More was written than was kept. */
  readonly isCut: boolean;
}
