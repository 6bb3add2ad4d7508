/**
 * A node's disk, opened: the directory locked against a second process, the log recovered, each group brought
 * back. What the disk has lost of a group that others hold too is noted and repaired from them; a group that
 * nobody else holds is not started without it.
 */
import { crc32, isQuorateError, QuorateError } from '../base/index.ts';
import type { DiskLock } from '../ports/index.ts';
import { type Configuration, decodeConfiguration, type GroupId } from '../raft/index.ts';
import {
  type FoundDamage,
  type OpenedLog,
  openLog,
  type RecoveredGroup,
  SnapshotFiles,
  type WriteAheadLog,
} from '../storage/index.ts';
import { DamageRecord, type Loss } from './damage-record.ts';
import { initialConfiguration, type OpenedGroup, openGroup } from './group-opening.ts';
import { checkLimits } from './limits.ts';
import type { NodeOptions } from './options.ts';
import type { StateMachine } from './state-machine.ts';
import { makeMachine } from './state-opening.ts';

export interface NodeStorage {
  readonly log: WriteAheadLog;
  readonly snapshots: SnapshotFiles;
  readonly groups: readonly OpenedGroup[];
  readonly damage: DamageRecord;
  /** The log holds places that are damaged, whether or not they still matter. */
  readonly hasDamagedPlaces: boolean;
  /** Seals the log and frees the directory. May be called twice. */
  close(): Promise<void>;
}

/** Every node hosts the meta group. */
const metaGroup: GroupId = 0;

/** `onFailure` hears that the log, or what keeps a group's state, has failed for good, also when nobody was waiting for it. */
export async function openStorage(
  options: NodeOptions,
  onFailure: (error: unknown) => void,
): Promise<NodeStorage> {
  checkLimits(options);
  const { machine, directory } = options;
  await machine.disk.makeDirectory(directory);
  const lock = await machine.disk.lock(directory);
  try {
    return await openLocked(options, lock, onFailure);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function openLocked(
  options: NodeOptions,
  lock: DiskLock,
  onFailure: (error: unknown) => void,
): Promise<NodeStorage> {
  const damage = await DamageRecord.open(options.machine.disk, options.directory);
  const newborn = newbornState(options, onFailure);
  try {
    return await openRest({ options, lock, damage, newborn, onFailure });
  } catch (error) {
    await newborn?.then(
      (machine) => machine.durable?.close(),
      // It is told by whoever was to open the group with it, or it comes second to what went wrong before that.
      () => undefined,
    );
    throw error;
  }
}

/** A node that starts for the first time has neither log nor state, so that one need not wait for the other. */
function newbornState(
  options: NodeOptions,
  onFailure: (error: unknown) => void,
): Promise<StateMachine> | undefined {
  if (!options.create) return undefined;
  const newborn = makeMachine({ options, group: metaGroup, onFailure }, false);
  // The log may come to grief first: then nobody asks any more.
  newborn.catch(() => undefined);
  return newborn;
}

interface Opening {
  readonly options: NodeOptions;
  readonly lock: DiskLock;
  readonly damage: DamageRecord;
  readonly newborn: Promise<StateMachine> | undefined;
  readonly onFailure: (error: unknown) => void;
}

async function openRest({ options, lock, damage, newborn, onFailure }: Opening): Promise<NodeStorage> {
  const { machine, directory, create, checksum = crc32 } = options;
  const { disk } = machine;
  const { wal, groups, report } = await openOwnLog(options, damage, onFailure);
  const opened: OpenedGroup[] = [];
  try {
    if (create) await options.logMade?.();
    if (damage.isUnreadable) await suspectAll(options, damage, groups);
    const snapshots = await SnapshotFiles.open({ disk, directory: `${directory}/snapshots`, checksum });
    for (const group of hosted(groups)) {
      const recovered = groups.get(group);
      const begun = group === metaGroup ? newborn : undefined;
      const source = { options, snapshots, group, recovered, loss: damage.of(group), onFailure, begun };
      const noteLoss = (error: unknown): Promise<Loss> =>
        noteLostState(options, damage, group, recovered, error);
      opened.push(await openGroup(source, noteLoss));
    }
    const close = async (): Promise<void> => {
      try {
        await closeStates(opened);
        await wal.close();
      } finally {
        await lock.release();
      }
    };
    const hasDamagedPlaces = report.damages.length > 0;
    return { log: wal, snapshots, groups: opened, damage, hasDamagedPlaces, close };
  } catch (error) {
    await closeStates(opened);
    await wal.close();
    throw error;
  }
}

/** What they have applied becomes durable, so that the next start has nothing to replay. */
async function closeStates(groups: readonly OpenedGroup[]): Promise<void> {
  await Promise.all(groups.map(({ machine }) => machine.durable?.close()));
}

async function openOwnLog(
  options: NodeOptions,
  damage: DamageRecord,
  onFailure: (error: unknown) => void,
): Promise<OpenedLog> {
  const { machine, directory, identity, create, checksum = crc32, segmentBytes } = options;
  const { disk, clock, log } = machine;
  const shared = { disk, clock, log, directory: `${directory}/log`, identity: identity.log, create };
  const settings = { ...shared, checksum, segmentBytes, onFailure };
  try {
    return await openLog(settings);
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'log-damaged') throw error;
    // The disk is asked twice before it is believed to have lost something.
    return await openLog({ ...settings, onDamage: (found) => noteDamage(options, damage, found) });
  }
}

function hosted(groups: ReadonlyMap<GroupId, unknown>): Set<GroupId> {
  return new Set([metaGroup, ...groups.keys()]);
}

/** Notes what is lost before anything of the log is touched; rejects when nobody else has it. */
async function noteDamage(
  options: NodeOptions,
  damage: DamageRecord,
  { groups, report, error }: FoundDamage,
): Promise<void> {
  const losses = new Map<GroupId, Loss>();
  for (const group of hosted(groups)) {
    const recovered = groups.get(group);
    const lost = recovered === undefined ? report.mayMissGroups : recovered.damage !== undefined;
    if (!lost) continue;
    if (!hasPeers(options, recovered)) throw error;
    const isVoteIntact = recovered?.damage?.hardStateLost === false && !damage.isUnreadable;
    losses.set(group, isVoteIntact ? 'entries' : 'vote');
  }
  await damage.add(losses);
}

/** Nobody knows what the record of losses said, so each group may have lost its vote. */
async function suspectAll(
  options: NodeOptions,
  damage: DamageRecord,
  groups: ReadonlyMap<GroupId, RecoveredGroup>,
): Promise<void> {
  const losses = new Map<GroupId, Loss>();
  for (const group of hosted(groups)) {
    if (!hasPeers(options, groups.get(group))) throw recordDamaged(options.directory);
    losses.set(group, 'vote');
  }
  await damage.add(losses);
}

async function noteLostState(
  options: NodeOptions,
  damage: DamageRecord,
  group: GroupId,
  recovered: RecoveredGroup | undefined,
  error: unknown,
): Promise<Loss> {
  if (!hasPeers(options, recovered)) throw error;
  await damage.add(new Map([[group, 'entries']]));
  return damage.of(group) ?? 'entries';
}

/** Whether others may hold what is lost here. A node that was never told who votes may know where others are. */
function hasPeers(options: NodeOptions, recovered: RecoveredGroup | undefined): boolean {
  const { identity, addresses } = options;
  const { voters, outgoing } = lastConfiguration(options, recovered);
  const isOther = (member: number): boolean => member !== identity.member;
  if (voters.length === 0) return [...addresses.keys()].some(isOther);
  return [...voters, ...outgoing].some(isOther);
}

/** As far as the log can be read. */
function lastConfiguration(options: NodeOptions, recovered: RecoveredGroup | undefined): Configuration {
  const last = recovered?.entries.findLast(({ kind }) => kind === 'configuration');
  if (last !== undefined) return decodeConfiguration(last.data);
  const base = recovered?.base.configuration;
  return base === undefined || base.voters.length === 0 ? initialConfiguration(options) : base;
}

function recordDamaged(directory: string): QuorateError<'directory-damaged'> {
  const reason = 'its record of losses cannot be read, and no other member could make up for them';
  return new QuorateError({
    code: 'directory-damaged',
    message: `the data directory ${directory} cannot be used: ${reason}; restore a backup`,
    data: { directory, reason },
  });
}
