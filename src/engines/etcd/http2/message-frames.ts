/**
 * gRPC's frames within a stream: a byte that says whether the message is compressed, four for its length, and the
 * message. They come cut anywhere.
 */
import { CallFailure } from './call-failure.ts';

const prefixBytes = 5;
const nothing = new Uint8Array(0);

export function messageFrame(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(prefixBytes + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, prefixBytes);
  return frame;
}

export class MessageFrames {
  readonly #bytesMax: number;
  #pieces: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Of the frame at the front, once its length is known. */
  #frameBytes = prefixBytes;

  /** `bytesMax`: the largest message that is taken. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The messages that these bytes complete, as views. Throws a `CallFailure` at what is no frame, or too large. */
  take(bytes: Uint8Array): Uint8Array[] {
    this.#pieces.push(bytes);
    this.#pendingBytes += bytes.length;
    const messages: Uint8Array[] = [];
    while (this.#pendingBytes >= this.#frameBytes) {
      const joined = this.#joined();
      const frameBytes = prefixBytes + this.#lengthOf(joined);
      if (joined.length < frameBytes) {
        // Nothing more is joined until the whole frame is there, however small its pieces are.
        this.#frameBytes = frameBytes;
        break;
      }
      messages.push(joined.subarray(prefixBytes, frameBytes));
      this.#pieces = [joined.subarray(frameBytes)];
      this.#pendingBytes -= frameBytes;
      this.#frameBytes = prefixBytes;
    }
    return messages;
  }

  #joined(): Uint8Array {
    const joined = this.#pieces.length === 1 ? (this.#pieces[0] ?? nothing) : Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }

  #lengthOf(bytes: Uint8Array): number {
    if (bytes[0] !== 0)
      throw new CallFailure({
        kind: 'protocol',
        message: `a message is marked ${bytes[0]}, which is no compression that was asked for`,
        isUnsent: false,
      });
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    if (length <= this.#bytesMax) return length;
    throw new CallFailure({
      kind: 'too-large',
      message: `an answer has ${length} bytes, and at most ${this.#bytesMax} are taken`,
      isUnsent: false,
    });
  }
}
