/**
 * Reads binary formats in place. Blocks come back as views of the same memory, so whoever keeps one copies
 * it. Bytes come from disks and strangers: every read is checked against the end, and what is too short or
 * malformed is a `QuorateError`, never a crash and never a large allocation.
 */
import { assert } from './assert.ts';
import { QuorateError } from './errors.ts';

/** `ignoreBOM` keeps a leading byte order mark as the character that it is; without it the text would come back shorter. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #offset = 0;

  /** `what` names the format in errors. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#bytes[this.#advance(1)] as number;
  }

  u16(): number {
    const at = this.#advance(2);
    return (this.#bytes[at] as number) | ((this.#bytes[at + 1] as number) << 8);
  }

  u32(): number {
    return this.#wordAt(this.#advance(4));
  }

  u64(): number {
    const at = this.#advance(8);
    const high = this.#wordAt(at + 4);
    if (high >= 0x20_0000) throw this.malformed('a 64-bit number above 2^53 - 1', at);
    return high * 0x1_0000_0000 + this.#wordAt(at);
  }

  varint(): number {
    const start = this.#offset;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count += 1) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) break;
        return value;
      }
      scale *= 0x80;
    }
    throw this.malformed('a varint above 2^53 - 1', start);
  }

  /** A view of the next `length` bytes. */
  raw(length: number): Uint8Array {
    assert(Number.isInteger(length) && length >= 0, 'a length is a whole number from 0 on');
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  block(): Uint8Array {
    return this.raw(this.varint());
  }

  text(): string {
    const start = this.#offset;
    const bytes = this.block();
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw this.malformed('text that is not UTF-8', start, cause);
    }
  }

  /** Refuses bytes that nobody read: a format that grew without a version, or damage. */
  end(): void {
    if (this.remaining > 0) throw this.malformed(`${this.remaining} bytes behind the end`, this.#offset);
  }

  malformed(problem: string, offset: number, cause?: unknown): QuorateError<'malformed-bytes'> {
    return new QuorateError({
      code: 'malformed-bytes',
      message: `${this.#what}: ${problem} at offset ${offset}`,
      data: { what: this.#what, offset },
      cause,
    });
  }

  /** From single bytes: making a `DataView` of a short record takes five times as long as reading it, all told. */
  #wordAt(at: number): number {
    const bytes = this.#bytes;
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    return (low | ((bytes[at + 3] as number) << 24)) >>> 0;
  }

  #advance(wanted: number): number {
    const offset = this.#offset;
    if (wanted > this.#bytes.length - offset) {
      throw new QuorateError({
        code: 'out-of-bounds',
        message: `${this.#what}: ${wanted} bytes wanted at offset ${offset}, but ${this.remaining} are there`,
        data: { what: this.#what, offset, wanted, available: this.remaining },
      });
    }
    this.#offset = offset + wanted;
    return offset;
  }
}
