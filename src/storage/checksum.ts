/**
 * The checksum of everything this room writes is CRC-32 as zlib computes it. Rooms above may pass the
 * platform's native routine, which is several times as fast; both give the same value.
 */

/** The CRC-32 of `bytes` behind data whose CRC-32 is `seed`. */
export type Checksum = (bytes: Uint8Array, seed: number) => number;
