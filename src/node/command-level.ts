/**
 * What a group must have agreed on before commands may stand in its log, and what is refused at the door because
 * this release does not know it.
 */
import { QuorateError } from '../base/index.ts';
import type { StateMachine } from './state-machine.ts';

/** The level that all of them need. */
export function levelNeeded(machine: StateMachine, commands: readonly Uint8Array[]): number {
  let level = 1;
  if (machine.levelNeeded === undefined) return level;
  for (const command of commands) level = Math.max(level, machine.levelNeeded(command));
  return level;
}

/** Of a newer client. In the log it would mean something else to each release. */
export function commandUnknown(command: Uint8Array): QuorateError<'command-unknown'> {
  const [version = 0, kind = 0] = command;
  return new QuorateError({
    code: 'command-unknown',
    message: `this node's release knows no command ${version}.${kind}; upgrade the cluster, or use a client as old as it is`,
    data: { version, kind },
  });
}
