/** Reads a snapshot file chunk by chunk, and believes nothing that its checksum does not confirm. */
import type { DiskFile } from '../../ports/index.ts';
import type { Checksum } from '../checksum.ts';
import {
  chunkBytesMax,
  decodeHeader,
  endBytes,
  frameBytes,
  headerBytesMax,
  type SnapshotIdentity,
  snapshotDamaged,
} from './snapshot-format.ts';

interface Frame {
  readonly length: number;
  readonly check: number;
}

export class SnapshotReader {
  readonly #file: DiskFile;
  readonly #path: string;
  readonly #checksum: Checksum;

  constructor(file: DiskFile, path: string, checksum: Checksum) {
    this.#file = file;
    this.#path = path;
    this.#checksum = checksum;
  }

  /** Which snapshot this is, by its header and its end; the chunks between are not read. */
  async identity(): Promise<SnapshotIdentity> {
    const bytes = await this.#file.size();
    const header = await this.#header();
    if (bytes < header.next + endBytes) throw snapshotDamaged(this.#path, 'it has no end');
    const end = await this.#frame(bytes - endBytes);
    if (end.length !== 0 || (await this.#statedLength(bytes)) !== bytes)
      throw snapshotDamaged(this.#path, 'its end does not fit');
    return { ...header.identity, bytes, check: end.check };
  }

  /** All chunks in order; throws `snapshot-damaged` at the first byte that cannot be trusted. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const { bytes } = await this.identity();
    let { next, check } = await this.#header();
    while (next < bytes - endBytes) {
      const frame = await this.#frame(next);
      const leftBytes = bytes - endBytes - next - frameBytes;
      if (frame.length === 0 || frame.length > Math.min(chunkBytesMax, leftBytes))
        throw snapshotDamaged(this.#path, `a chunk of ${frame.length} bytes at ${next}`);
      const chunk = await this.#content(next, frame, check);
      next += frameBytes + frame.length;
      check = frame.check;
      yield chunk;
    }
    const end = await this.#frame(next);
    if (next !== bytes - endBytes || end.check !== check)
      throw snapshotDamaged(this.#path, 'its chunks do not lead to its end');
  }

  async #header(): Promise<{ identity: ReturnType<typeof decodeHeader>; next: number; check: number }> {
    const frame = await this.#frame(0);
    if (frame.length > headerBytesMax) throw snapshotDamaged(this.#path, `a header of ${frame.length} bytes`);
    const content = await this.#content(0, frame, 0);
    return {
      identity: decodeHeader(content, this.#path),
      next: frameBytes + frame.length,
      check: frame.check,
    };
  }

  async #frame(position: number): Promise<Frame> {
    const view = await this.#view(position, frameBytes);
    return { length: view.getUint32(0, true), check: view.getUint32(4, true) };
  }

  async #statedLength(bytes: number): Promise<number> {
    const view = await this.#view(bytes - 8, 8);
    return view.getUint32(4, true) * 0x1_0000_0000 + view.getUint32(0, true);
  }

  async #content(position: number, frame: Frame, seed: number): Promise<Uint8Array> {
    const { buffer } = await this.#view(position + frameBytes, frame.length);
    const content = new Uint8Array(buffer);
    if (this.#checksum(content, seed) !== frame.check)
      throw snapshotDamaged(this.#path, `the bytes at ${position} do not fit their checksum`);
    return content;
  }

  async #view(position: number, length: number): Promise<DataView<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    const read = await this.#file.read(bytes, position);
    if (read < length) throw snapshotDamaged(this.#path, `it ends at ${position + read}`);
    return new DataView(bytes.buffer);
  }
}
