/**
 * A command that runs while something is held, as a child of this process: it is told the token, it is stopped when
 * what was held is lost, and its exit code becomes ours. A child that does not end when it is asked to is killed, and
 * none is left behind: who is impatient, or whose terminal is closed, ends the child and not only us.
 */
import { ChildCommand } from './child-command.ts';
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
  const command = commandOf(invocation);
  const environment = { QUORATE_TOKEN: String(held.token) };
  const child = new ChildCommand({ command, environment, note: invocation.note });
  const stop = (): void => child.stop(graceMs);
  let asked = 0;
  const ask = (): void => {
    asked += 1;
    if (asked === 1) stop();
    else child.kill();
  };
  const lost = (): void => {
    const reason = reasonOf(held.signal);
    invocation.note(`quorate: ${held.what} was lost, so ${command[0]} is stopped: ${reason}`);
    stop();
  };
  if (held.signal.aborted) lost();
  held.signal.addEventListener('abort', lost, { once: true });
  if (invocation.signal.aborted) stop();
  invocation.signal.addEventListener('abort', stop, { once: true });
  for (const ending of endings) process.on(ending, ask);
  try {
    const code = await child.ended;
    return held.signal.aborted ? exitCodes.failed : code;
  } finally {
    for (const ending of endings) process.off(ending, ask);
    held.signal.removeEventListener('abort', lost);
    invocation.signal.removeEventListener('abort', stop);
  }
}

function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}
