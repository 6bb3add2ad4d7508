/** The checksum against published values and against the platform's own, in one piece and in many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 as platformCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { crc32 } from '../../src/base/index.ts';

const known: readonly (readonly [text: string, checksum: number])[] = [
  ['', 0x0000_0000],
  ['a', 0xe8b7_be43],
  ['abc', 0x3524_41c2],
  ['123456789', 0xcbf4_3926],
  ['message digest', 0x2015_9d7f],
  ['The quick brown fox jumps over the lazy dog', 0x414f_a339],
];

for (const [text, checksum] of known) {
  test(`the checksum of "${text}" is the published one`, () => {
    assert.equal(crc32(new TextEncoder().encode(text)), checksum);
  });
}

test('32 zero bytes and 32 bytes of ones have the published checksums', () => {
  assert.equal(crc32(new Uint8Array(32)), 0x190a_55ad);
  assert.equal(crc32(new Uint8Array(32).fill(0xff)), 0xff6c_ab0b);
});

test('the platform computes the same for any bytes, wherever they lie in memory', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 9 }), (bytes, shift) => {
      const memory = new Uint8Array(bytes.length + shift + 5).fill(0xa5);
      memory.set(bytes, shift);
      const view = memory.subarray(shift, shift + bytes.length);
      assert.equal(crc32(view), platformCrc32(bytes));
    }),
  );
});

test('a checksum may be continued: piece by piece equals in one go', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }), (pieces) => {
      const whole = Buffer.concat(pieces);
      assert.equal(
        pieces.reduce((seed, piece) => crc32(piece, seed), 0),
        crc32(whole),
      );
    }),
  );
});

test('any single flipped bit changes the checksum', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(), (bytes, position) => {
      const damaged = bytes.slice();
      const bit = position % (bytes.length * 8);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.notEqual(crc32(damaged), crc32(bytes));
    }),
  );
});
