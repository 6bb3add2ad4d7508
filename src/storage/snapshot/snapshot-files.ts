/**
 * The snapshots of a node's groups, one file each. A snapshot has its name only when all of it is durable, and
 * the log is told of it only after that; so a crash at any moment leaves the old snapshot or the new one.
 */
import { crc32, isQuorateError } from '../../base/index.ts';
import type { Disk, DiskFile } from '../../ports/index.ts';
import type { EntryId, GroupId, SnapshotMark } from '../../raft/index.ts';
import type { Checksum } from '../checksum.ts';
import { isSameSnapshot, type SnapshotIdentity, snapshotDamaged } from './snapshot-format.ts';
import { SnapshotReader } from './snapshot-reader.ts';
import { SnapshotReceiver } from './snapshot-receiver.ts';
import { SnapshotWriter } from './snapshot-writer.ts';

export interface SnapshotFilesOptions {
  readonly disk: Disk;
  /** A directory that the snapshots have for themselves; made when it is missing. */
  readonly directory: string;
  readonly checksum?: Checksum | undefined;
}

/** An open snapshot, to be sent as it lies on the disk. */
export interface SnapshotSource extends AsyncDisposable {
  readonly identity: SnapshotIdentity;
  /** Reads up to `into.length` bytes from `position`; resolves to their number. */
  read(into: Uint8Array, position: number): Promise<number>;
}

const suffix = '.snapshot';
const partSuffix = '.part';
const newSuffix = '.new';

export class SnapshotFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #checksum: Checksum;

  /** Removes what a crash left half written; parts of what was being received stay. */
  static async open(options: SnapshotFilesOptions): Promise<SnapshotFiles> {
    const { disk, directory } = options;
    await disk.makeDirectory(directory);
    for (const name of await disk.list(directory)) {
      if (name.endsWith(newSuffix)) await disk.remove(`${directory}/${name}`);
    }
    return new SnapshotFiles(options);
  }

  private constructor({ disk, directory, checksum }: SnapshotFilesOptions) {
    this.#disk = disk;
    this.#directory = directory;
    this.#checksum = checksum ?? crc32;
  }

  /** Writes a snapshot; durable under its name when it resolves. Nothing of it stays when it fails. */
  async write(
    group: GroupId,
    mark: SnapshotMark,
    chunks: Iterable<Uint8Array>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const path = this.#path(group, mark);
    const source = chunks[Symbol.iterator]();
    try {
      const file = await this.#disk.open(path + newSuffix, { create: 'if-missing', durableName: false });
      try {
        await file.truncate(0);
        const writer = new SnapshotWriter(file, group, mark, this.#checksum);
        for (let chunk = source.next(); chunk.done !== true; chunk = source.next()) {
          options.signal?.throwIfAborted();
          await writer.add(chunk.value);
        }
        await writer.finish();
      } finally {
        await file.close();
      }
      await this.#disk.rename(path + newSuffix, path);
    } catch (error) {
      // The error to tell is the first one. On a full disk the file would take the space that the log needs.
      await this.#disk.remove(path + newSuffix).catch(() => undefined);
      throw error;
    } finally {
      // Also when not one chunk was asked for: what the state machine holds for this snapshot is given back.
      source.return?.();
    }
  }

  /** The chunks of a snapshot. Throws `snapshot-damaged` rather than give out a byte that is not proved. */
  async *read(group: GroupId, mark: SnapshotMark): AsyncGenerator<Uint8Array> {
    const path = this.#path(group, mark);
    const file = await this.#open(path);
    try {
      const reader = new SnapshotReader(file, path, this.#checksum);
      checkIdentity(await reader.identity(), group, mark, path);
      yield* reader.chunks();
    } finally {
      await file.close();
    }
  }

  /** Opens a snapshot for sending. */
  async source(group: GroupId, mark: SnapshotMark): Promise<SnapshotSource> {
    const path = this.#path(group, mark);
    const file = await this.#open(path);
    try {
      const identity = await new SnapshotReader(file, path, this.#checksum).identity();
      checkIdentity(identity, group, mark, path);
      return {
        identity,
        read: (into, position) => file.read(into, position),
        [Symbol.asyncDispose]: () => file.close(),
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Begins, or goes on, to receive the snapshot that `identity` describes. One receiver of it at a time. */
  async receive(identity: SnapshotIdentity): Promise<SnapshotReceiver> {
    const finalPath = this.#path(identity.group, identity.mark);
    const path = `${finalPath}.${identity.bytes}.${identity.check.toString(16)}${partSuffix}`;
    const file = await this.#disk.open(path, { create: 'if-missing' });
    try {
      return new SnapshotReceiver({
        disk: this.#disk,
        file,
        path,
        finalPath,
        identity,
        checksum: this.#checksum,
        offset: Math.min(await file.size(), identity.bytes),
      });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Removes the group's snapshots before `index`, and what was being received before it. */
  async prune(group: GroupId, index: number): Promise<void> {
    for (const name of await this.#disk.list(this.#directory)) {
      const [owner, at] = name.split('-');
      if (Number(owner) === group && Number(at) < index) await this.#remove(`${this.#directory}/${name}`);
    }
  }

  /** Gone is gone, whoever did it. */
  async #remove(path: string): Promise<void> {
    try {
      await this.#disk.remove(path);
    } catch (error) {
      if (!isQuorateError(error) || error.code !== 'not-found') throw error;
    }
  }

  #path(group: GroupId, { index, term }: EntryId): string {
    return `${this.#directory}/${group}-${index}-${term}${suffix}`;
  }

  async #open(path: string): Promise<DiskFile> {
    try {
      return await this.#disk.open(path, { create: 'never' });
    } catch (error) {
      if (isQuorateError(error) && error.code === 'not-found') throw snapshotDamaged(path, 'it is missing');
      throw error;
    }
  }
}

/** A file that a disk put into the wrong place is sound in itself, and wrong all the same. */
function checkIdentity(found: SnapshotIdentity, group: GroupId, mark: SnapshotMark, path: string): void {
  if (!isSameSnapshot(found, { group, mark }))
    throw snapshotDamaged(path, 'it holds another snapshot than its name says');
}
