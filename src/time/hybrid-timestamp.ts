/**
 * A moment of a hybrid logical clock: milliseconds since 1970 in 48 bits, and in 16 bits a counter that tells events
 * of one millisecond apart. As one number of 64 bits, and as eight bytes with the highest first, timestamps compare
 * as the moments do, so they can be a part of a key.
 */
import { ByteReader, invalidOption } from '../base/index.ts';
import { wholeNumber } from './figures.ts';

export interface HybridTimestamp {
  readonly wallMs: number;
  readonly counter: number;
}

export const hybridWallMsMax: number = 2 ** 48 - 1;
export const hybridCounterMax = 0xffff;

/** The order of moments. It is total over the moments, not over events: nodes may make the same one. */
export function compareHybrid(left: HybridTimestamp, right: HybridTimestamp): -1 | 0 | 1 {
  if (left.wallMs !== right.wallMs) return left.wallMs < right.wallMs ? -1 : 1;
  if (left.counter === right.counter) return 0;
  return left.counter < right.counter ? -1 : 1;
}

export function packHybrid(timestamp: HybridTimestamp): bigint {
  checkHybrid(timestamp);
  return (BigInt(timestamp.wallMs) << 16n) | BigInt(timestamp.counter);
}

export function unpackHybrid(packed: bigint): HybridTimestamp {
  if (typeof packed !== 'bigint' || packed < 0n || packed >= 1n << 64n) {
    throw invalidOption('packed', packed, 'a bigint of 64 bits without a sign');
  }
  return { wallMs: Number(packed >> 16n), counter: Number(packed & 0xffffn) };
}

/** Eight bytes, the highest first. */
export function encodeHybrid(timestamp: HybridTimestamp): Uint8Array {
  checkHybrid(timestamp);
  const bytes = new Uint8Array(8);
  let rest = timestamp.wallMs;
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  bytes[6] = timestamp.counter >>> 8;
  bytes[7] = timestamp.counter & 0xff;
  return bytes;
}

export function decodeHybrid(bytes: Uint8Array): HybridTimestamp {
  const reader = new ByteReader(bytes, 'hybrid timestamp');
  let wallMs = 0;
  for (let place = 0; place < 6; place += 1) wallMs = wallMs * 0x100 + reader.u8();
  const counter = reader.u8() * 0x100 + reader.u8();
  reader.end();
  return { wallMs, counter };
}

export function checkHybrid({ wallMs, counter }: HybridTimestamp): void {
  wholeNumber('wallMs of the timestamp', wallMs, 0, hybridWallMsMax);
  wholeNumber('counter of the timestamp', counter, 0, hybridCounterMax);
}
