/**
 * One member of one Raft group. `step` takes whatever happens; `output` says what the host must do about it.
 * Between the two nothing leaves, so a host gathers all input of one turn of its event loop and pays for
 * messages and the disk once. Nothing here waits, reads a clock or draws randomness of its own: the same
 * inputs give the same outputs, in production as in the simulator.
 *
 * Ongaro, Ousterhout: In Search of an Understandable Consensus Algorithm (2014), "Raft" in the comments; Ongaro:
 * Consensus: Bridging Theory and Practice (2014), "dissertation".
 */
import { assert, invalidOption } from '../base/index.ts';
import type { Configuration } from './configuration.ts';
import { decodeConfiguration } from './configuration.ts';
import { contradiction } from './contradictions.ts';
import { countOwnVote, hastenElection } from './election.ts';
import type { Entry, MemberId } from './entry.ts';
import { GroupState, type LeaderRole } from './group-state.ts';
import { isLateAnswer, sendRound, wake, wakes } from './heartbeats.ts';
import type { Input, Verdict } from './input.ts';
import { proposeChange, settleConfiguration } from './leader-members.ts';
import { checkRecoveredLevels, levelRefusal } from './levels.ts';
import { type RaftOptions, raftSettings } from './options.ts';
import type { Output, Persist } from './output.ts';
import { type RaftStatus, statusOf } from './raft-status.ts';
import { type RaftView, StateView } from './raft-view.ts';
import { onAnnounced } from './raising.ts';
import { askLeader, confirmReads, onRead } from './reads.ts';
import { onReceive } from './receiving.ts';
import { checkRecovery, type Recovery } from './recovered.ts';
import {
  accepted,
  acceptedAt,
  busy,
  commandTooLarge,
  messageRefused,
  notLeader,
  refused,
} from './refusals.ts';
import { takeRepaired } from './repairing.ts';
import { appendAsLeader, commitAsLeader, quorumCommit, sendAppends } from './replication.ts';
import { becomeFollower } from './roles.ts';
import type { SnapshotMark } from './snapshot-mark.ts';
import { onTick } from './ticking.ts';
import { beginTransfer, continueTransfer } from './transfer.ts';
import { messageFault } from './validation.ts';

export class RaftGroup {
  /** Shows how the group is without a status of its own, for whoever looks after every step. */
  readonly view: RaftView;
  readonly #state: GroupState;
  #refusedMessages = 0;

  /** Starts as a follower with what was recovered; a new member of an existing group brings nothing. */
  constructor(options: RaftOptions, recovery: Recovery = {}) {
    const recovered = checkRecovery(recovery);
    const settings = raftSettings(options);
    checkRecoveredLevels(settings, recovered);
    this.#state = new GroupState(settings, recovered);
    this.view = new StateView(this.#state);
    for (const entry of recovered.entries) {
      if (entry.kind !== 'configuration') continue;
      this.#state.memberships.append(entry.index, decodeConfiguration(entry.data));
    }
    // What a damaged disk has left of the term may be less than what the rest of it shows: it is noted before a word leaves.
    if (recovered.damaged) this.#state.outbox.markHardState();
    this.#state.resetElectionTimer();
  }

  /** Takes one input. A refusal has changed nothing. */
  step(input: Input): Verdict {
    const state = this.#state;
    if ('now' in input) state.now = Math.max(state.now, input.now);
    const verdict = this.#weigh(input);
    if (state.quiescent && verdict.accepted && wakes(input)) wake(state);
    return verdict;
  }

  #weigh(input: Input): Verdict {
    const state = this.#state;
    switch (input.kind) {
      case 'tick':
        onTick(state);
        return accepted;
      case 'receive':
        return this.#receive(input.message);
      case 'propose':
        return this.#propose(input.commands, input.level ?? 1);
      case 'change':
        if (state.role.kind !== 'leader') return refused(notLeader(state.settings.group, state.leader));
        return proposeChange(state, state.role, input.changes);
      case 'read':
        return onRead(state, input.id, input.mode);
      case 'transfer':
        if (state.role.kind !== 'leader') return refused(notLeader(state.settings.group, state.leader));
        return beginTransfer(state, state.role, input.to);
      case 'campaign':
        hastenElection(state, 0);
        return accepted;
      default:
        return this.#report(input);
    }
  }

  /** What the host must do now; `undefined` when nothing. Ask again until there is nothing. */
  output(): Output | undefined {
    const state = this.#state;
    if (state.role.kind === 'leader') this.#lead(state.role);
    else askLeader(state);
    const persist = this.#takePersist();
    const install = this.#takeInstall();
    const apply = this.#takeApply();
    const repaired = takeRepaired(state);
    const isIdle = persist === undefined && install === undefined && apply.length === 0 && !repaired;
    if (isIdle && !this.#hasMore()) return undefined;
    const output: Output = {
      persist,
      install,
      apply,
      messages: state.outbox.take(),
      reads: state.readyReads,
      failedReads: state.failedReads,
      snapshots: state.snapshotOrders,
      compactTo: state.compactTo,
      repaired,
      events: state.events,
    };
    state.readyReads = [];
    state.failedReads = [];
    state.snapshotOrders = [];
    state.compactTo = 0;
    state.events = [];
    return output;
  }

  /** Names the state at `index`, for a snapshot that the host is about to take. The state machine must hold exactly that. */
  snapshotMark(index: number): SnapshotMark {
    const state = this.#state;
    const term = state.log.term(index);
    assert(
      term !== undefined && index <= state.applied,
      'a snapshot is taken of what is applied and in the log',
    );
    return { index, term, configuration: state.memberships.at(index) };
  }

  /** The level that is agreed and committed; 0: not known yet. */
  get level(): number {
    return this.#state.level;
  }

  /** Who belongs to the group as this member sees it: another value each time that changes. */
  get configuration(): Configuration {
    return this.#state.memberships.current;
  }

  status(): RaftStatus {
    return statusOf(this.#state, this.#refusedMessages);
  }

  #receive(message: Extract<Input, { kind: 'receive' }>['message']): Verdict {
    const state = this.#state;
    const fault = messageFault(state.settings, message) ?? contradiction(state, message);
    if (fault !== undefined) {
      this.#refusedMessages += 1;
      if (typeof fault !== 'string' && message.term >= state.term) return refused(fault);
      const reason = typeof fault === 'string' ? fault : fault.message;
      return refused(messageRefused(state.settings.group, message.from, reason));
    }
    if (state.quiescent && !isLateAnswer(state, message)) wake(state);
    onReceive(state, message);
    return accepted;
  }

  #propose(commands: readonly Uint8Array[], level: number): Verdict {
    const { role, settings, log } = this.#state;
    const { group, commandBytesMax, uncommittedBytesMax } = settings;
    if (role.kind !== 'leader') return refused(notLeader(group, this.#state.leader));
    if (role.transfer !== undefined) return refused(notLeader(group, role.transfer.to));
    if (commands.length === 0) return refused(invalidOption('commands', commands, 'at least one command'));
    if (level > 1 && level > this.level) return refused(levelRefusal(this.#state, role, level));
    let bytes = 0;
    for (const command of commands) {
      if (command.length > commandBytesMax) return refused(commandTooLarge(command.length, commandBytesMax));
      bytes += command.length;
    }
    // A single batch above the bound would never fit, so an idle leader takes it all the same.
    if (role.uncommittedBytes > 0 && role.uncommittedBytes + bytes > uncommittedBytesMax) {
      return refused(busy(group, 'bytes of uncommitted entries', uncommittedBytesMax));
    }
    const first = log.lastIndex + 1;
    for (const command of commands) appendAsLeader(this.#state, role, 'command', command);
    return acceptedAt({ index: first, term: this.#state.term });
  }

  /** The host reports what became of what it was asked to do, or what befell it. */
  #report(
    input: Extract<
      Input,
      {
        kind:
          | 'persisted'
          | 'applied'
          | 'snapshot-taken'
          | 'snapshot-sent'
          | 'announced'
          | 'tell-commit'
          | 'unreachable'
          | 'stalled'
          | 'made-whole';
      }
    >,
  ): Verdict {
    const state = this.#state;
    switch (input.kind) {
      case 'persisted':
        state.diskTicks = 0;
        state.outbox.persisted(input.sequence);
        state.log.persisted(input.sequence);
        countOwnVote(state);
        break;
      case 'applied':
        assert(input.index <= state.handedOut, 'only what was handed out is applied');
        state.noteApplied(input.index);
        break;
      case 'snapshot-taken':
        this.#compact(input.index);
        break;
      case 'snapshot-sent':
        if (state.role.kind === 'leader') state.role.progress.get(input.to)?.snapshotEnded(input.delivered);
        break;
      case 'announced':
        onAnnounced(state, input.member, input.levels);
        break;
      case 'tell-commit':
        if (state.role.kind === 'leader') state.role.dueCommit = Math.max(state.role.dueCommit, input.index);
        break;
      case 'unreachable':
        this.#lostConnection(input.member);
        break;
      case 'stalled':
        this.#stalled(input.stallMs);
        break;
      case 'made-whole':
        assert(
          state.repair.isComplete && state.repair.damage === 'entries',
          'only who was repaired is whole',
        );
        state.repair.damage = 'none';
        state.events.push({ kind: 'made-whole' });
        break;
    }
    return accepted;
  }

  /** The leader's work of one turn: commit, settle members, send, confirm reads, hand over. */
  #lead(role: LeaderRole): void {
    const state = this.#state;
    commitAsLeader(state, role, quorumCommit(state, role));
    const verdict = settleConfiguration(state, role);
    // A sole voter commits what is durable; its leave of a joint configuration waits for the next persist.
    if (role.reads.needsRound) sendRound(state, role);
    confirmReads(state, role);
    sendAppends(state, role);
    continueTransfer(state, role);
    if (verdict === 'step-down') becomeFollower(state, state.term, 0, 'it is no longer a voter');
  }

  #takePersist(): Persist | undefined {
    const state = this.#state;
    const { outbox } = state;
    if (!outbox.needsPersist) return undefined;
    const noteHardState =
      outbox.hardStateDirty || state.log.hasUnsaved || state.persistSnapshot !== undefined;
    const sequence = outbox.beginPersist();
    const persist: Persist = {
      sequence,
      hardState: noteHardState ? state.hardState : undefined,
      entries: state.log.takeUnsaved(sequence),
      snapshot: state.persistSnapshot,
    };
    state.persistSnapshot = undefined;
    return persist;
  }

  /**
   * As with entries: not before the log knows of it durably. One at a time: whichever is newest when the state
   * machine has done with the one before.
   */
  #takeInstall(): SnapshotMark | undefined {
    const state = this.#state;
    const { install } = state;
    if (install === undefined || state.log.durable < install.index) return undefined;
    if (state.applied < state.installing) return undefined;
    state.install = undefined;
    state.installing = install.index;
    return install;
  }

  /** Only what is durable here is applied, so that a restart never finds a state machine ahead of its log. */
  #takeApply(): readonly Entry[] {
    const state = this.#state;
    if (state.install !== undefined) return noEntries;
    const through = Math.min(state.commit, state.log.durable);
    if (through <= state.handedOut) return noEntries;
    const entries = state.log.slice(state.handedOut + 1, state.settings.applyBytesMax, through);
    state.handedOut += entries.length;
    return entries;
  }

  #hasMore(): boolean {
    const { outbox, readyReads, failedReads, snapshotOrders, compactTo, events } = this.#state;
    return (
      outbox.hasReady ||
      readyReads.length > 0 ||
      failedReads.length > 0 ||
      snapshotOrders.length > 0 ||
      compactTo > 0 ||
      events.length > 0
    );
  }

  /** Forgets the log up to a snapshot, but for a tail that spares slow followers a snapshot of their own. */
  #compact(index: number): void {
    const state = this.#state;
    const { log, settings } = state;
    if (index <= (state.snapshot?.index ?? 0) || index <= log.base.index) return;
    state.snapshot = this.snapshotMark(index);
    const cut = Math.min(index, log.indexBeforeTail(settings.tailBytesMax));
    if (cut <= log.base.index) return;
    log.compact(cut);
    state.memberships.compact(cut);
    state.compactTo = cut;
  }

  #lostConnection(member: MemberId): void {
    const state = this.#state;
    if (state.role.kind === 'leader') {
      const progress = state.role.progress.get(member);
      if (progress?.pace.kind === 'replicate') progress.becomeProbing();
      return;
    }
    if (state.role.kind !== 'follower' || state.role.leader !== member) return;
    // It may be dead. Unless it relies on our promise, ask the others at once; a pre-vote harms nobody.
    if (!state.promiseBinds) state.promiseTicks = state.settings.electionTicksMin;
    if (state.settings.priority > 0) hastenElection(state, state.prng.between(0, 2));
  }

  /** Others have elected a successor by now, or are about to: better to learn it as a follower. */
  #stalled(stallMs: number): void {
    const state = this.#state;
    const { electionTicksMax, tickMs } = state.settings;
    if (state.role.kind !== 'leader' || state.isSoleVoter || stallMs < electionTicksMax * tickMs) return;
    becomeFollower(state, state.term, 0, `the event loop stood still for ${Math.round(stallMs)} ms`);
  }
}

const noEntries: readonly Entry[] = [];
