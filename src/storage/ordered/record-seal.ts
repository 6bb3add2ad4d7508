/**
 * The checksum behind each value on disk, over the key and the value. LMDB has none of its own: a flipped bit
 * would be read as data, agreed with nobody, and one day be served by a leader.
 */
import type { Checksum } from '../checksum.ts';

export const checksumBytes = 4;

export class RecordSeal {
  readonly #checksum: Checksum;

  constructor(checksum: Checksum) {
    this.#checksum = checksum;
  }

  /** Writes the checksum behind the value, which is `length` bytes from `at` on in `record`. */
  write(key: Uint8Array, record: Uint8Array, at: number, length: number): void {
    const end = at + length;
    const sum = this.#checksum(record.subarray(at, end), this.#checksum(key, 0));
    record[end] = sum;
    record[end + 1] = sum >>> 8;
    record[end + 2] = sum >>> 16;
    record[end + 3] = sum >>> 24;
  }

  /** Whether `stored`, a value with its checksum, is what was written for `key`. */
  holds(key: Uint8Array, stored: Uint8Array): boolean {
    const end = stored.length - checksumBytes;
    if (end < 0) return false;
    const sum = this.#checksum(stored.subarray(0, end), this.#checksum(key, 0));
    return (
      stored[end] === (sum & 0xff) &&
      stored[end + 1] === ((sum >>> 8) & 0xff) &&
      stored[end + 2] === ((sum >>> 16) & 0xff) &&
      stored[end + 3] === sum >>> 24
    );
  }
}
