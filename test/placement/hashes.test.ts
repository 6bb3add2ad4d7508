/**
 * The hashes, against what others have published: MurmurHash3 by the vectors that make the rounds with what each of
 * them is to catch, xxHash by those of its specification and of its reference library, jump by those of its ports
 * and by the generator of the paper written down in BigInt.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jumpHash, murmur3, xxh32 } from '../../src/placement/index.ts';
import { naturalLogarithm } from '../../src/placement/natural-logarithm.ts';

const alphabet = 'abcdefghijklmnopqrstuvwxyz';

const murmurVectors: readonly (readonly [key: string | readonly number[], seed: number, hash: number])[] = [
  ['', 0, 0],
  ['', 1, 0x514e_28b7],
  ['', 0xffff_ffff, 0x81f1_6f39],
  [[0xff, 0xff, 0xff, 0xff], 0, 0x7629_3b50],
  [[0x21, 0x43, 0x65, 0x87], 0, 0xf55b_516b],
  [[0x21, 0x43, 0x65, 0x87], 0x5082_edee, 0x2362_f9de],
  [[0x21, 0x43, 0x65], 0, 0x7e4a_8634],
  [[0x21, 0x43], 0, 0xa0f7_b07a],
  [[0x21], 0, 0x7266_1cf4],
  [[0, 0, 0, 0], 0, 0x2362_f9de],
  [[0, 0, 0], 0, 0x85f0_b427],
  [[0, 0], 0, 0x30f4_c306],
  [[0], 0, 0x514e_28b7],
];

for (const [key, seed, hash] of murmurVectors) {
  test(`murmur3 of ${JSON.stringify(key)} with seed ${seed}`, () => {
    assert.equal(murmur3(typeof key === 'string' ? key : Uint8Array.from(key), seed), hash);
  });
}

const xxhVectors: readonly (readonly [key: string, seed: number, hash: number])[] = [
  ['', 0, 0x02cc_5d05],
  ['', 0x9e37_79b1, 0x36b7_8ae7],
  ['a', 0, 0x550d_7456],
  ['abc', 0, 0x32d1_53ff],
  ['message digest', 0, 0x7c94_8494],
  [alphabet, 0, 0x63a1_4d5f],
  [`${alphabet.toUpperCase()}${alphabet}0123456789`, 0, 0x9c28_5e64],
  ['1234567890'.repeat(8), 0, 0x9c05_f475],
];

for (const [key, seed, hash] of xxhVectors) {
  test(`xxh32 of ${JSON.stringify(key)} with seed ${seed}`, () => {
    assert.equal(xxh32(key, seed), hash);
  });
}

test('a text is hashed as its UTF-8 form, whatever it holds and however long it is', () => {
  const encoder = new TextEncoder();
  const texts = fc.oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 70 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom('x'.repeat(1_024), 'x'.repeat(1_025), 'ä'.repeat(2_000)),
  );
  fc.assert(
    fc.property(texts, fc.nat(), (text, seed) => {
      const bytes = encoder.encode(text);
      assert.equal(murmur3(text, seed), murmur3(bytes, seed));
      assert.equal(xxh32(text, seed), xxh32(bytes, seed));
    }),
  );
});

const jumpVectors: readonly (readonly [low: number, buckets: number, bucket: number])[] = [
  [1, 1, 0],
  [42, 57, 43],
  [0xdead_10cc, 1, 0],
  [0xdead_10cc, 666, 361],
  [256, 1_024, 520],
];

for (const [low, buckets, bucket] of jumpVectors) {
  test(`jump of ${low} over ${buckets} buckets`, () => {
    assert.equal(jumpHash(low, 0, buckets), bucket);
  });
}

/** Figure 1 of the paper. */
function jumpOfThePaper(key: bigint, buckets: number): number {
  let state = key;
  let bucket = -1;
  let next = 0;
  while (next < buckets) {
    bucket = next;
    state = BigInt.asUintN(64, state * 2862933555777941757n + 1n);
    next = Math.floor((bucket + 1) * (2 ** 31 / (Number(state >> 33n) + 1)));
  }
  return bucket;
}

test('jump in halves of 32 bits is the jump of the paper', () => {
  const half = fc.nat({ max: 0xffff_ffff });
  fc.assert(
    fc.property(half, half, fc.integer({ min: 1, max: 100_000 }), (low, high, buckets) => {
      const key = (BigInt(high) << 32n) | BigInt(low);
      assert.equal(jumpHash(low, high, buckets), jumpOfThePaper(key, buckets));
    }),
    { numRuns: 2_000 },
  );
});

test('as many buckets as there may be are no more than 31 bits hold', () => {
  const half = fc.nat({ max: 0xffff_ffff });
  fc.assert(
    fc.property(half, fc.integer({ min: 0x4000_0000, max: 0x7fff_ffff }), (low, buckets) => {
      const bucket = jumpHash(low, 0, buckets);
      assert.equal(bucket, jumpOfThePaper(BigInt(low), buckets));
    }),
    { numRuns: 2_000 },
  );
});

test('the one added to the lower half carries into the upper one', () => {
  // The inverse of the multiplier: its product is 1 modulo 2^64, so that of its negation is all ones.
  let inverse = 1n;
  for (let round = 0; round < 7; round += 1) {
    inverse = BigInt.asUintN(64, inverse * (2n - 2862933555777941757n * inverse));
  }
  const key = BigInt.asUintN(64, -inverse);
  const [low, high] = [Number(key & 0xffff_ffffn), Number(key >> 32n)];
  assert.equal(jumpHash(low, high, 1_000), jumpOfThePaper(key, 1_000));
});

test('the logarithm is that of the language to the last bits', () => {
  fc.assert(
    fc.property(fc.nat({ max: 0xffff_ffff }), (drawn) => {
      const value = (drawn + 0.5) / 2 ** 32;
      const expected = Math.log(value);
      assert.ok(Math.abs(naturalLogarithm(value) - expected) <= 4e-15 * Math.max(-expected, 1e-9));
    }),
    { numRuns: 2_000 },
  );
});
