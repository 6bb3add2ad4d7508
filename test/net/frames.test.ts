import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 as nativeCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { ByteWriter, crc32, isQuorateError } from '../../src/base/index.ts';
import { FrameReader, framePayloadBytesMax, writeFrame } from '../../src/net/index.ts';
import { patterned, sameBytes, throwsWith } from '../ports/expectations.ts';

const limit = 100_000;

function reader(payloadBytesMax: number = limit): FrameReader {
  return new FrameReader({ payloadBytesMax: () => payloadBytesMax });
}

function frames(...payloads: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(16);
  for (const payload of payloads) writeFrame(writer, crc32, () => writer.raw(payload));
  return writer.copy();
}

function header(length: number, check = 0): Uint8Array {
  const writer = new ByteWriter(8);
  writer.u32(length);
  writer.u32(check);
  return writer.copy();
}

function undelivered(): void {
  assert.fail('nothing is delivered');
}

/** What a reader makes of bytes that arrive in pieces. */
function read(stream: Uint8Array, cuts: readonly number[], into = reader()): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  for (const [place, from] of places.entries()) {
    const piece = stream.slice(from, places[place + 1] ?? stream.length);
    into.push(piece, (payload) => payloads.push(payload));
    // The network port lends its memory for the call only.
    piece.fill(0xdd);
  }
  return payloads;
}

test('frames that are cut anywhere come out as they went in, in memory of their own', () => {
  const payload = fc.uint8Array({ minLength: 1, maxLength: 300 });
  const cuts = fc.array(fc.nat(3_000), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(payload, { minLength: 1, maxLength: 8 }), cuts, (payloads, places) => {
      const seen = read(frames(...payloads), places);
      assert.equal(seen.length, payloads.length);
      for (const [place, sent] of payloads.entries())
        sameBytes(seen[place] as Uint8Array, sent, `payload ${place}`);
    }),
    { numRuns: 300 },
  );
});

test('a frame of many pieces is put together, however far it grows beyond its first room', () => {
  const payload = patterned(3_000_001);
  const stream = frames(payload);
  const into = reader(4_000_000);
  const seen: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += 65_536)
    into.push(stream.subarray(at, at + 65_536), (one) => seen.push(one));
  assert.equal(seen.length, 1);
  sameBytes(seen[0] as Uint8Array, payload, 'the payload');
});

test('a length of 4 GiB, of nothing, or of one byte too many is refused by its header alone', () => {
  for (const length of [0xffff_ffff, 0x8000_0000, 0, limit + 1]) {
    const error = throwsWith('frame-refused', () => reader().push(header(length), undelivered));
    assert.match(error.message, new RegExp(`length is ${length}, but may be 1 to ${limit}`));
  }
  reader().push(header(limit), undelivered);
});

test('a header that announces the largest frame costs the memory of what follows it, not of what it says', () => {
  const readers = Array.from({ length: 64 }, () => reader(framePayloadBytesMax));
  const before = process.memoryUsage().arrayBuffers;
  for (const into of readers) {
    into.push(header(framePayloadBytesMax), undelivered);
    into.push(patterned(1_000), undelivered);
  }
  const costBytes = process.memoryUsage().arrayBuffers - before;
  assert.ok(costBytes < 64 * (1 << 20), `64 headers of 64 MiB frames cost ${costBytes} bytes`);
});

test('one flipped bit anywhere in a frame never gives a wrong payload', () => {
  const sent = patterned(40, 3);
  const stream = frames(sent);
  for (let bit = 0; bit < stream.length * 8; bit += 1) {
    const damaged = stream.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    const seen: Uint8Array[] = [];
    try {
      reader(1_000).push(damaged, (payload) => seen.push(payload));
    } catch (error) {
      assert.ok(isQuorateError(error) && error.code === 'frame-refused');
    }
    assert.deepEqual(seen, [], `bit ${bit} is flipped`);
  }
});

test('the limit is asked for each frame, so that it can grow once the peer is known', () => {
  let payloadBytesMax = 4;
  const into = new FrameReader({ payloadBytesMax: () => payloadBytesMax });
  const seen: number[] = [];
  into.push(frames(patterned(4), patterned(500)), (payload) => {
    seen.push(payload.length);
    payloadBytesMax = 500;
  });
  assert.deepEqual(seen, [4, 500]);
});

test("the platform's checksum and ours make the same frames", () => {
  const native = (bytes: Uint8Array, seed = 0): number => nativeCrc32(bytes, seed);
  const writer = new ByteWriter(16);
  const payload = patterned(1_234);
  writeFrame(writer, native, () => writer.raw(payload));
  sameBytes(writer.copy(), frames(payload), 'the frame');
});

test('whatever a stranger sends, the reader delivers or refuses, and never more than was sent', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (pieces) => {
      const into = reader(1_000);
      let delivered = 0;
      try {
        for (const piece of pieces) {
          into.push(piece, (payload) => {
            delivered += payload.length;
          });
        }
      } catch (error) {
        assert.ok(isQuorateError(error) && error.code === 'frame-refused');
      }
      assert.ok(delivered <= pieces.reduce((sum, piece) => sum + piece.length, 0));
    }),
    { numRuns: 300 },
  );
});
