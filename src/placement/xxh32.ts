/**
 * xxHash, 32 bits (Collet 2012): a second hash that has nothing in common with the first. Maglev needs two that are
 * independent, and it is the faster one on long keys.
 */
import { asciiBuffer, asciiInto, bytesOf, type Key } from './key.ts';

const prime1 = 0x9e37_79b1;
const prime2 = 0x85eb_ca77;
const prime3 = 0xc2b2_ae3d;
const prime4 = 0x27d4_eb2f;
const prime5 = 0x1656_67b1;

/** A whole number in [0, 2³²). */
export function xxh32(key: Key, seed = 0): number {
  if (typeof key !== 'string') return hashOf(key, key.length, seed);
  const length = asciiInto(key);
  if (length >= 0) return hashOf(asciiBuffer, length, seed);
  const bytes = bytesOf(key);
  return hashOf(bytes, bytes.length, seed);
}

function hashOf(bytes: Uint8Array, length: number, seed: number): number {
  const striped = length - (length % 16);
  let hash = (striped === 0 ? seed + prime5 : stripes(bytes, striped, seed)) | 0;
  hash = (hash + length) | 0;
  let at = striped;
  for (; at + 4 <= length; at += 4) {
    hash = (hash + Math.imul(wordAt(bytes, at), prime3)) | 0;
    hash = Math.imul((hash << 17) | (hash >>> 15), prime4);
  }
  for (; at < length; at += 1) {
    hash = (hash + Math.imul(bytes[at] as number, prime5)) | 0;
    hash = Math.imul((hash << 11) | (hash >>> 21), prime1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Four lanes, each of which takes every fourth word. */
function stripes(bytes: Uint8Array, striped: number, seed: number): number {
  let lane1 = (seed + prime1 + prime2) | 0;
  let lane2 = (seed + prime2) | 0;
  let lane3 = seed | 0;
  let lane4 = (seed - prime1) | 0;
  for (let at = 0; at < striped; at += 16) {
    lane1 = round(lane1, wordAt(bytes, at));
    lane2 = round(lane2, wordAt(bytes, at + 4));
    lane3 = round(lane3, wordAt(bytes, at + 8));
    lane4 = round(lane4, wordAt(bytes, at + 12));
  }
  const low = ((lane1 << 1) | (lane1 >>> 31)) + ((lane2 << 7) | (lane2 >>> 25));
  return low + ((lane3 << 12) | (lane3 >>> 20)) + ((lane4 << 18) | (lane4 >>> 14));
}

function round(lane: number, word: number): number {
  const sum = (lane + Math.imul(word, prime2)) | 0;
  return Math.imul((sum << 13) | (sum >>> 19), prime1);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}
