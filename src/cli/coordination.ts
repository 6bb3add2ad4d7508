/** What the verbs share that hold something while a command runs: on a cluster, or whatever address they were told. */
import type { ParseArgsOptionsConfig } from 'node:util';
import { isQuorateError, type LinkedSignal, linkSignals } from '../base/index.ts';
import { openEngine } from '../engines/addresses/index.ts';
import type { Capability, Engine } from '../engines/port/index.ts';
import { openQuorate } from '../engines/quorate/index.ts';
import { type Coordination, coordinate, type Hold, type WaitOptions } from '../recipes/index.ts';
import { engineUrlOf, openStore, timeoutMsOf } from './endpoints.ts';
import { commandOf, runHeld } from './held-command.ts';
import {
  choiceOf,
  durationOption,
  exitCodes,
  Interrupted,
  type Invocation,
  isSet,
  textOption,
} from './verb.ts';

export const holdingOptions: ParseArgsOptionsConfig = {
  ttl: { type: 'string' },
  wait: { type: 'string' },
  allow: { type: 'string' },
};

const permissions = ['failover-loss'] as const;

export const holdingChoices: Readonly<Record<string, readonly string[]>> = { allow: permissions };

export const holdingHelp: Readonly<Record<string, string>> = {
  ttl: "how long it is kept for a command that is not heard of any more, such as '30s' (default 10s)",
  wait: "how long to wait for it, such as '1m'; 0 not at all (default: without end)",
  allow: 'failover-loss: on Redis, PostgreSQL or NATS, where a failover may lose it and two may hold it then',
};

export const exitCodeHelp: string = [
  'The command is told its token as',
  'QUORATE_TOKEN, which grows from holder to holder. When what is held is lost the command gets SIGTERM',
  'and, five seconds later, SIGKILL; what it writes meanwhile only a fence keeps out. The exit code is',
  'that of the command; 1 says that it was lost, 124 that it was not granted in time.',
].join('\n');

type Hand = (coordination: Coordination<Capability>, wait: WaitOptions) => Promise<Hold>;

/** Waits for what `acquire` asks for, and runs the command behind `--` while it is held. */
export async function runHolding(asked: Invocation, what: string, acquire: Hand): Promise<number> {
  commandOf(asked);
  using link = untilHungUp(asked.signal);
  const invocation = { ...asked, signal: link.signal };
  await using engine = await engineOf(invocation);
  const ttlMs = durationOption(invocation, 'ttl');
  const ttl = ttlMs === undefined ? {} : { ttl: ttlMs };
  await using coordination = coordinate(engine, { holder: `process ${process.pid}`, ...ttl });
  try {
    await using held = await acquire(coordination, waitOf(invocation));
    const { token, signal } = held;
    if (isSet(invocation, 'json')) invocation.note(JSON.stringify({ held: what, token }));
    return await runHeld(invocation, { what, token, signal });
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'not-granted') throw error;
    invocation.note(`quorate: ${error.code}: ${error.message}`);
    return exitCodes.timedOut;
  }
}

/**
 * Aborts as well when the terminal is closed. From then on nobody reads what the verb says, so others leave that signal
 * alone; but who waits here has a place in a line that would stand for as long as his time to live.
 */
export function untilHungUp(signal: AbortSignal): LinkedSignal {
  const link = linkSignals(signal);
  const hangUp = (): void => link.abort(new Interrupted('interrupted, because the terminal was closed'));
  process.on('SIGHUP', hangUp);
  const dispose = (): void => {
    process.off('SIGHUP', hangUp);
    link[Symbol.dispose]();
  };
  return { ...link, [Symbol.dispose]: dispose };
}

/** The engine behind the address that the command was told; close it at the end. */
export async function engineOf(invocation: Invocation): Promise<Engine<Capability>> {
  const url = engineUrlOf(invocation);
  if (url === undefined) return await openQuorate(await openStore(invocation), { ownsStore: true });
  const allowed = textOption(invocation, 'allow');
  const allow = allowed === undefined ? {} : { allow: choiceOf('--allow', allowed, permissions) };
  return await openEngine(url, { deadline: timeoutMsOf(invocation), ...allow });
}

/** What a wait is bounded by: `--wait`, and whoever ends the program. */
function waitOf(invocation: Invocation): WaitOptions {
  const waitMs = textOption(invocation, 'wait') === '0' ? 0 : durationOption(invocation, 'wait');
  return { signal: invocation.signal, ...(waitMs === undefined ? {} : { wait: waitMs }) };
}
