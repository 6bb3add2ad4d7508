/**
 * A cluster that begins with a state: a data directory made of what a backup or a survivor holds. It gets a new
 * cluster id, so that whoever belonged to the old cluster is a stranger to it, and its numbers begin far behind those
 * of the state: what the old cluster gave out behind that, nobody knows any more, and a fencing token, a session or a
 * revision must not mean two things.
 *
 * The order makes a crash harmless: first a note that the directory is unfinished, then the state, checked as a whole
 * when it is complete, then the log that goes on behind it, and last the birth record, without which no node
 * starts. A directory with the note and no birth record is made anew.
 */
import { isQuorateError, QuorateError } from '../base/index.ts';
import { SnapshotRestore } from '../mvcc/index.ts';
import type { Address, Clock, Disk } from '../ports/index.ts';
import {
  type Configuration,
  type Entry,
  emptyConfiguration,
  levelUnsupported,
  type MemberId,
  supportsLevel,
} from '../raft/index.ts';
import { type Checksum, type LmdbStore, openLmdbStore, openLog } from '../storage/index.ts';
import { birthFileName, unfinishedFileName, writeBirthRecord } from './birth-record.ts';
import { writeCheckedFile } from './checked-file.ts';
import { encodeCard } from './member-cards.ts';
import { metaGroup } from './membership.ts';
import { type NodeIdentity, releaseLevels } from './options.ts';
import type { Origin } from './origin.ts';
import { StateDirectory } from './state-directory.ts';
import { StoreMachine } from './store-machine.ts';

/** What a cluster begins with. */
export interface Seed {
  /** A snapshot of the store; absent where everything is in `entries`. */
  readonly chunks: AsyncIterable<Uint8Array> | undefined;
  /** The log behind it. */
  readonly entries: readonly Entry[];
  readonly level: number;
  /** What must be said of it when it is complete; throws where it is not what it should be. */
  readonly check?: (state: StateFacts) => void;
}

interface StateFacts {
  readonly index: number;
  readonly revision: number;
  readonly keys: number;
}

/** A member of the new cluster; one that is alone may leave it to itself what it is called. */
export interface FoundingMember {
  readonly id: MemberId;
  readonly name?: string;
  readonly address?: Address;
}

export interface RefoundingOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly checksum: Checksum;
  readonly identity: NodeIdentity;
  readonly members: readonly FoundingMember[];
  /** So many revisions are left out. */
  readonly revisionBump: number;
  readonly origin: Pick<Origin, 'kind' | 'cluster' | 'digest' | 'uncommitted'>;
  readonly signal: AbortSignal | undefined;
  /** Hears of each part of the state that was taken over. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

export interface Refounded {
  readonly origin: Origin;
  readonly keys: number;
}

/** What is not durable yet of a state that is being built. */
const waitingBytesMax = 8 << 20;
/** Of the log that is made: the node makes those behind it of its own size. */
const firstSegmentBytes = 1 << 20;
/** What a file system keeps at its root, where a data directory may well be. */
const foreignName = 'lost+found';

/** A new cluster's directory, whole when it resolves. `already-exists` where something lies there that is no unfinished one. */
export async function refound(seed: Seed, options: RefoundingOptions): Promise<Refounded> {
  const { disk, directory, identity, members } = options;
  if (!supportsLevel(releaseLevels, seed.level))
    throw levelUnsupported('the state', seed.level, releaseLevels, 'this release');
  await claim(disk, directory);
  const home = `${directory}/node`;
  const lock = await disk.lock(home);
  try {
    // Another one may have finished here since.
    await checkFree(disk, directory);
    await clear(disk, home);
    const { origin, index, keys } = await buildState(seed, options, `${home}/state-${metaGroup}`);
    await beginLog(options, `${home}/log`, index, configurationOf(members, seed.level));
    options.signal?.throwIfAborted();
    await writeBirthRecord(disk, directory, {
      identity,
      started: true,
      bootstrap: members.map(({ id }) => id),
      level: seed.level,
      addresses: addressesOf(members),
      origin,
    });
    await disk.remove(`${directory}/${unfinishedFileName}`);
    return { origin, keys };
  } finally {
    await lock.release();
  }
}

function addressesOf(members: readonly FoundingMember[]): Map<MemberId, Address> {
  return new Map(
    members.flatMap(({ id, address }) => (address === undefined ? [] : [[id, address] as const])),
  );
}

/** Notes that this directory is about to be made, where it is empty or was not finished. */
async function claim(disk: Disk, directory: string): Promise<void> {
  await disk.makeDirectory(directory);
  await checkFree(disk, directory);
  await writeCheckedFile(disk, `${directory}/${unfinishedFileName}`, '{}');
  await disk.makeDirectory(`${directory}/node`);
}

/** Nothing is there but what an unfinished attempt has left. */
async function checkFree(disk: Disk, directory: string): Promise<void> {
  const names = await disk.list(directory);
  const isUnfinished =
    names.some((name) => name.startsWith(unfinishedFileName)) && !names.includes(birthFileName);
  const isOwn = (name: string): boolean =>
    name === 'node' || name.startsWith(unfinishedFileName) || name.startsWith(birthFileName);
  const found = names.find((name) => name !== foreignName && !(isUnfinished && isOwn(name)));
  if (found !== undefined) throw notEmpty(directory, found);
}

/** What an attempt before this one has left. */
async function clear(disk: Disk, home: string): Promise<void> {
  const state = `state-${metaGroup}`;
  // Its record in front: with that gone, what else lies there is nobody's state.
  for (const folder of [state, `${state}/a`, `${state}/b`, 'log'])
    for (const path of await filesIn(disk, `${home}/${folder}`)) await disk.remove(path);
}

async function filesIn(disk: Disk, folder: string): Promise<string[]> {
  try {
    const names = await disk.list(folder);
    return names.filter((name) => name !== 'a' && name !== 'b').map((name) => `${folder}/${name}`);
  } catch (error) {
    if (isQuorateError(error) && error.code === 'not-found') return [];
    throw error;
  }
}

async function buildState(
  seed: Seed,
  options: RefoundingOptions,
  home: string,
): Promise<{ readonly origin: Origin; readonly index: number; readonly keys: number }> {
  const { disk, clock, checksum, identity, revisionBump } = options;
  const owner = [...identity.log].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const directory = await StateDirectory.open({ disk, directory: home, owner, isLost: false });
  const store = await openLmdbStore({ disk, directory: directory.current, checksum });
  try {
    if (seed.chunks !== undefined) await fill(store, seed.chunks, options);
    const machine = new StoreMachine(store);
    await replay(store, machine, seed.entries, options);
    const { applied, status } = machine;
    seed.check?.({ index: applied, revision: status.revision, keys: status.keyCount });
    const began = status.revision + revisionBump;
    // Sessions and leases bear indexes as their names.
    machine.beginAnew({ index: applied + revisionBump, revision: began });
    await store.commit(machine.prepareCommit());
    const origin = { ...options.origin, revision: status.revision, began, atMs: Math.trunc(clock.wall()) };
    return { origin, index: machine.applied, keys: status.keyCount };
  } finally {
    await store.close();
  }
}

async function fill(
  store: LmdbStore,
  chunks: AsyncIterable<Uint8Array>,
  { signal, onBytes }: RefoundingOptions,
): Promise<void> {
  const restore = new SnapshotRestore(store);
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    restore.accept(chunk);
    onBytes?.(chunk.length);
    if (store.uncommittedBytes >= waitingBytesMax) await store.commit(0);
  }
  restore.finish();
  await store.commit(0);
}

async function replay(
  store: LmdbStore,
  machine: StoreMachine,
  entries: readonly Entry[],
  { signal }: RefoundingOptions,
): Promise<void> {
  for (const { index, kind, data } of entries) {
    signal?.throwIfAborted();
    machine.apply(index, kind === 'command' ? data : undefined);
    if (store.uncommittedBytes >= waitingBytesMax) await store.commit(machine.prepareCommit());
  }
}

function configurationOf(members: readonly FoundingMember[], level: number): Configuration {
  const sorted = [...members].sort((one, other) => one.id - other.id);
  const details = sorted.flatMap(({ id, name, address }) =>
    name === undefined || address === undefined
      ? []
      : [{ member: id, bytes: encodeCard({ name, address, part: 'voter' }) }],
  );
  return { ...emptyConfiguration, voters: sorted.map(({ id }) => id), level, details };
}

/** A log that begins behind the state, with these members. */
async function beginLog(
  { disk, clock, checksum, identity }: RefoundingOptions,
  directory: string,
  index: number,
  configuration: Configuration,
): Promise<void> {
  const { wal } = await openLog({
    disk,
    clock,
    directory,
    identity: identity.log,
    create: true,
    checksum,
    segmentBytes: firstSegmentBytes,
  });
  const term = 1;
  try {
    await new Promise<void>((resolve, reject) => {
      const append = {
        group: metaGroup,
        installed: { index, term, configuration },
        hardState: { term, vote: 0, commit: index },
      };
      wal.append([append], (error) => (error === undefined ? resolve() : reject(error)));
    });
  } finally {
    await wal.close();
  }
}

function notEmpty(directory: string, found: string): QuorateError<'already-exists'> {
  return new QuorateError({
    code: 'already-exists',
    message: `${directory} is not empty: it holds ${found}; a new cluster begins in an empty directory, or one that does not exist yet`,
    data: { what: found, path: directory },
  });
}
