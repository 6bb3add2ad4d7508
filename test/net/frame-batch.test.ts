/** Frames that gather, turn by turn, in memory that is kept, given away or expected. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32 } from '../../src/base/index.ts';
import { FrameBatch, FrameReader, framePayloadBytesMax } from '../../src/net/index.ts';
import { patterned, sameBytes } from '../ports/expectations.ts';

test('whatever the turns bring, each write holds its frames, and stays as it was when the next one gathers', () => {
  const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 60_000, max: 200_000 }));
  fc.assert(
    fc.property(fc.array(fc.array(size, { maxLength: 4 }), { maxLength: 8 }), (turns) => {
      const batch = new FrameBatch(crc32);
      const writes = turns.map((sizes, turn) => {
        for (const length of sizes) batch.add((writer) => writer.raw(patterned(length, turn)));
        assert.equal(batch.length > 0, sizes.length > 0);
        return batch.take();
      });
      const seen: Uint8Array[] = [];
      const frames = new FrameReader({ payloadBytesMax: () => framePayloadBytesMax });
      for (const bytes of writes) frames.push(bytes, (payload) => seen.push(payload));
      const expected = turns.flatMap((sizes, turn) => sizes.map((length) => patterned(length, turn)));
      assert.equal(seen.length, expected.length);
      for (const [place, payload] of seen.entries())
        sameBytes(payload, expected[place] as Uint8Array, `frame ${place}`);
      assert.equal(batch.length, 0);
    }),
    { numRuns: 60 },
  );
});

test('what is dropped is not sent with what comes next', () => {
  const batch = new FrameBatch(crc32);
  batch.add((writer) => writer.u32(1));
  batch.reset();
  assert.deepEqual([batch.length, batch.take().length], [0, 0]);
});
