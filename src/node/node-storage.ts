/**
 * A node's disk, opened: the directory locked against a second process, the log recovered, each group's state
 * machine brought back from its snapshot and its core from the log behind it.
 */
import { assert, crc32 } from '../base/index.ts';
import type { DiskLock } from '../ports/index.ts';
import {
  type Configuration,
  emptyConfiguration,
  type GroupId,
  RaftGroup,
  type Recovery,
} from '../raft/index.ts';
import { openLog, type RecoveredGroup, SnapshotFiles, type WriteAheadLog } from '../storage/index.ts';
import { checkLimits, commandBytesMax } from './limits.ts';
import type { NodeOptions } from './options.ts';
import type { StateMachine } from './state-machine.ts';

export interface NodeStorage {
  readonly log: WriteAheadLog;
  readonly snapshots: SnapshotFiles;
  readonly groups: readonly OpenedGroup[];
  /** Seals the log and frees the directory. May be called twice. */
  close(): Promise<void>;
}

interface OpenedGroup {
  readonly group: GroupId;
  readonly core: RaftGroup;
  readonly machine: StateMachine;
}

/** Every node hosts the meta group. */
const metaGroup: GroupId = 0;

/** `onLogFailure` hears that the log has failed for good, also when nobody was waiting for it. */
export async function openStorage(
  options: NodeOptions,
  onLogFailure: (error: unknown) => void,
): Promise<NodeStorage> {
  checkLimits(options);
  const { machine, directory } = options;
  await machine.disk.makeDirectory(directory);
  const lock = await machine.disk.lock(directory);
  try {
    return await openLocked(options, lock, onLogFailure);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function openLocked(
  options: NodeOptions,
  lock: DiskLock,
  onLogFailure: (error: unknown) => void,
): Promise<NodeStorage> {
  const { machine, directory, identity, create, checksum = crc32, segmentBytes } = options;
  const { disk, clock, log } = machine;
  const { wal, groups } = await openLog({
    disk,
    clock,
    log,
    directory: `${directory}/log`,
    identity: identity.log,
    create,
    checksum,
    segmentBytes,
    onFailure: onLogFailure,
  });
  try {
    if (create) await options.logMade?.();
    const snapshots = await SnapshotFiles.open({ disk, directory: `${directory}/snapshots`, checksum });
    const opened: OpenedGroup[] = [];
    for (const group of new Set([metaGroup, ...groups.keys()]))
      opened.push(await openGroup(options, snapshots, group, groups.get(group)));
    const close = async (): Promise<void> => {
      try {
        await wal.close();
      } finally {
        await lock.release();
      }
    };
    return { log: wal, snapshots, groups: opened, close };
  } catch (error) {
    await wal.close();
    throw error;
  }
}

async function openGroup(
  options: NodeOptions,
  snapshots: SnapshotFiles,
  group: GroupId,
  recovered: RecoveredGroup | undefined,
): Promise<OpenedGroup> {
  const machine = options.stateMachine(group);
  const snapshot = recovered?.snapshot;
  if (snapshot !== undefined) {
    await machine.restore(snapshot.index, snapshots.read(group, snapshot));
    assert(machine.applied === snapshot.index, 'a state machine knows what was restored into it');
  }
  const { member } = options.identity;
  const seed = options.machine.random.uint32();
  const raft = { ...options.raft, commandBytesMax: commandBytesMax(options), group, member, seed };
  const known = recovery(options, machine, recovered);
  options.observer?.recovered?.(group, known);
  const core = new RaftGroup(raft, known);
  return { group, core, machine };
}

function recovery(
  options: NodeOptions,
  machine: StateMachine,
  recovered: RecoveredGroup | undefined,
): Recovery {
  const initial: Configuration = {
    ...emptyConfiguration,
    voters: [...options.bootstrap].sort((a, b) => a - b),
  };
  if (recovered === undefined) return { configuration: initial };
  const { hardState, base, snapshot, entries, damage } = recovered;
  return {
    hardState,
    base,
    entries,
    applied: machine.applied,
    damaged: damage !== undefined,
    // The log knows configurations from its entries and from snapshots that came; before the first of them, and
    // however much was compacted since, the one in force is that of the beginning.
    configuration: base.configuration.voters.length === 0 ? initial : base.configuration,
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}
