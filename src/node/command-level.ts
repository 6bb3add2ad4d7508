/** What a group must have agreed on before commands may stand in its log. */
import type { StateMachine } from './state-machine.ts';

/** The level that all of them need. */
export function levelNeeded(machine: StateMachine, commands: readonly Uint8Array[]): number {
  let level = 1;
  if (machine.levelNeeded === undefined) return level;
  for (const command of commands) level = Math.max(level, machine.levelNeeded(command));
  return level;
}
