/**
 * One group of a node, brought back from the disk: its state machine from the snapshot, its core from the log
 * behind it. Where the disk has lost some of that, the group begins with what is whole and is damaged until its
 * peers have given it the rest:
 *
 * - Entries are lost: it begins with those before the first loss.
 * - They are lost up to somewhere before the snapshot: it begins with the snapshot and an empty log.
 * - The snapshot cannot be read, and the log does not reach back to the beginning: it begins with nothing. An
 *   older snapshot would not do, since nothing says what happened between the two.
 *
 * A state machine that keeps its state itself brings it along, and the log goes on from there. Only a snapshot
 * that came from another member and was not restored before a crash is restored now. What is damaged, or cannot
 * be of this log, counts as lost in the same way.
 */
import {
  type Configuration,
  emptyConfiguration,
  type GroupId,
  type HardState,
  levelUnsupported,
  RaftGroup,
  type Recovery,
} from '../raft/index.ts';
import type { RecoveredGroup } from '../storage/index.ts';
import type { Loss } from './damage-record.ts';
import { commandBytesMax } from './limits.ts';
import { bytesSince } from './log-growth.ts';
import { LogRestart } from './log-restart.ts';
import { levelsOf, type NodeOptions } from './options.ts';
import type { StateMachine } from './state-machine.ts';
import { bringBack, type FoundState, type GroupSource } from './state-opening.ts';

export interface OpenedGroup {
  readonly group: GroupId;
  readonly core: RaftGroup;
  readonly machine: StateMachine;
  /** Present: the log has to begin anew. */
  readonly restart: LogRestart | undefined;
  /** Where the last snapshot ends that the log knows, readable or not; 0 for none. */
  readonly snapshotIndex: number;
  /** What the state holds of the log behind that. */
  readonly bytesSinceSnapshot: number;
}

type StateToGoOnFrom = Pick<FoundState, 'snapshot' | 'lost'> & { readonly machine: StateMachine };

/** `noteLoss` is called when the snapshot turns out to be lost too, and rejects when that must not be. */
export async function openGroup(
  source: GroupSource,
  noteLoss: (error: unknown) => Promise<Loss>,
): Promise<OpenedGroup> {
  checkLevels(source);
  const found = await bringBack(source);
  const loss = found.lost === undefined ? source.loss : await noteLoss(found.lost);
  const state = { ...found, machine: found.machine ?? (await found.begin()) };
  try {
    return openCore(source, state, loss);
  } catch (error) {
    await state.machine.durable?.close();
    throw error;
  }
}

function openCore(source: GroupSource, state: StateToGoOnFrom, loss: Loss | undefined): OpenedGroup {
  const { options, group, recovered } = source;
  const { recovery, restart } = recoveryOf(source, state, loss);
  const { member } = options.identity;
  const seed = options.machine.random.uint32();
  const { least: levelMin, most: levelMax } = levelsOf(options);
  const raft = {
    lazyCommit: true,
    ...options.raft,
    levelMin,
    levelMax,
    commandBytesMax: commandBytesMax(options),
    group,
    member,
    seed,
  };
  if (loss !== undefined) {
    const { log } = options.machine;
    log.error('group starts damaged', {
      group,
      loss,
      first: (recovery.base?.index ?? 0) + 1,
      lost: recovered?.damage,
    });
  }
  options.observer?.recovered?.(group, recovery);
  const snapshotIndex = (restart === undefined ? recovered?.snapshot : state.snapshot)?.index ?? 0;
  const core = new RaftGroup(raft, recovery);
  const { voters, level } = core.snapshotMark(state.machine.applied).configuration;
  if (voters.length > 0) state.machine.atLevel?.(level);
  const bytesSinceSnapshot = bytesSince(snapshotIndex, recovery.entries ?? [], state.machine.applied);
  return { group, core, machine: state.machine, restart, snapshotIndex, bytesSinceSnapshot };
}

/** The configuration with which the group began, as far as this node was told. */
export function initialConfiguration({ bootstrap, foundingLevel = 1 }: NodeOptions): Configuration {
  const voters = [...bootstrap].sort((a, b) => a - b);
  return { ...emptyConfiguration, voters, level: foundingLevel };
}

/** Before the state is read: a snapshot of a level that this release does not support would only look damaged. */
function checkLevels({ options, group, recovered }: GroupSource): void {
  const levels = levelsOf(options);
  for (const mark of [recovered?.base, recovered?.snapshot])
    if (mark !== undefined && mark.configuration.level > levels.most)
      throw levelUnsupported(`the log of group ${group}`, mark.configuration.level, levels);
}

function recoveryOf(
  { options, recovered }: GroupSource,
  { machine, snapshot, lost }: StateToGoOnFrom,
  loss: Loss | undefined,
): { recovery: Recovery; restart: LogRestart | undefined } {
  const initial = initialConfiguration(options);
  const damage = { damaged: loss !== undefined, voteIntact: loss === 'entries' };
  if (recovered === undefined) return { recovery: { ...damage, configuration: initial }, restart: undefined };
  const { base, entries, hardState: known } = recovered;
  const hardState = termed(known, recovered);
  if (lost !== undefined) {
    const recovery = { ...damage, configuration: initial, hardState: { ...hardState, commit: 0 } };
    return { recovery, restart: new LogRestart(known, undefined) };
  }
  const { index, configuration } = snapshot ?? base;
  if (index > base.index + entries.length) {
    const state = { hardState: { ...hardState, commit: index }, applied: index, base: snapshot ?? base };
    const recovery = { ...damage, ...state, configuration, ...(snapshot === undefined ? {} : { snapshot }) };
    return { recovery, restart: new LogRestart(known, snapshot) };
  }
  const recovery: Recovery = {
    ...damage,
    hardState,
    base,
    entries,
    applied: machine.applied,
    // The log knows configurations from its entries and from snapshots that came; before the first of them, and
    // however much was compacted since, the one in force is that of the beginning.
    configuration: base.configuration.voters.length === 0 ? initial : base.configuration,
    ...(snapshot === undefined ? {} : { snapshot }),
  };
  return { recovery, restart: undefined };
}

/** A lost hard state leaves an older one behind, and the log and its snapshots may have gone on in later terms. */
function termed(hardState: HardState, { base, entries, snapshot }: RecoveredGroup): HardState {
  const term = Math.max(hardState.term, entries.at(-1)?.term ?? base.term, snapshot?.term ?? 0);
  return term === hardState.term ? hardState : { ...hardState, term, vote: 0 };
}
