/**
 * Frames that gather until they leave in one write: what a write costs, it costs once a turn and not once a
 * message. An idle connection keeps little memory, and a busy one keeps what it needs from turn to turn; a piece
 * larger than that goes as it is, so that its memory is not kept for ever, and the next one is expected to be as
 * large: growing to it step by step would copy it twice.
 */
import { ByteWriter } from '../base/index.ts';
import { type Checksum, writeFrame } from './frame.ts';

/** Memory at first, at most between two turns, and at most for what is only expected. */
const firstBytes = 1024;
const keptBytes = 64 * 1024;
const expectedBytesMax = 512 * 1024;

export class FrameBatch {
  readonly #checksum: Checksum;
  #writer: ByteWriter | undefined;
  #expectedBytes = firstBytes;

  constructor(checksum: Checksum) {
    this.#checksum = checksum;
  }

  /** Bytes that have gathered. */
  get length(): number {
    return this.#writer?.length ?? 0;
  }

  /** Adds a frame; `fill` writes its payload. */
  add(fill: (writer: ByteWriter) => void): void {
    this.#writer ??= new ByteWriter(this.#expectedBytes);
    const writer = this.#writer;
    writeFrame(writer, this.#checksum, () => fill(writer));
  }

  /** What has gathered, in memory that belongs to the caller. */
  take(): Uint8Array {
    const writer = this.#writer;
    if (writer === undefined) return noBytes;
    if (writer.length > keptBytes) {
      this.#writer = undefined;
      this.#expectedBytes = Math.min(writer.length, expectedBytesMax);
      return writer.bytes();
    }
    const bytes = writer.copy();
    // What was made for more than came is not kept.
    if (this.#expectedBytes > firstBytes) this.#writer = undefined;
    else writer.reset();
    this.#expectedBytes = firstBytes;
    return bytes;
  }

  /** Nothing of it will be sent. */
  reset(): void {
    this.#writer = undefined;
    this.#expectedBytes = firstBytes;
  }
}

const noBytes = new Uint8Array(0);
