/**
 * The snapshots of a node's groups, one file each. A snapshot has its name only when all of it is durable, and
 * the log is told of it only after that; so a crash at any moment leaves the old snapshot or the new one.
 */
import { crc32 } from '../../base/index.ts';
import type { Disk, DiskFile } from '../../ports/index.ts';
import type { EntryId, GroupId, SnapshotMark } from '../../raft/index.ts';
import type { Checksum } from '../checksum.ts';
import { type SnapshotIdentity, snapshotDamaged } from './snapshot-format.ts';
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

  /** Removes what a crash left half written; parts that are being received stay. */
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

  /** Writes a snapshot; durable under its name when it resolves. */
  async write(group: GroupId, mark: SnapshotMark, chunks: Iterable<Uint8Array>): Promise<void> {
    const path = this.#path(group, mark);
    const file = await this.#disk.open(path + newSuffix, { create: 'if-missing' });
    try {
      await file.truncate(0);
      const writer = new SnapshotWriter(file, group, mark, this.#checksum);
      for (const chunk of chunks) await writer.add(chunk);
      await writer.finish();
    } finally {
      await file.close();
    }
    await this.#disk.rename(path + newSuffix, path);
  }

  /** The chunks of a snapshot. Throws `snapshot-damaged` rather than give out a byte that is not proved. */
  async *read(group: GroupId, mark: EntryId): AsyncGenerator<Uint8Array> {
    const path = this.#path(group, mark);
    const file = await this.#open(path);
    try {
      yield* new SnapshotReader(file, path, this.#checksum).chunks();
    } finally {
      await file.close();
    }
  }

  /** Opens a snapshot for sending. */
  async source(group: GroupId, mark: EntryId): Promise<SnapshotSource> {
    const path = this.#path(group, mark);
    const file = await this.#open(path);
    try {
      const identity = await new SnapshotReader(file, path, this.#checksum).identity();
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

  /** Begins, or goes on, to receive the snapshot that `identity` describes. */
  async receive(identity: SnapshotIdentity): Promise<SnapshotReceiver> {
    const finalPath = this.#path(identity.group, identity.mark);
    const path = `${finalPath}.${identity.bytes}.${identity.check.toString(16)}${partSuffix}`;
    const file = await this.#disk.open(path, { create: 'if-missing' });
    const offset = Math.min(await file.size(), identity.bytes);
    return new SnapshotReceiver({
      disk: this.#disk,
      file,
      path,
      finalPath,
      identity,
      checksum: this.#checksum,
      offset,
    });
  }

  /** Removes the group's snapshots before `index`, and what was being received before it. */
  async prune(group: GroupId, index: number): Promise<void> {
    for (const name of await this.#disk.list(this.#directory)) {
      const [owner, at] = name.split('-');
      if (Number(owner) === group && Number(at) < index)
        await this.#disk.remove(`${this.#directory}/${name}`);
    }
  }

  #path(group: GroupId, { index, term }: EntryId): string {
    return `${this.#directory}/${group}-${index}-${term}${suffix}`;
  }

  async #open(path: string): Promise<DiskFile> {
    try {
      return await this.#disk.open(path, { create: 'never' });
    } catch (cause) {
      throw snapshotDamaged(path, `it cannot be opened: ${String(cause)}`);
    }
  }
}
