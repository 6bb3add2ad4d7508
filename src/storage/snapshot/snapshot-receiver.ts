/**
 * Takes a snapshot from another member, byte for byte, into a file of its own until it is complete and proved.
 * What arrived before a break is kept: the file's name says exactly which bytes it will be, so a later try
 * goes on where this one ended.
 */
import { assert } from '../../base/index.ts';
import type { Disk, DiskFile } from '../../ports/index.ts';
import type { Checksum } from '../checksum.ts';
import { isSameSnapshot, type SnapshotIdentity, snapshotDamaged } from './snapshot-format.ts';
import { SnapshotReader } from './snapshot-reader.ts';

export interface ReceiverStart {
  readonly disk: Disk;
  readonly file: DiskFile;
  readonly path: string;
  readonly finalPath: string;
  readonly identity: SnapshotIdentity;
  readonly checksum: Checksum;
  readonly offset: number;
}

export class SnapshotReceiver {
  readonly #start: ReceiverStart;
  #offset: number;

  constructor(start: ReceiverStart) {
    this.#start = start;
    this.#offset = start.offset;
  }

  /** How many bytes are here: the sender goes on from there. */
  get offset(): number {
    return this.#offset;
  }

  get isComplete(): boolean {
    return this.#offset === this.#start.identity.bytes;
  }

  /** The next bytes in order; one call at a time. */
  async add(bytes: Uint8Array): Promise<void> {
    const { file, path, identity } = this.#start;
    if (this.#offset + bytes.length > identity.bytes)
      throw snapshotDamaged(path, `more than ${identity.bytes} bytes came`);
    await file.write(bytes, this.#offset);
    this.#offset += bytes.length;
  }

  /** Proves every byte, makes them durable and gives them their name. A file that fails is removed. */
  async finish(): Promise<void> {
    assert(this.isComplete, 'all bytes are here');
    const { disk, file, path, finalPath } = this.#start;
    try {
      await this.#prove();
      await file.sync();
    } catch (error) {
      await this.discard();
      throw error;
    }
    await file.close();
    await disk.rename(path, finalPath);
  }

  /** Gives up what came, so that it takes no space. */
  async discard(): Promise<void> {
    const { disk, file, path } = this.#start;
    await file.close();
    // Whoever discards has an error to tell already; a file that stays behind only costs space.
    await disk.remove(path).catch(() => undefined);
  }

  /** Stops for now; what came is kept for the next try. */
  async close(): Promise<void> {
    await this.#start.file.close();
  }

  async #prove(): Promise<void> {
    const { file, path, identity, checksum } = this.#start;
    const reader = new SnapshotReader(file, path, checksum);
    const found = await reader.identity();
    if (found.check !== identity.check || !isSameSnapshot(found, identity)) {
      throw snapshotDamaged(path, 'it is not the snapshot that was announced');
    }
    for await (const _ of reader.chunks());
  }
}
