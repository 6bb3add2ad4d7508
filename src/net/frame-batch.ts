/**
 * Frames that gather until they leave in one write: what a write costs, it costs once a turn and not once a
 * message. An idle connection keeps little memory, and a busy one keeps what it needs from turn to turn; a piece
 * larger than that goes as it is, so that its memory is not kept for ever.
 */
import { ByteWriter } from '../base/index.ts';
import { type Checksum, writeFrame } from './frame.ts';

/** Memory at first, and at most between two turns. */
const firstBytes = 1024;
const keptBytes = 64 * 1024;

export class FrameBatch {
  readonly #checksum: Checksum;
  #writer = new ByteWriter(firstBytes);

  constructor(checksum: Checksum) {
    this.#checksum = checksum;
  }

  /** Bytes that have gathered. */
  get length(): number {
    return this.#writer.length;
  }

  /** Adds a frame; `fill` writes its payload. */
  add(fill: (writer: ByteWriter) => void): void {
    const writer = this.#writer;
    writeFrame(writer, this.#checksum, () => fill(writer));
  }

  /** What has gathered, in memory that belongs to the caller. */
  take(): Uint8Array {
    const writer = this.#writer;
    if (writer.length > keptBytes) {
      this.#writer = new ByteWriter(firstBytes);
      return writer.bytes();
    }
    const bytes = writer.copy();
    writer.reset();
    return bytes;
  }

  /** Nothing of it will be sent. */
  reset(): void {
    this.#writer.reset();
  }
}
