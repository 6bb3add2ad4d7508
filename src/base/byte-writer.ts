/**
 * Writes binary formats into one growing buffer. Integers are little-endian; 64-bit ones are numbers up to
 * 2⁵³ − 1, because indexes, terms and revisions never reach beyond and a bigint per field costs an object.
 * `bytes()` is a view, not a copy: it is valid until the next `reset`.
 */
import { assert } from './assert.ts';

const utf8 = new TextEncoder();

/** Characters of a text whose length is one byte, and for which a loop is faster than the encoder. */
const shortTextMax = 48;

export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 1024) {
    assert(capacity > 0, "a writer's capacity is positive");
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    assertFits(value, 0xff);
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  u16(value: number): void {
    assertFits(value, 0xffff);
    this.#reserve(2);
    this.#bytes[this.#length] = value;
    this.#bytes[this.#length + 1] = value >>> 8;
    this.#length += 2;
  }

  u32(value: number): void {
    assertFits(value, 0xffff_ffff);
    this.#reserve(4);
    this.#putWord(this.#length, value);
    this.#length += 4;
  }

  u64(value: number): void {
    assertFits(value, Number.MAX_SAFE_INTEGER);
    this.#reserve(8);
    this.#putWord(this.#length, value % 0x1_0000_0000);
    this.#putWord(this.#length + 4, Math.floor(value / 0x1_0000_0000));
    this.#length += 8;
  }

  /** Seven bits a byte, least significant first, the high bit while more follow. */
  varint(value: number): void {
    assertFits(value, Number.MAX_SAFE_INTEGER);
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** The bytes as they are, copied once. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A varint length, then the bytes. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** A varint length, then the text as UTF-8, in which a lone surrogate becomes U+FFFD: who must not lose it refuses it before. */
  text(text: string): void {
    if (text.length > shortTextMax || !this.#shortText(text)) this.block(utf8.encode(text));
  }

  /** Leaves `count` zero bytes for a field that is known later, and returns their offset. */
  skip(count: number): number {
    this.#reserve(count);
    const offset = this.#length;
    this.#bytes.fill(0, offset, offset + count);
    this.#length += count;
    return offset;
  }

  /** Fills a field left by `skip`. */
  patchU32(offset: number, value: number): void {
    assert(offset >= 0 && offset + 4 <= this.#length, 'a patched field lies within what was written');
    assertFits(value, 0xffff_ffff);
    this.#putWord(offset, value);
  }

  /** A view of what was written, from `from` on; the next `reset` or growth makes it stale. */
  bytes(from = 0): Uint8Array {
    return this.#bytes.subarray(from, this.#length);
  }

  /** A copy that the writer will not touch again. */
  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  reset(): void {
    this.#length = 0;
  }

  /** Names are short and ASCII: their bytes are their characters, and need no array of their own. False: this one is not. */
  #shortText(text: string): boolean {
    const { length } = text;
    this.#reserve(length + 1);
    const bytes = this.#bytes;
    const start = this.#length;
    for (let place = 0; place < length; place += 1) {
      const code = text.charCodeAt(place);
      if (code > 0x7f) return false;
      bytes[start + 1 + place] = code;
    }
    bytes[start] = length;
    this.#length = start + 1 + length;
    return true;
  }

  /** Byte by byte: a small array lives on the engine's heap until a `DataView` makes it move out. */
  #putWord(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** A number that does not fit would be cut silently. The message is built only for the one that fails: it costs more than the write. */
function assertFits(value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  assert(false, `a field for whole numbers up to ${most} was given ${value}`);
}
