/**
 * How the commands of one turn enter a group's log: together, and each by itself where they are refused together.
 * Everybody who waits is either on the way with the log behind this, or has heard.
 */
import type { QuorateError } from '../base/index.ts';
import type { Input, Verdict } from '../raft/index.ts';
import { levelNeeded } from './command-level.ts';
import type { PendingProposals } from './pending-proposals.ts';
import type { StateMachine } from './state-machine.ts';
import type { Waiter } from './waiter.ts';

export interface Proposing {
  readonly machine: StateMachine;
  readonly pending: PendingProposals;
  readonly step: (input: Input) => Verdict;
  /** What those hear whose group ends before anything was done. */
  readonly closed: () => QuorateError;
}

export function proposeTogether(
  to: Proposing,
  commands: readonly Uint8Array[],
  waiters: readonly Waiter[],
): void {
  let told = 0;
  try {
    const verdict = to.step({ kind: 'propose', commands, level: levelNeeded(to.machine, commands) });
    if (verdict.accepted) {
      const { index, term } = verdict.entry;
      to.pending.add(index, term, waiters);
    } else if (commands.length > 1 && verdict.error.code !== 'not-leader') {
      // They have nothing to do with each other: one that is too large must not cost the others their place.
      for (const command of commands) {
        told += 1;
        proposeTogether(to, [command], [waiters[told - 1] as Waiter]);
      }
    } else {
      for (const waiter of waiters) waiter.reject(verdict.error);
    }
  } catch (error) {
    // The group ends, and nothing of this was carried out. Nobody else knows who waits.
    for (const waiter of waiters.slice(told)) waiter.reject(to.closed());
    throw error;
  }
}
