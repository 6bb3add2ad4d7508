/** Writes a snapshot file: small chunks are gathered, so that the disk sees few and large writes. */
import { assert, ByteWriter } from '../../base/index.ts';
import type { DiskFile } from '../../ports/index.ts';
import type { GroupId, SnapshotMark } from '../../raft/index.ts';
import type { Checksum } from '../checksum.ts';
import {
  chunkBytesMax,
  encodeHeader,
  endBytes,
  type SnapshotIdentity,
  writeEnd,
  writeFramed,
} from './snapshot-format.ts';

const writeBytesAim = 256 * 1024;

export class SnapshotWriter {
  readonly #file: DiskFile;
  readonly #checksum: Checksum;
  readonly #group: GroupId;
  readonly #mark: SnapshotMark;
  /** Grows as far as it must: most snapshots of young groups are small. */
  readonly #writer = new ByteWriter(4096);
  #position = 0;
  #check = 0;

  constructor(file: DiskFile, group: GroupId, mark: SnapshotMark, checksum: Checksum) {
    this.#file = file;
    this.#group = group;
    this.#mark = mark;
    this.#checksum = checksum;
    this.#check = writeFramed(this.#writer, encodeHeader(group, mark), 0, checksum);
  }

  async add(chunk: Uint8Array): Promise<void> {
    assert(
      chunk.length > 0 && chunk.length <= chunkBytesMax,
      'a chunk holds something, and no more than a reader takes',
    );
    this.#check = writeFramed(this.#writer, chunk, this.#check, this.#checksum);
    if (this.#writer.length >= writeBytesAim) await this.#flush();
  }

  /** Durable when it resolves; the name is the caller's affair. */
  async finish(): Promise<SnapshotIdentity> {
    const bytes = this.#position + this.#writer.length + endBytes;
    writeEnd(this.#writer, this.#check, bytes);
    await this.#flush();
    await this.#file.sync();
    return { group: this.#group, mark: this.#mark, bytes, check: this.#check };
  }

  async #flush(): Promise<void> {
    const bytes = this.#writer.bytes();
    await this.#file.write(bytes, this.#position);
    this.#position += bytes.length;
    this.#writer.reset();
  }
}
