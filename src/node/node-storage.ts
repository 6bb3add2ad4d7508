/**
 * A node's disk, opened: the directory locked against a second process, the log recovered, each group's state
 * machine brought back from its snapshot and its core from the log behind it.
 */
import { crc32 } from '../base/index.ts';
import {
  type Configuration,
  emptyConfiguration,
  type GroupId,
  RaftGroup,
  type Recovery,
} from '../raft/index.ts';
import { openLog, type RecoveredGroup, SnapshotFiles, type WriteAheadLog } from '../storage/index.ts';
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

export async function openStorage(options: NodeOptions): Promise<NodeStorage> {
  const { machine, directory, identity, create, checksum = crc32, segmentBytes } = options;
  const { disk, clock, log } = machine;
  await disk.makeDirectory(directory);
  const lock = await disk.lock(directory);
  try {
    const opened = await openLog({
      disk,
      clock,
      log,
      directory: `${directory}/log`,
      identity: identity.log,
      create,
      checksum,
      segmentBytes,
    });
    if (create) await options.logMade?.();
    const snapshots = await SnapshotFiles.open({ disk, directory: `${directory}/snapshots`, checksum });
    const ids = new Set([metaGroup, ...opened.groups.keys()]);
    const groups: OpenedGroup[] = [];
    for (const group of ids)
      groups.push(await openGroup(options, snapshots, group, opened.groups.get(group)));
    return {
      log: opened.wal,
      snapshots,
      groups,
      close: async () => {
        await opened.wal.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
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
  if (snapshot !== undefined) await machine.restore(snapshot.index, snapshots.read(group, snapshot));
  const { member } = options.identity;
  const seed = options.machine.random.uint32();
  const core = new RaftGroup({ ...options.raft, group, member, seed }, recovery(options, machine, recovered));
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
    // A log that still reaches back to its beginning knows no configuration but those in its entries.
    configuration: base.index === 0 ? initial : base.configuration,
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}
