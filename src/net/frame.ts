/**
 * Frames: how messages are cut out of a byte stream. A frame is its length, a checksum and its payload; the
 * checksum catches what TCP's sixteen bits let through. A reader refuses a length above its limit before it
 * reserves anything, and below it reserves no more than about twice what has arrived: a header alone never
 * costs memory.
 */
import { type ByteWriter, crc32, QuorateError } from '../base/index.ts';

export type Checksum = (bytes: Uint8Array, seed?: number) => number;

export interface FrameOptions {
  /**
   * Most bytes of a payload, asked before each frame with what its header says, so that it may be low until the peer
   * is known. Both ends should agree: a larger frame breaks the connection.
   */
  readonly payloadBytesMax: (length: number) => number;
  /** The platform's native CRC-32 where it has one. Default: the portable one. */
  readonly checksum?: Checksum;
}

/** What else may speak where a frame is expected, told by its first bytes. */
export type Stranger = 'tls' | 'tls-alert' | 'http';

/** The largest payload that this protocol knows; who would send a larger one refuses it before. */
export const framePayloadBytesMax: number = 64 << 20;

const headerBytes = 8;
/** What is reserved for a payload of which only a beginning has arrived. */
const firstBytesMax = 256 * 1024;
const noPayload = new Uint8Array(0);

/** Writes one frame: `fill` appends the payload to what `writer` holds, and the header is patched in before it. */
export function writeFrame(writer: ByteWriter, checksum: Checksum, fill: () => void): void {
  const header = writer.skip(headerBytes);
  fill();
  const payload = writer.bytes(header + headerBytes);
  writer.patchU32(header, payload.length);
  writer.patchU32(header + 4, checksum(payload));
}

/** Puts frames together again from bytes that were cut anywhere. */
export class FrameReader {
  readonly #options: FrameOptions;
  readonly #checksum: Checksum;
  /**
   * The two words of the header, as far as they have come. Not bytes in an array: with its buffer that takes a third
   * of a kilobyte, for each of ten thousand connections on which nothing is said.
   */
  #lengthWord = 0;
  #checkWord = 0;
  #headerFilled = 0;
  /** Room for what has arrived of the payload, and a part of what is to come. */
  #payload: Uint8Array | undefined;
  #payloadLength = 0;
  #payloadFilled = 0;
  #isFirst = true;

  constructor(options: FrameOptions) {
    this.#options = options;
    this.#checksum = options.checksum ?? crc32;
  }

  /**
   * Takes what arrived, and gives each payload that it completes to `deliver`, which owns it. Throws on a frame
   * that no correct peer sends; the stream is then of no more use.
   */
  push(bytes: Uint8Array, deliver: (payload: Uint8Array) => void): void {
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#payload === undefined) {
        offset += this.#fillHeader(bytes, offset);
        if (this.#headerFilled < headerBytes) return;
        this.#reserve();
      }
      offset += this.#fillPayload(bytes, offset);
      if (this.#payloadFilled === this.#payloadLength) deliver(this.#finish());
    }
  }

  /** Who speaks here, where no frame has come and the first bytes are those of another protocol that we know. */
  get stranger(): Stranger | undefined {
    return this.#isFirst ? strangerOf(this.#head()) : undefined;
  }

  #fillHeader(bytes: Uint8Array, offset: number): number {
    const count = Math.min(headerBytes - this.#headerFilled, bytes.length - offset);
    // Byte by byte: a view for eight of them would cost more.
    for (let place = 0; place < count; place += 1) {
      const at = this.#headerFilled + place;
      const byte = bytes[offset + place] as number;
      if (at < 4) this.#lengthWord |= byte << (8 * at);
      else this.#checkWord |= byte << (8 * (at - 4));
    }
    this.#headerFilled += count;
    return count;
  }

  #fillPayload(bytes: Uint8Array, offset: number): number {
    const count = Math.min(this.#payloadLength - this.#payloadFilled, bytes.length - offset);
    if (count === this.#payloadLength) this.#payload = bytes.slice(offset, offset + count);
    else this.#room(count).set(bytes.subarray(offset, offset + count), this.#payloadFilled);
    this.#payloadFilled += count;
    return count;
  }

  /** The bytes of the header that have come. */
  #head(): Uint8Array {
    const head = new DataView(new ArrayBuffer(headerBytes));
    head.setInt32(0, this.#lengthWord, true);
    head.setInt32(4, this.#checkWord, true);
    return new Uint8Array(head.buffer, 0, this.#headerFilled);
  }

  #reserve(): void {
    const length = this.#lengthWord >>> 0;
    const payloadBytesMax = this.#options.payloadBytesMax(length);
    if (length === 0 || length > payloadBytesMax) {
      const stranger = this.stranger;
      if (stranger !== undefined) throw frameRefused(strangerTexts[stranger]);
      throw frameRefused(`its length is ${length}, but may be 1 to ${payloadBytesMax} bytes`);
    }
    this.#payload = noPayload;
    this.#payloadLength = length;
    this.#payloadFilled = 0;
  }

  /** The payload's memory, with room for `count` more bytes. */
  #room(count: number): Uint8Array {
    const payload = this.#payload as Uint8Array;
    const needed = this.#payloadFilled + count;
    if (needed <= payload.length) return payload;
    const least = payload.length === 0 ? firstBytesMax : payload.length * 2;
    const grown = new Uint8Array(Math.min(this.#payloadLength, Math.max(needed, least)));
    grown.set(payload);
    this.#payload = grown;
    return grown;
  }

  #finish(): Uint8Array {
    const payload = this.#payload as Uint8Array;
    const stated = this.#checkWord >>> 0;
    this.#payload = undefined;
    this.#lengthWord = 0;
    this.#checkWord = 0;
    this.#headerFilled = 0;
    this.#isFirst = false;
    if (this.#checksum(payload) !== stated) throw frameRefused('its checksum does not fit its bytes');
    return payload;
  }
}

const strangerTexts: { readonly [Kind in Stranger]: string } = {
  tls: 'it begins a TLS handshake, and this port speaks plain text; use TLS on both sides or on neither',
  'tls-alert':
    'it is an alert of TLS: that port speaks TLS, and this side plain text; connect by quorates://, or give the command --cacert',
  http: 'it is a request of HTTP, and this port speaks the protocol of Quorate',
};

/** The error for a connection that ended with nothing but another protocol's words: whatever was sent there was not understood. */
export function strangerError(stranger: Stranger): QuorateError<'frame-refused'> {
  return new QuorateError({
    code: 'frame-refused',
    message: `the peer speaks another protocol: ${strangerTexts[stranger]}`,
    data: { reason: strangerTexts[stranger] },
    outcome: 'not-applied',
  });
}

const handshakeRecord = 0x16;
const alertRecord = 0x15;
/** An alert in the clear: its header, then a level and a description. */
const alertBytes = 7;
const httpMethods = ['GET ', 'POST', 'PUT ', 'HEAD', 'OPTI'];

function strangerOf(head: Uint8Array): Stranger | undefined {
  if (head.length < 5) return undefined;
  const isTls = head[1] === 3 && (head[2] as number) <= 4;
  if (isTls && head[0] === handshakeRecord) return 'tls';
  // Exactly one: our own frames have a longer header, so a frame that looks like an alert is not one.
  if (isTls && head[0] === alertRecord && head.length === alertBytes && head[4] === 2) return 'tls-alert';
  return httpMethods.includes(String.fromCharCode(...head.subarray(0, 4))) ? 'http' : undefined;
}

function frameRefused(reason: string): QuorateError<'frame-refused'> {
  return new QuorateError({
    code: 'frame-refused',
    message: `a frame was refused: ${reason}; the peer speaks another protocol or the bytes were damaged on the way`,
    data: { reason },
  });
}
