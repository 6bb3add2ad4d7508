/**
 * A cluster that has lost its majority for good goes on from one node that is left: what that node holds becomes a
 * new cluster of one, in a new directory, which others then join. What the lost members had acknowledged and this one
 * had not heard of is lost; hence a command that says so and asks to be told twice.
 *
 * All of the survivor's log is taken over, also what it did not know to be committed: any of it may have been
 * acknowledged to somebody. Those who wait for an answer were told that its outcome is unknown, which stays true.
 *
 * The survivor’s own directory stays as it is. To change the members where they are written would save the copy, and
 * cost what a disaster leaves least of, a second try; and it could not move the numbers on, so that revisions and
 * tokens which the lost members gave out would be given again.
 */
import { crc32, isQuorateError, QuorateError } from '../base/index.ts';
import type { Clock, Disk, Random } from '../ports/index.ts';
import { type Configuration, decodeConfiguration, type Entry } from '../raft/index.ts';
import {
  type Checksum,
  inspectLog,
  type LmdbStore,
  openLmdbStore,
  type RecoveredGroup,
  SnapshotFiles,
} from '../storage/index.ts';
import { type BirthRecord, drawClusterName, drawIdentity, readBirthRecord } from './birth-record.ts';
import { DamageRecord } from './damage-record.ts';
import { listMembers } from './member-cards.ts';
import { metaGroup } from './membership.ts';
import type { NodeIdentity } from './options.ts';
import { type Refounded, refound } from './refounding.ts';
import { revisionBumpDefault } from './restoring.ts';
import { StateDirectory } from './state-directory.ts';
import { StoreMachine } from './store-machine.ts';

export interface SurvivorOptions {
  readonly disk: Disk;
  /** Default: CRC-32 in JavaScript. */
  readonly checksum?: Checksum | undefined;
  /** The data directory of the node that is left; it must not run. */
  readonly directory: string;
}

export interface RecoverOptions extends SurvivorOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Becomes the data directory of the new cluster; must be empty, or not exist. */
  readonly into: string;
  /** So many revisions are left out. Default a thousand millions. */
  readonly revisionBump?: number;
  readonly signal?: AbortSignal;
  /** Hears how many bytes of about how many are taken over. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** What is left of a cluster. */
export interface Survivor {
  readonly identity: NodeIdentity;
  /** The last entry of its log. Whatever was acknowledged behind it is lost. */
  readonly last: number;
  /** Up to here it knew its log to be committed; what is behind it is kept all the same. */
  readonly commit: number;
  /** Who belonged to the cluster besides, as far as it knew. */
  readonly others: readonly { readonly id: number; readonly name?: string }[];
}

export interface Recovered extends Refounded {
  readonly survivor: Survivor;
  readonly identity: NodeIdentity;
}

interface Opened {
  readonly survivor: Survivor;
  readonly log: RecoveredGroup;
  readonly configuration: Configuration;
}

interface State {
  /** Up to here `chunks` hold the log; 0: nothing, and everything is in the log. */
  readonly index: number;
  readonly chunks: AsyncIterable<Uint8Array> | undefined;
  readonly bytesAbout: number;
}

/** Says what is left, and changes nothing. Rejects where it runs, or where it is not whole. */
export async function inspectSurvivor(options: SurvivorOptions): Promise<Survivor> {
  return await holding(options, async ({ survivor }) => survivor);
}

/** The new cluster's directory is whole when it resolves. */
export async function recoverSurvivor(options: RecoverOptions): Promise<Recovered> {
  const {
    disk,
    clock,
    random,
    checksum = crc32,
    into,
    revisionBump = revisionBumpDefault,
    signal,
    onProgress,
  } = options;
  let done = 0;
  return await holding(options, async ({ survivor, log, configuration }) => {
    const identity = drawIdentity(random, drawClusterName(random));
    const uncommitted = Math.max(0, survivor.last - survivor.commit);
    const built = await withState(options, survivor, log, async ({ index, chunks, bytesAbout }) =>
      refound(
        { chunks, entries: behind(log.entries, index), level: configuration.level },
        {
          disk,
          clock,
          directory: into,
          checksum,
          identity,
          members: [{ id: identity.member }],
          revisionBump,
          origin: { kind: 'recovered', cluster: survivor.identity.cluster, uncommitted },
          signal,
          onBytes: (bytes) => {
            done += bytes;
            onProgress?.(done, Math.max(done, bytesAbout));
          },
        },
      ),
    );
    return { ...built, survivor, identity };
  });
}

async function holding<T>(options: SurvivorOptions, work: (opened: Opened) => Promise<T>): Promise<T> {
  const { disk, directory } = options;
  const record = await readBirthRecord(disk, directory);
  if (record === undefined || !record.started) throw refused(directory, 'no node has ever run on it');
  const lock = await disk.lock(`${directory}/node`);
  try {
    return await work(await open(options, record));
  } finally {
    await lock.release();
  }
}

async function open(
  { disk, directory, checksum }: SurvivorOptions,
  { identity, bootstrap, level = 1 }: BirthRecord,
): Promise<Opened> {
  const home = `${directory}/node`;
  const damage = await DamageRecord.open(disk, home);
  // A vote that may be lost is one in the old cluster, and means nothing to the new one.
  if (damage.isUnreadable || damage.of(metaGroup) === 'entries')
    throw refused(directory, 'its disk had lost entries that were not repaired');
  const { groups, isHarmful } = await inspectLog({ disk, directory: `${home}/log`, checksum });
  const log = groups.get(metaGroup);
  if (isHarmful) throw refused(directory, 'its log has lost what was acknowledged');
  if (log === undefined) throw refused(directory, 'its log is empty');
  const { base, entries, hardState } = log;
  const newest = entries.findLast(({ kind }) => kind === 'configuration');
  const born = { ...base.configuration, voters: bootstrap, level };
  const begun = base.configuration.voters.length === 0 ? born : base.configuration;
  const configuration = newest === undefined ? begun : decodeConfiguration(newest.data);
  const members = listMembers(configuration).filter(({ id }) => id !== identity.member);
  const others = members.map(({ id, card }) => (card === undefined ? { id } : { id, name: card.name }));
  const last = base.index + entries.length;
  return { survivor: { identity, last, commit: hardState.commit, others }, log, configuration };
}

/** The state that the survivor kept, or one that came to it and that it had not taken up; or none, where its log is whole. */
async function withState<T>(
  { disk, directory, checksum }: RecoverOptions,
  { identity, last }: Survivor,
  { base, snapshot }: RecoveredGroup,
  work: (state: State) => Promise<T>,
): Promise<T> {
  const home = `${directory}/node`;
  const folder = `state-${metaGroup}`;
  const isKept = (await disk.list(home)).includes(folder);
  const place = { disk, directory: `${home}/${folder}`, checksum };
  const store = isKept ? await openKept(place, identity, base.index === 0) : undefined;
  try {
    const kept = store === undefined ? undefined : new StoreMachine(store);
    if (kept !== undefined && kept.applied > last)
      throw refused(directory, `its state holds entry ${kept.applied}, and its log ends at ${last}`);
    const mark = snapshot === undefined || snapshot.index < base.index ? base : snapshot;
    if (kept !== undefined && kept.applied >= mark.index)
      return await work({
        index: kept.applied,
        chunks: asStream(kept.snapshot()),
        bytesAbout: kept.figures.bytes,
      });
    if (base.index === 0) return await work({ index: 0, chunks: undefined, bytesAbout: 0 });
    const files = await SnapshotFiles.open({ disk, directory: `${home}/snapshots`, checksum });
    return await work({ index: mark.index, chunks: files.read(metaGroup, mark), bytesAbout: 0 });
  } finally {
    await store?.close();
  }
}

/** Nothing is committed to it. A log that was never cut makes up for a state that is damaged. */
async function openKept(
  { disk, directory, checksum }: SurvivorOptions,
  { log }: NodeIdentity,
  isCovered: boolean,
): Promise<LmdbStore | undefined> {
  const owner = [...log].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    const { current } = await StateDirectory.open({ disk, directory, owner, isLost: false });
    return await openLmdbStore({ disk, directory: current, checksum });
  } catch (error) {
    if (isCovered && isQuorateError(error) && error.code === 'ordered-store-damaged') return undefined;
    throw error;
  }
}

async function* asStream(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function behind(entries: readonly Entry[], index: number): readonly Entry[] {
  return entries.filter((entry) => entry.index > index);
}

function refused(directory: string, problem: string): QuorateError<'recovery-refused'> {
  return new QuorateError({
    code: 'recovery-refused',
    message: `a cluster cannot be recovered from ${directory}: ${problem}; recover from another node that is left, or restore a backup`,
    data: { problem },
  });
}
