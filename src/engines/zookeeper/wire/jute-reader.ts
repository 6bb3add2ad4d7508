/**
 * Reads jute, the binary form of ZooKeeper's records: big-endian, lengths in front. Bytes come from whoever listens
 * at an address, so every read is checked against the end, and a count takes no memory that the bytes behind it have
 * not paid for. Buffers come back as views.
 */
import { QuorateError } from '../../../base/index.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class JuteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  /** `what` names the record in errors. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  flag(): boolean {
    return this.#bytes[this.#take(1)] !== 0;
  }

  int(): number {
    return this.#view.getInt32(this.#take(4));
  }

  /** A 64-bit number that is counted up, such as a transaction's; beyond 2⁵³ − 1 it is refused. */
  long(): number {
    const at = this.#take(8);
    const value = this.#view.getInt32(at) * 0x1_0000_0000 + this.#view.getUint32(at + 4);
    if (!Number.isSafeInteger(value)) throw this.malformed('a number beyond 2^53 - 1', at);
    return value;
  }

  /** A 64-bit number that only names something, in hexadecimal. */
  id(): string {
    const at = this.#take(8);
    const word = (place: number): string => this.#view.getUint32(place).toString(16).padStart(8, '0');
    return word(at) + word(at + 4);
  }

  /** Absent data, which has the length -1, is empty data here. */
  buffer(): Uint8Array {
    const length = this.int();
    if (length === -1) return this.#bytes.subarray(0, 0);
    if (length < 0) throw this.malformed(`a length of ${length}`, this.#at - 4);
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(): string {
    const at = this.#at;
    try {
      return utf8.decode(this.buffer());
    } catch (cause) {
      if (cause instanceof QuorateError) throw cause;
      throw this.malformed('text that is not UTF-8', at, cause);
    }
  }

  texts(): string[] {
    const count = this.int();
    // Each takes four bytes at least.
    if (count > this.remaining / 4) throw this.malformed(`a count of ${count}`, this.#at - 4);
    const texts: string[] = [];
    for (let left = count; left > 0; left -= 1) texts.push(this.text());
    return texts;
  }

  malformed(problem: string, offset: number, cause?: unknown): QuorateError<'malformed-bytes'> {
    return new QuorateError({
      code: 'malformed-bytes',
      message: `${this.#what}: ${problem} at offset ${offset}`,
      data: { what: this.#what, offset },
      cause,
    });
  }

  #take(wanted: number): number {
    const at = this.#at;
    const available = this.remaining;
    if (wanted > available) {
      throw new QuorateError({
        code: 'out-of-bounds',
        message: `${this.#what}: ${wanted} bytes wanted at offset ${at}, but ${available} are there`,
        data: { what: this.#what, offset: at, wanted, available },
      });
    }
    this.#at = at + wanted;
    return at;
  }
}
