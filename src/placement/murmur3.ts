/**
 * MurmurHash3, x86, 32 bits (Appleby 2011): the hash that turns a key into a position. Thirty-two bits are enough
 * for that, because a ring of 100,000 points still has 40,000 positions between two of them, and JavaScript
 * multiplies them without BigInt. Not for secrets, nor against an enemy who chooses keys.
 */
import { bytesOf, type Key } from './key.ts';

const first = 0xcc9e_2d51;
const second = 0x1b87_3593;

/** A whole number in [0, 2³²). */
export function murmur3(key: Key, seed = 0): number {
  return hashOf(key, seed) >>> 0;
}

/**
 * The same 32 bits as a signed number. Such numbers pass between functions as they are, while half of the unsigned
 * ones would be put into an object each, which costs more than the hash.
 */
export function hashOf(key: Key, seed = 0): number {
  return typeof key === 'string' ? hashOfText(key, seed) : hashOfBytes(key, seed);
}

/** The finish of MurmurHash3 by itself: each bit of the input changes each bit of the output half of the time. Signed. */
export function mixed(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}

function hashOfBytes(bytes: Uint8Array, seed: number): number {
  const { length } = bytes;
  let hash = seed | 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash = stirred(hash, word);
  }
  let rest = 0;
  for (let shift = 0; at < length; at += 1, shift += 8) rest |= (bytes[at] as number) << shift;
  return mixed(hash ^ scrambled(rest) ^ length);
}

/** Reads the text where it lies, and has been for nothing where that is not ASCII. */
function hashOfText(text: string, seed: number): number {
  const { length } = text;
  let hash = seed | 0;
  let seen = 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    const unit0 = text.charCodeAt(at);
    const unit1 = text.charCodeAt(at + 1);
    const unit2 = text.charCodeAt(at + 2);
    const unit3 = text.charCodeAt(at + 3);
    seen |= unit0 | unit1 | unit2 | unit3;
    hash = stirred(hash, unit0 | (unit1 << 8) | (unit2 << 16) | (unit3 << 24));
  }
  let rest = 0;
  for (let shift = 0; at < length; at += 1, shift += 8) {
    const unit = text.charCodeAt(at);
    seen |= unit;
    rest |= unit << shift;
  }
  return seen < 0x80 ? mixed(hash ^ scrambled(rest) ^ length) : hashOfBytes(bytesOf(text), seed);
}

function stirred(hash: number, word: number): number {
  const stirring = hash ^ scrambled(word);
  return (Math.imul((stirring << 13) | (stirring >>> 19), 5) + 0xe654_6b64) | 0;
}

function scrambled(word: number): number {
  const once = Math.imul(word, first);
  return Math.imul((once << 15) | (once >>> 17), second);
}
