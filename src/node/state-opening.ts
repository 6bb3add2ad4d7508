/**
 * A group's state, as the disk has it: from the last snapshot, or from what its state machine has kept itself.
 * Which of the two, and whether it fits the log that would go on from it, is decided here.
 */
import { assert, isQuorateError, QuorateError } from '../base/index.ts';
import type { GroupId, SnapshotMark } from '../raft/index.ts';
import type { RecoveredGroup, SnapshotFiles } from '../storage/index.ts';
import type { Loss } from './damage-record.ts';
import type { NodeOptions } from './options.ts';
import type { StateHome, StateMachine } from './state-machine.ts';

export interface GroupSource {
  readonly options: NodeOptions;
  readonly snapshots: SnapshotFiles;
  readonly group: GroupId;
  /** Absent: the log knows nothing of the group. */
  readonly recovered: RecoveredGroup | undefined;
  /** What is known to be lost so far. */
  readonly loss: Loss | undefined;
  /** A state that the group keeps itself has failed for good. */
  readonly onFailure: (error: unknown) => void;
  /** What the group goes on with, where somebody has begun to open it before. */
  readonly begun?: Promise<StateMachine> | undefined;
}

export interface FoundState {
  /** Absent: `begin` one. A loss is noted before that, since it does away with what is there. */
  readonly machine: StateMachine | undefined;
  /** What can be sent to others, and what the machine was restored from where it was. */
  readonly snapshot: SnapshotMark | undefined;
  /** Why the state that the log builds on is not here. */
  readonly lost?: unknown;
  /** A machine that holds nothing. */
  readonly begin: () => Promise<StateMachine>;
}

export async function bringBack(source: GroupSource): Promise<FoundState> {
  const begin = (): Promise<StateMachine> => makeMachine(source, true);
  let machine: StateMachine;
  try {
    machine = await (source.begun ?? makeMachine(source, false));
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'ordered-store-damaged') throw error;
    return afterLoss(source, error, begin);
  }
  if (machine.durable === undefined) return await fromSnapshot(source, machine, begin);
  try {
    return await fromKept(source, machine, begin);
  } catch (error) {
    await machine.durable.close();
    throw error;
  }
}

/** Opens what the group has kept; or begins it, where there is nothing or it `isLost`. */
export async function makeMachine(
  { options, group, onFailure }: Pick<GroupSource, 'options' | 'group' | 'onFailure'>,
  isLost: boolean,
): Promise<StateMachine> {
  const { directory, identity } = options;
  const home: StateHome = {
    directory: `${directory}/state-${group}`,
    owner: [...identity.log].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    isLost,
    onFailure,
  };
  return await options.stateMachine(group, home);
}

/** The state in memory is gone with the process before this one. */
async function fromSnapshot(
  source: GroupSource,
  empty: StateMachine,
  begin: FoundState['begin'],
): Promise<FoundState> {
  const mark = markIn(source);
  if (mark === undefined) return { machine: empty, snapshot: undefined, begin };
  try {
    return { machine: await restoreTwice(source, mark, begin), snapshot: mark, begin };
  } catch (error) {
    if (!isLoss(error)) throw error;
    return afterLoss(source, error, begin, empty);
  }
}

/** The machine has kept its state; the log has to be able to go on from it. */
async function fromKept(
  source: GroupSource,
  machine: StateMachine,
  begin: FoundState['begin'],
): Promise<FoundState> {
  const { recovered, loss } = source;
  const base = recovered?.base.index ?? 0;
  const last = base + (recovered?.entries.length ?? 0);
  const mark = markIn(source);
  const { applied } = machine;
  if (applied > last) {
    const error = aheadOfLog(source, applied, last);
    // A log that has lost its end says nothing of what follows; one that is whole was never ahead of its state.
    if (loss === undefined) throw error;
    await machine.durable?.close();
    return { machine: undefined, snapshot: undefined, lost: error, begin };
  }
  if (mark === undefined || (applied >= base && mark.index <= last))
    return { machine, snapshot: mark, begin };
  try {
    await restore(source, machine, mark);
    return { machine, snapshot: mark, begin };
  } catch (error) {
    if (!isLoss(error)) throw error;
    await machine.durable?.close();
    return afterLoss(source, error, begin);
  }
}

/** A log that was never cut makes up for a state that it reaches beyond. */
function afterLoss(
  { options, group, recovered }: GroupSource,
  error: unknown,
  begin: FoundState['begin'],
  machine?: StateMachine,
): FoundState {
  options.machine.log.error(machine === undefined ? 'state damaged' : 'snapshot damaged', { group, error });
  const base = recovered?.base.index ?? 0;
  const isCovered = base === 0 && (recovered?.snapshot?.index ?? 0) <= (recovered?.entries.length ?? 0);
  const found = { machine, snapshot: undefined, begin };
  return isCovered ? found : { ...found, lost: error };
}

/** The last snapshot, by which the log can begin. */
function markIn({ recovered }: GroupSource): SnapshotMark | undefined {
  const snapshot = recovered?.snapshot;
  const base = recovered?.base;
  if (snapshot === undefined && (base?.index ?? 0) === 0) return undefined;
  return snapshot === undefined || snapshot.index < (base?.index ?? 0) ? base : snapshot;
}

/** Asks the disk twice before it is believed to have lost something. */
async function restoreTwice(
  source: GroupSource,
  mark: SnapshotMark,
  begin: FoundState['begin'],
): Promise<StateMachine> {
  try {
    return await restore(source, await begin(), mark);
  } catch (error) {
    if (!isLoss(error)) throw error;
    return await restore(source, await begin(), mark);
  }
}

async function restore(
  { snapshots, group }: GroupSource,
  machine: StateMachine,
  mark: SnapshotMark,
): Promise<StateMachine> {
  await machine.restore(mark.index, snapshots.read(group, mark));
  assert(machine.applied === mark.index, 'a state machine knows what was restored into it');
  return machine;
}

function isLoss(error: unknown): boolean {
  return isQuorateError(error) && (error.code === 'snapshot-damaged' || error.code === 'disk-failed');
}

function aheadOfLog(
  { group, options }: GroupSource,
  applied: number,
  last: number,
): QuorateError<'recovery-refused'> {
  const problem = `the state of group ${group} holds index ${applied}, but its log ends at ${last}`;
  return new QuorateError({
    code: 'recovery-refused',
    message: `what was recovered cannot be a member's state: ${problem}; the two belong to different moments or nodes. Put back the log that belongs to ${options.directory}, or replace the member`,
    data: { problem },
  });
}
