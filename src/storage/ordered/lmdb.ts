/**
 * The ordered store on disk: LMDB below, what was written since the last commit above it in memory.
 *
 * Writes go to an overlay. A commit freezes it, starts a new one, and hands the frozen one to LMDB as one
 * transaction together with the applied index; until that is durable, reads look through it. So a commit never
 * waits for writes nor they for it, and a snapshot is the images of a few overlays and a read transaction.
 *
 * The other way was to keep LMDB's own write transaction open and write into it: no overlay, no memory for
 * what is uncommitted. But LMDB has one writer, which a commit occupies until the disk is done, so writes would
 * wait for each commit; its readers see committed state only, so a snapshot could not be taken between two
 * commits; and each put would walk the tree on disk in this thread, where it now walks a small one in memory.
 *
 * Bounds. At most `commitsMax` commits are under way; one more is refused with `queue-full`, and its writes
 * stay for the next. Uncommitted writes and those being committed have together `overlayBytesMax` of memory: a
 * write cannot be refused in the middle of a command, so passing that bound ends the store like a failed disk
 * does. Whoever commits when `uncommittedBytes` says so, and waits when commits are under way, never meets it.
 *
 * Who keeps others out: the store itself, by the lock of its directory, which it shares with nothing else.
 */
import { assert, crc32, invalidOption, QuorateError } from '../../base/index.ts';
import type { Disk, OrderedCursor, OrderedRange, OrderedSnapshot, OrderedStore } from '../../ports/index.ts';
import type { Checksum } from '../checksum.ts';
import { LmdbCommits } from './lmdb-commits.ts';
import { type LmdbFile, openLmdbFile, snapshotsMax } from './lmdb-file.ts';
import { type LmdbModule, loadLmdb } from './lmdb-module.ts';
import { keyBytesMax, LmdbReader } from './lmdb-reader.ts';
import { LmdbSnapshot } from './lmdb-snapshot.ts';
import { MergedCursor } from './merged-cursor.ts';
import { Overlay, valueIn } from './overlay.ts';
import { OverlayCursor } from './overlay-cursor.ts';
import { PagePool } from './page-pool.ts';
import { RecordSeal } from './record-seal.ts';

export interface LmdbStoreOptions {
  /** The machine's real disk: LMDB opens the file by its path. */
  readonly disk: Disk;
  /** A directory for this store alone; made when it is missing, and locked while the store is open. */
  readonly directory: string;
  /** Default: CRC-32 in JavaScript. The platform's own is faster on long values. */
  readonly checksum?: Checksum | undefined;
  /** Memory for writes that are not durable yet; beyond it the store fails. Default 256 MiB. */
  readonly overlayBytesMax?: number | undefined;
  /** Most commits under way; one more is refused. Default 4. */
  readonly commitsMax?: number | undefined;
  /**
   * Address space for the file at the beginning. Neither disk nor memory is taken for it, and it grows by
   * itself; but each time the old one stays mapped until the store is closed. Default 64 GiB.
   */
  readonly mapBytes?: number | undefined;
  /**
   * A commit that finds the disk full is tried again when this resolves; until then the store goes on with what is
   * in memory. When it rejects, the store ends with that reason. Absent: a full disk ends the store.
   */
  readonly whenFull?: ((error: Error) => Promise<void>) | undefined;
}

const mebibyte = 1_048_576;
const defaults = { overlayBytesMax: 256 * mebibyte, commitsMax: 4, mapBytes: 65_536 * mebibyte };

/** A store on disk, from its last commit; an empty one where there was none. */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<LmdbStore> {
  const overlayBytesMax = atLeast('overlayBytesMax', options.overlayBytesMax, mebibyte);
  const commitsMax = atLeast('commitsMax', options.commitsMax, 1);
  const mapBytes = atLeast('mapBytes', options.mapBytes, mebibyte);
  const module: LmdbModule = await loadLmdb();
  const seal = new RecordSeal(options.checksum ?? crc32);
  const { disk, directory } = options;
  const file = await openLmdbFile({ disk, directory, module, seal, mapBytes });
  return new LmdbStore(file, seal, { overlayBytesMax, commitsMax }, options.whenFull);
}

function atLeast(name: keyof typeof defaults, value: number | undefined, least: number): number {
  const chosen = value ?? defaults[name];
  if (Number.isSafeInteger(chosen) && chosen >= least) return chosen;
  throw invalidOption(name, value, `a whole number of at least ${least}`);
}

interface Bounds {
  readonly overlayBytesMax: number;
  readonly commitsMax: number;
}

export class LmdbStore implements OrderedStore {
  readonly #file: LmdbFile;
  readonly #seal: RecordSeal;
  readonly #bounds: Bounds;
  readonly #pool = new PagePool();
  readonly #reader: LmdbReader;
  readonly #commits: LmdbCommits;
  readonly #cursors = new Set<MergedCursor>();
  readonly #snapshots = new Set<LmdbSnapshot>();
  /** Newest first: the one that takes writes, then those being committed. */
  #overlays: readonly [Overlay, ...Overlay[]];
  #appliedIndex: number;
  /** The index of the last commit that was begun. */
  #promisedIndex: number;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  constructor(file: LmdbFile, seal: RecordSeal, bounds: Bounds, whenFull?: (error: Error) => Promise<void>) {
    const onFailure = (error: Error): void => {
      this.#failure ??= error;
    };
    this.#file = file;
    this.#seal = seal;
    this.#bounds = bounds;
    this.#appliedIndex = file.appliedIndex;
    this.#promisedIndex = file.appliedIndex;
    this.#overlays = [new Overlay(this.#pool, seal)];
    this.#reader = new LmdbReader({ database: file.entries, path: file.path, seal, onFailure });
    this.#commits = new LmdbCommits({
      file,
      seal,
      onDurable: (overlay, appliedIndex) => this.#settle(overlay, appliedIndex),
      onFailure,
      whenFull,
    });
  }

  /** Of the last commit that is durable: with one under way, that of the one before. */
  get appliedIndex(): number {
    return this.#appliedIndex;
  }

  /** Memory of all that is not durable yet, commits under way included. */
  get uncommittedBytes(): number {
    return this.#overlays.reduce((bytes, overlay) => bytes + overlay.largeBytes, this.#pool.usedBytes);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#assertUsable();
    for (const overlay of this.#overlays) {
      const record = overlay.get(key);
      if (record !== undefined) return valueIn(record);
    }
    return this.#reader.get(key);
  }

  scan(range: OrderedRange): OrderedCursor {
    this.#assertUsable();
    const overlays = this.#overlays.filter((overlay) => !overlay.isEmpty);
    for (const overlay of overlays) overlay.retain();
    const cursor = new MergedCursor({
      layers: [
        ...overlays.map((overlay) => new OverlayCursor(overlay.scan(range))),
        this.#reader.scan(range),
      ],
      isReverse: range.reverse === true,
      limit: range.limit ?? Number.POSITIVE_INFINITY,
      onEnd: () => {
        this.#cursors.delete(cursor);
        for (const overlay of overlays) overlay.release();
      },
    });
    this.#cursors.add(cursor);
    return cursor;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#beforeWrite();
    assert(key.length > 0 && key.length <= keyBytesMax, 'a key has 1 to 1,900 bytes');
    this.#overlays[0].put(key, value);
    this.#checkBytes();
  }

  delete(key: Uint8Array): void {
    this.#beforeWrite();
    if (key.length === 0 || key.length > keyBytesMax) return;
    this.#overlays[0].delete(key);
    this.#checkBytes();
  }

  commit(appliedIndex: number): Promise<void> {
    this.#assertUsable();
    assert(appliedIndex >= this.#promisedIndex, 'the applied index never falls');
    const { commitsMax } = this.#bounds;
    if (this.#commits.count >= commitsMax) return Promise.reject(tooManyCommits(commitsMax));
    this.#promisedIndex = appliedIndex;
    const [frozen] = this.#overlays;
    this.#overlays = [new Overlay(this.#pool, this.#seal), ...this.#overlays];
    return this.#commits.add(frozen, appliedIndex);
  }

  snapshot(): OrderedSnapshot {
    this.#assertUsable();
    if (this.#snapshots.size >= snapshotsMax) throw tooManySnapshots();
    const snapshot = new LmdbSnapshot({
      images: this.#overlays.filter((overlay) => !overlay.isEmpty).map((overlay) => overlay.image()),
      transaction: this.#file.root.useReadTransaction(),
      reader: this.#reader,
      onClose: () => this.#snapshots.delete(snapshot),
    });
    this.#snapshots.add(snapshot);
    return snapshot;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#commits.idle;
    for (const cursor of this.#cursors) cursor.outdate();
    for (const snapshot of this.#snapshots) snapshot.close();
    await this.#file.close();
  }

  /** The commit of `overlay` is durable: from now on the file is read instead. */
  #settle(overlay: Overlay, appliedIndex: number): void {
    const [active, ...older] = this.#overlays;
    assert(older.at(-1) === overlay, 'commits become durable in the order in which they began');
    this.#overlays = [active, ...older.slice(0, -1)];
    this.#appliedIndex = appliedIndex;
    overlay.release();
  }

  #beforeWrite(): void {
    this.#assertUsable();
    for (const cursor of this.#cursors) cursor.outdate();
    this.#reader.forgetViews();
  }

  #checkBytes(): void {
    const { overlayBytesMax } = this.#bounds;
    // The pages alone come first: they are one number, and most values lie in them.
    if (this.#pool.usedBytes < overlayBytesMax && this.uncommittedBytes < overlayBytesMax) return;
    this.#failure ??= new QuorateError({
      code: 'queue-full',
      message:
        `writes that are not durable yet have filled ${overlayBytesMax} bytes, so the store has ended; ` +
        'open it again, commit more often, or raise overlayBytesMax',
      data: { queue: 'uncommitted writes', limit: overlayBytesMax },
      retryable: false,
    });
    throw this.#failure;
  }

  #assertUsable(): void {
    assert(this.#closed === undefined, 'an ordered store is not used after its end');
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function tooManyCommits(limit: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `${limit} commits are under way; wait for one of them, then commit`,
    data: { queue: 'commits', limit },
  });
}

function tooManySnapshots(): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `${snapshotsMax} snapshots are open; close one of them first`,
    data: { queue: 'snapshots', limit: snapshotsMax },
  });
}
