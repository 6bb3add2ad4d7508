/**
 * How the commands of one turn enter a group's log: together, and each by itself where they are refused together.
 * Everybody who waits is either on the way with the log behind this, or has heard. A command whose deadline has passed
 * takes no place in the log: whoever sent it has gone on.
 */
import type { QuorateError } from '../base/index.ts';
import type { Input, Verdict } from '../raft/index.ts';
import { levelNeeded } from './command-level.ts';
import { overdue } from './group-refusals.ts';
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

export class TurnProposals {
  readonly #to: Proposing;
  #commands: Uint8Array[] = [];
  #waiters: Waiter[] = [];
  /** Those that come before them. */
  #urgentCommands: Uint8Array[] = [];
  #urgentWaiters: Waiter[] = [];
  #bytes = 0;
  /** No deadline among them is earlier. */
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(to: Proposing) {
    this.#to = to;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(command: Uint8Array, waiter: Waiter, isUrgent = false): void {
    this.#bytes += command.length;
    (isUrgent ? this.#urgentCommands : this.#commands).push(command);
    (isUrgent ? this.#urgentWaiters : this.#waiters).push(waiter);
    const { dueMs } = waiter;
    if (dueMs !== undefined && dueMs < this.#dueMs) this.#dueMs = dueMs;
  }

  /** Proposes what the turn has brought. */
  propose(now: () => number): void {
    if (this.#commands.length + this.#urgentCommands.length === 0) return;
    if (this.#dueMs < Number.POSITIVE_INFINITY) this.#refuseOverdue(now());
    const [commands, waiters] = this.#take();
    if (commands.length > 0) proposeTogether(this.#to, commands, waiters);
  }

  /** Nothing is proposed any more. */
  close(): void {
    const [, waiters] = this.#take();
    for (const waiter of waiters) waiter.reject(this.#to.closed());
  }

  #take(): [Uint8Array[], Waiter[]] {
    const isMixed = this.#urgentCommands.length > 0;
    const taken: [Uint8Array[], Waiter[]] = isMixed
      ? [this.#urgentCommands.concat(this.#commands), this.#urgentWaiters.concat(this.#waiters)]
      : [this.#commands, this.#waiters];
    this.#commands = [];
    this.#waiters = [];
    if (isMixed) {
      this.#urgentCommands = [];
      this.#urgentWaiters = [];
    }
    this.#bytes = 0;
    this.#dueMs = Number.POSITIVE_INFINITY;
    return taken;
  }

  #refuseOverdue(now: number): void {
    if (now < this.#dueMs) return;
    const [commands, waiters] = this.#take();
    for (const [place, waiter] of waiters.entries()) {
      const { dueMs = Number.POSITIVE_INFINITY } = waiter;
      if (now < dueMs) this.add(commands[place] as Uint8Array, waiter);
      else waiter.reject(overdue(now - dueMs));
    }
  }
}

function proposeTogether(to: Proposing, commands: readonly Uint8Array[], waiters: readonly Waiter[]): void {
  let told = 0;
  try {
    const verdict = to.step({ kind: 'propose', commands, level: levelNeeded(to.machine, commands) });
    if (verdict.accepted) {
      const { index, term } = verdict.entry;
      to.pending.add(index, term, waiters, bytesOf(commands));
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

function bytesOf(commands: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const command of commands) bytes += command.length;
  return bytes;
}
