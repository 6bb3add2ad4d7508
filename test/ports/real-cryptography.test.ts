/** Sealed messages against a published vector, and against every way to be wrong by one bit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realCryptography } from '../../src/ports/real/index.ts';
import { patterned } from './expectations.ts';

const cryptography = realCryptography();

/** Test case 16 of the paper that proposes GCM (McGrew and Viega). */
const vector = {
  key: bytesOf('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308'),
  nonce: bytesOf('cafebabefacedbaddecaf888'),
  message: bytesOf(
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
      '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
  ),
  associated: bytesOf('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
};
const sealedVector = bytesOf(
  '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
    '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
    '76fc6ece0f4e1768cddf8853bb2d551b',
);

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

test('a message is sealed as the published vector says, and opened again', () => {
  assert.deepEqual(cryptography.seal(vector), sealedVector);
  const { key, nonce, associated, message } = vector;
  assert.deepEqual(cryptography.open({ key, nonce, associated, sealed: sealedVector }), message);
});

test('messages of any length come back, the empty one too', () => {
  for (const length of [0, 1, 15, 16, 17, 1_400, 70_000]) {
    const message = patterned(length, length);
    const sealed = cryptography.seal({ ...vector, message });
    assert.equal(sealed.length, length + 16);
    assert.deepEqual(cryptography.open({ ...vector, sealed }), message);
  }
});

test('one bit that differs anywhere opens nothing', () => {
  const request = { ...vector, sealed: sealedVector };
  for (const name of ['key', 'nonce', 'associated', 'sealed'] as const) {
    const bits = request[name].length * 8;
    for (let bit = 0; bit < bits; bit += 1) {
      const damaged = { ...request, [name]: flipped(request[name], bit) };
      assert.equal(cryptography.open(damaged), undefined, `${name}, bit ${bit}`);
    }
  }
});

test('what is shorter than a tag opens nothing, and sizes that cannot be are mistakes', () => {
  for (let length = 0; length < 16; length += 1) {
    assert.equal(cryptography.open({ ...vector, sealed: sealedVector.slice(0, length) }), undefined);
  }
  assert.throws(() => cryptography.seal({ ...vector, key: vector.key.slice(1) }), /32 bytes, not 31/);
  assert.throws(() => cryptography.seal({ ...vector, nonce: patterned(13) }), /12 bytes, not 13/);
});
