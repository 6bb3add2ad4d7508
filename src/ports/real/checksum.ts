/**
 * The platform's own CRC-32, which gives the same values as the portable one and is several times as fast on large
 * blocks. On short ones, such as the keys of records, the call alone takes longer than the portable one.
 */
import { crc32 } from 'node:zlib';
import { crc32 as portableCrc32 } from '../../base/index.ts';

/** Where the two take equally long, about. */
const shortBytesMax = 48;

export function nativeCrc32(bytes: Uint8Array, seed = 0): number {
  return bytes.length <= shortBytesMax ? portableCrc32(bytes, seed) : crc32(bytes, seed);
}
