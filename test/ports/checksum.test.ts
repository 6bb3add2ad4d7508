import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { nativeCrc32 } from '../../src/ports/real/index.ts';

test('blocks of every length have the checksum of zlib, also behind others', () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, place) => place * 37);
  for (let length = 0; length <= bytes.length; length += 1) {
    const block = bytes.subarray(0, length);
    assert.equal(nativeCrc32(block), zlibCrc32(block), `${length} bytes`);
    assert.equal(
      nativeCrc32(block, 0xdead_beef),
      zlibCrc32(block, 0xdead_beef),
      `${length} bytes behind others`,
    );
  }
});
