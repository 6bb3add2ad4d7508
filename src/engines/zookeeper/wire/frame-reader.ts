/**
 * Cuts a stream from a ZooKeeper server into its frames, each with its length in front. The server itself bounds what
 * it takes and not what it sends: the names of a hundred thousand children come in one frame, whatever its size. So a
 * frame over the limit is not a reason to give the connection up, which would only lead to the same frame again; its
 * first bytes tell whom it answers, and the rest is let pass. A length that no server would state is another matter.
 */
import { QuorateError } from '../../../base/index.ts';

export interface FrameReaderOptions {
  /** Most bytes of a frame that is taken. */
  readonly frameBytesMax: number;
  /** Most bytes that a frame may claim to have; asked for each, because the first one of a connection is short. */
  readonly claimBytesMax: () => number;
  readonly frame: (bytes: Uint8Array) => void;
  /** A frame that was too large: what it began with, and how long it is. Told when its last byte has come. */
  readonly tooLarge: (head: Uint8Array, length: number) => void;
}

const headerBytes = 4;
/** As much as is kept of a frame that is too large: the header of its reply. */
const headBytes = 16;
/** What is reserved for a frame of which only a beginning has come. */
const firstBytesMax = 64 * 1024;

export class JuteFrameReader {
  readonly #options: FrameReaderOptions;
  #header = 0;
  #headerFilled = 0;
  #length = 0;
  #filled = 0;
  #bytes = new Uint8Array(0);

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  /** Throws `frame-refused` for what no server sends; the stream is of no more use then. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#headerFilled < headerBytes) {
        this.#header = (this.#header << 8) | (bytes[at] as number);
        this.#headerFilled += 1;
        at += 1;
        if (this.#headerFilled === headerBytes) this.#begin();
        continue;
      }
      at += this.#fill(bytes, at);
      if (this.#filled === this.#length) this.#finish();
    }
  }

  #begin(): void {
    const most = this.#options.claimBytesMax();
    if (this.#header <= 0 || this.#header > most) {
      const reason = `a frame claims ${this.#header} bytes, and may have 1 to ${most}`;
      throw new QuorateError({ code: 'frame-refused', message: reason, data: { reason } });
    }
    this.#length = this.#header;
    this.#filled = 0;
    this.#bytes = new Uint8Array(Math.min(this.#kept, firstBytesMax));
  }

  /** Of a frame that is too large only its head. */
  get #kept(): number {
    return this.#length > this.#options.frameBytesMax ? headBytes : this.#length;
  }

  #fill(bytes: Uint8Array, at: number): number {
    const count = Math.min(this.#length - this.#filled, bytes.length - at);
    const wanted = Math.max(0, Math.min(count, this.#kept - this.#filled));
    if (wanted > 0) {
      this.#reserve(this.#filled + wanted);
      this.#bytes.set(bytes.subarray(at, at + wanted), this.#filled);
    }
    this.#filled += count;
    return count;
  }

  #reserve(needed: number): void {
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.min(this.#kept, Math.max(needed, this.#bytes.length * 2)));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  #finish(): void {
    const bytes = this.#bytes;
    const length = this.#length;
    this.#bytes = new Uint8Array(0);
    this.#header = 0;
    this.#headerFilled = 0;
    if (length > this.#options.frameBytesMax) this.#options.tooLarge(bytes, length);
    else this.#options.frame(bytes);
  }
}
