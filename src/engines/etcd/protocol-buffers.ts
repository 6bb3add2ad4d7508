/**
 * Protocol Buffers, as much as etcd's published API needs: whole numbers, text, bytes and messages. Written out by
 * hand because a compiler of `.proto` files would bring a runtime and megabytes for two dozen messages.
 *
 * Numbers are read as two halves of 32 bits: revisions fit into a JavaScript number for ever, but the leases and
 * cluster ids of other programs do not, and are shown as hexadecimal text.
 */
import { ByteReader, ByteWriter } from '../../base/index.ts';

const wireVarint = 0;
const wireFixed64 = 1;
const wireBytes = 2;
const wireFixed32 = 5;

/** Fields with the value 0, false or '' are left out, which means the same. */
export class ProtoWriter {
  readonly #bytes = new ByteWriter(256);
  /** For the message within, whose length stands before it; made once a depth. */
  #inner: ProtoWriter | undefined;

  number(field: number, value: number): void {
    if (value === 0) return;
    this.#bytes.varint(field * 8 + wireVarint);
    this.#bytes.varint(value);
  }

  /** Also when it is 0: where the presence of a field chooses among several. */
  chosenNumber(field: number, value: number): void {
    this.#bytes.varint(field * 8 + wireVarint);
    this.#bytes.varint(value);
  }

  flag(field: number, value: boolean): void {
    if (value) this.number(field, 1);
  }

  block(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    this.#bytes.varint(field * 8 + wireBytes);
    this.#bytes.block(value);
  }

  text(field: number, value: string): void {
    if (value === '') return;
    this.#bytes.varint(field * 8 + wireBytes);
    this.#bytes.text(value);
  }

  message(field: number, write: (inner: ProtoWriter) => void): void {
    this.#inner ??= new ProtoWriter();
    this.#inner.#bytes.reset();
    write(this.#inner);
    this.#bytes.varint(field * 8 + wireBytes);
    this.#bytes.block(this.#inner.#bytes.bytes());
  }

  copy(): Uint8Array {
    return this.#bytes.copy();
  }
}

/** One message, written by `write`. */
export function protoMessage(write: (writer: ProtoWriter) => void): Uint8Array {
  const writer = new ProtoWriter();
  write(writer);
  return writer.copy();
}

/**
 * Reads the fields of one message in their order: `next`, and then exactly one of the readers or `skip`. Blocks are
 * views. Refuses what is malformed with `malformed-bytes` or `out-of-bounds`.
 */
export class ProtoReader {
  readonly #bytes: ByteReader;
  #low = 0;
  #high = 0;
  #wire = wireVarint;

  constructor(bytes: Uint8Array) {
    this.#bytes = new ByteReader(bytes, 'a message of etcd');
  }

  /** The number of the next field; 0 at the end. */
  next(): number {
    if (this.#bytes.remaining === 0) return 0;
    const { offset } = this.#bytes;
    this.#varint();
    this.#wire = this.#low & 7;
    const field = (this.#low >>> 3) + this.#high * 0x2000_0000;
    if (field === 0) throw this.#bytes.malformed('a field with the number 0', offset);
    return field;
  }

  /** A whole number with a sign, as all of etcd's are. */
  number(): number {
    const { offset } = this.#bytes;
    this.#expect(wireVarint);
    this.#varint();
    const value = (this.#high | 0) * 0x1_0000_0000 + this.#low;
    if (!Number.isSafeInteger(value))
      throw this.#bytes.malformed('a number beyond what a program can count', offset);
    return value;
  }

  flag(): boolean {
    this.#expect(wireVarint);
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }

  /** A number of 64 bits in hexadecimal digits; '' for 0. */
  hexadecimal(): string {
    this.#expect(wireVarint);
    this.#varint();
    if (this.#high !== 0) return this.#high.toString(16) + this.#low.toString(16).padStart(8, '0');
    return this.#low === 0 ? '' : this.#low.toString(16);
  }

  block(): Uint8Array {
    this.#expect(wireBytes);
    return this.#bytes.block();
  }

  text(): string {
    this.#expect(wireBytes);
    return this.#bytes.text();
  }

  skip(): void {
    switch (this.#wire) {
      case wireVarint:
        this.#varint();
        return;
      case wireFixed64:
        this.#bytes.raw(8);
        return;
      case wireBytes:
        this.#bytes.block();
        return;
      case wireFixed32:
        this.#bytes.raw(4);
        return;
      default:
        throw this.#bytes.malformed(`the unknown wire type ${this.#wire}`, this.#bytes.offset);
    }
  }

  #expect(wire: number): void {
    if (this.#wire === wire) return;
    const problem = `wire type ${this.#wire} where ${wire} belongs`;
    throw this.#bytes.malformed(problem, this.#bytes.offset);
  }

  /** Up to ten bytes of seven bits. */
  #varint(): void {
    const { offset } = this.#bytes;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes.u8();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw this.#bytes.malformed('a number of more than ten bytes', offset);
  }
}
