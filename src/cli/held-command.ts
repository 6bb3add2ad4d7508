/**
 * A command that runs while something is held, as a child of this process: it is told the token, it is stopped when
 * what was held is lost, and its exit code becomes ours. A child that does not end when it is asked to is killed, and
 * none is left behind: who is impatient, or whose terminal is closed, ends the child and not only us.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { exitCodes, type Invocation, UsageError } from './verb.ts';

/** What a child may take to end before it is killed. */
const graceMs = 5_000;

export interface Held {
  /** What it is called in messages, such as `lock nightly`. */
  readonly what: string;
  readonly token: number;
  /** Aborts when it is lost. */
  readonly signal: AbortSignal;
}

/** The command behind `--`. */
export function commandOf(invocation: Invocation): readonly [string, ...string[]] {
  const [program, ...words] = invocation.rest;
  if (program === undefined)
    throw new UsageError('there is no command to run; write it behind --, as in: -- ./nightly.sh');
  return [program, ...words];
}

/** Whoever asks for the end a second time does not want to wait for it. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves, when the child has ended, to the exit code: the child's own, 128 and its signal, or 1 where what was held was lost. */
export async function runHeld(invocation: Invocation, held: Held): Promise<number> {
  const [program, ...words] = commandOf(invocation);
  const child = spawn(program, words, {
    stdio: 'inherit',
    env: { ...process.env, ['QUORATE_TOKEN']: String(held.token) },
  });
  let killing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    killing ??= setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  let asked = 0;
  const ask = (): void => {
    asked += 1;
    if (asked === 1) stop();
    else child.kill('SIGKILL');
  };
  const lost = (): void => {
    invocation.note(`quorate: ${held.what} was lost, so ${program} is stopped: ${reasonOf(held.signal)}`);
    stop();
  };
  const ended = Promise.withResolvers<number>();
  child.once('exit', (code, signal) =>
    ended.resolve(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)),
  );
  child.once('error', (error) => {
    invocation.note(`quorate: ${program} could not be run: ${error.message}`);
    ended.resolve(exitCodes.failed);
  });
  if (held.signal.aborted) lost();
  held.signal.addEventListener('abort', lost, { once: true });
  if (invocation.signal.aborted) stop();
  invocation.signal.addEventListener('abort', stop, { once: true });
  for (const ending of endings) process.on(ending, ask);
  try {
    const code = await ended.promise;
    return held.signal.aborted ? exitCodes.failed : code;
  } finally {
    clearTimeout(killing);
    for (const ending of endings) process.off(ending, ask);
    held.signal.removeEventListener('abort', lost);
    invocation.signal.removeEventListener('abort', stop);
  }
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}
