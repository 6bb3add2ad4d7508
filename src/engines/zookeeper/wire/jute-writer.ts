/** Writes jute, the binary form of ZooKeeper's records, into one growing buffer. */
import { assert } from '../../../base/index.ts';

const utf8 = new TextEncoder();

export class JuteWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  flag(value: boolean): void {
    const at = this.#room(1);
    this.#bytes[at] = value ? 1 : 0;
  }

  int(value: number): void {
    assert(Number.isInteger(value) && value === (value | 0), 'a field of 32 bits holds its value');
    // Making room may replace the view.
    const at = this.#room(4);
    this.#view.setInt32(at, value);
  }

  long(value: number): void {
    assert(Number.isSafeInteger(value), 'a field of 64 bits holds a whole number');
    const at = this.#room(8);
    this.#view.setInt32(at, Math.floor(value / 0x1_0000_0000));
    this.#view.setUint32(at + 4, value % 0x1_0000_0000);
  }

  /** Sixteen digits in hexadecimal. */
  id(value: string): void {
    assert(/^[0-9a-f]{16}$/.test(value), 'a name of 64 bits has sixteen digits');
    const at = this.#room(8);
    this.#view.setUint32(at, Number.parseInt(value.slice(0, 8), 16));
    this.#view.setUint32(at + 4, Number.parseInt(value.slice(8), 16));
  }

  buffer(bytes: Uint8Array): void {
    this.int(bytes.length);
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  text(text: string): void {
    this.buffer(utf8.encode(text));
  }

  /** What was written, behind its length. */
  framed(): Uint8Array {
    const frame = new Uint8Array(4 + this.#length);
    new DataView(frame.buffer).setInt32(0, this.#length);
    frame.set(this.#bytes.subarray(0, this.#length), 4);
    return frame;
  }

  #room(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
