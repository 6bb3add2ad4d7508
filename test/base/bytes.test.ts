/**
 * The writer and the reader of binary formats: what one writes the other reads, and bytes from a stranger are
 * refused with an error value, whatever they are and however they are read.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader, ByteWriter, isQuorateError } from '../../src/base/index.ts';

const largest = Number.MAX_SAFE_INTEGER;

type Field =
  | { readonly kind: 'u8' | 'u16' | 'u32' | 'u64' | 'varint'; readonly value: number }
  | { readonly kind: 'block'; readonly value: Uint8Array }
  | { readonly kind: 'text'; readonly value: string };

const wholeNumber = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 2 ** 32 - 1, 2 ** 32, largest),
);

const field: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat({ max: 0xff }) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.nat({ max: 0xffff }) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.nat({ max: 0xffff_ffff }) }),
  fc.record({ kind: fc.constantFrom('u64' as const, 'varint' as const), value: wholeNumber }),
  fc.record({ kind: fc.constant('block' as const), value: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({
    kind: fc.constant('text' as const),
    value: fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary-ascii', maxLength: 100 })),
  }),
);

function write(writer: ByteWriter, { kind, value }: Field): void {
  switch (kind) {
    case 'block':
      return writer.block(value);
    case 'text':
      return writer.text(value);
    default:
      return writer[kind](value);
  }
}

test('what was written is read back, from a writer that grew or was reset', () => {
  fc.assert(
    fc.property(fc.array(field, { maxLength: 40 }), fc.integer({ min: 1, max: 64 }), (fields, capacity) => {
      const writer = new ByteWriter(capacity);
      writer.text('bytes of an earlier message');
      writer.reset();
      for (const each of fields) write(writer, each);

      const reader = new ByteReader(writer.copy(), 'message');
      for (const each of fields) assert.deepEqual(reader[each.kind](), each.value);
      reader.end();
      assert.equal(reader.offset, writer.length);
    }),
  );
});

const layouts: readonly (readonly [name: string, write: (writer: ByteWriter) => void, bytes: string])[] = [
  ['u16 is little-endian', (writer) => writer.u16(0x0102), '0201'],
  ['u32 is little-endian', (writer) => writer.u32(0x0102_0304), '04030201'],
  ['u64 is little-endian', (writer) => writer.u64(0x01_0203_0405_0607), '0706050403020100'],
  ['u64 holds 2^53 - 1', (writer) => writer.u64(largest), 'ffffffffffff1f00'],
  ['a varint below 128 is one byte', (writer) => writer.varint(127), '7f'],
  ['a varint from 128 on is two', (writer) => writer.varint(300), 'ac02'],
  ['a varint of 2^53 - 1 is eight', (writer) => writer.varint(largest), 'ffffffffffffff0f'],
  ['a block is its length and its bytes', (writer) => writer.block(Uint8Array.of(7, 8)), '020708'],
  ['a text is its length in bytes and UTF-8', (writer) => writer.text('é'), '02c3a9'],
  ['a byte order mark is a character like others', (writer) => writer.text('\ufeffa'), '04efbbbf61'],
  ['a lone surrogate becomes the replacement character', (writer) => writer.text('\ud800'), '03efbfbd'],
];

for (const [name, written, bytes] of layouts) {
  test(`on the wire ${name}`, () => {
    const writer = new ByteWriter(1);
    written(writer);
    assert.equal(Buffer.from(writer.bytes()).toString('hex'), bytes);
  });
}

test('a text keeps its leading byte order mark, as it keeps every other character', () => {
  const writer = new ByteWriter();
  writer.text('\ufeffkey');
  assert.equal(new ByteReader(writer.bytes(), 'text').text(), '\ufeffkey');
});

const unfit: readonly (readonly [kind: 'u8' | 'u16' | 'u32' | 'u64' | 'varint', value: number])[] = [
  ['u8', 256],
  ['u16', 65_536],
  ['u32', 2 ** 32],
  ['u64', 2 ** 53],
  ['varint', 2 ** 53],
  ...(['u8', 'u16', 'u32', 'u64', 'varint'] as const).flatMap((kind) =>
    [-1, 0.5, Number.NaN].map((value) => [kind, value] as const),
  ),
];

for (const [kind, value] of unfit) {
  test(`${value} does not fit into a ${kind}, and nothing of it is written`, () => {
    const writer = new ByteWriter();
    assert.throws(() => writer[kind](value), {
      name: 'AssertionFailure',
      message: new RegExp(String(value)),
    });
    assert.equal(writer.length, 0);
  });
}

test('a field that is known later is left as zeros, then filled', () => {
  const writer = new ByteWriter(1);
  writer.u8(9);
  const offset = writer.skip(4);
  writer.text('body');
  assert.deepEqual([...writer.bytes()].slice(0, 5), [9, 0, 0, 0, 0]);
  writer.patchU32(offset, writer.length);
  assert.deepEqual([...writer.bytes(offset)].slice(0, 4), [10, 0, 0, 0]);
});

test('zeros are left even where an earlier message lay', () => {
  const writer = new ByteWriter();
  writer.u32(0xffff_ffff);
  writer.reset();
  writer.skip(4);
  assert.deepEqual([...writer.bytes()], [0, 0, 0, 0]);
});

test('a patch outside of what was written is a mistake', () => {
  const writer = new ByteWriter();
  writer.u32(1);
  for (const offset of [-1, 1, 4]) {
    assert.throws(() => writer.patchU32(offset, 0), { name: 'AssertionFailure' });
  }
});

test('a copy is the reader’s own; a view is the writer’s', () => {
  const writer = new ByteWriter();
  writer.u8(1);
  const [copy, view] = [writer.copy(), writer.bytes()];
  writer.reset();
  writer.u8(2);
  assert.equal(copy[0], 1);
  assert.equal(view[0], 2);
});

test('blocks are views of the same memory, so that reading copies nothing', () => {
  const writer = new ByteWriter();
  writer.block(Uint8Array.of(1, 2, 3));
  const bytes = writer.copy();
  const block = new ByteReader(bytes, 'record').block();
  assert.equal(block.buffer, bytes.buffer);
  assert.equal(block.byteOffset, 1);
});

test('a reader of a slice reads the slice, not the memory around it', () => {
  const memory = Uint8Array.of(9, 9, 1, 0, 0, 0, 9, 9);
  const reader = new ByteReader(memory.subarray(2, 6), 'slice');
  assert.equal(reader.u32(), 1);
  assert.equal(reader.remaining, 0);
  assert.throws(() => reader.u8(), { code: 'out-of-bounds' });
});

const hostile: readonly (readonly [name: string, hex: string, read: keyof ByteReader, code: string])[] = [
  ['nothing at all', '', 'u8', 'out-of-bounds'],
  ['half a number', '0102', 'u32', 'out-of-bounds'],
  ['a block longer than what follows', 'ffffffff07', 'block', 'out-of-bounds'],
  ['a text of nearly 2^53 bytes', 'ffffffffffffff0f', 'text', 'out-of-bounds'],
  ['a varint that never ends', 'ffffffffffffffffffff', 'varint', 'malformed-bytes'],
  ['a zero in nine bytes', '808080808080808000', 'varint', 'malformed-bytes'],
  ['a varint cut short', 'ff', 'varint', 'out-of-bounds'],
  ['a varint of 2^53', '8080808080808010', 'varint', 'malformed-bytes'],
  ['a 64-bit number of 2^53', '0000000000002000', 'u64', 'malformed-bytes'],
  ['a 64-bit number of all ones', 'ffffffffffffffff', 'u64', 'malformed-bytes'],
  ['a text of broken UTF-8', '02c328', 'text', 'malformed-bytes'],
  ['bytes behind the end', '00', 'end', 'malformed-bytes'],
];

for (const [name, hex, read, code] of hostile) {
  test(`a stranger sends ${name}: refused as ${code}, with the format and the offset`, () => {
    const reader = new ByteReader(Buffer.from(hex, 'hex'), 'hello');
    assert.throws(
      () => (reader[read] as () => unknown).call(reader),
      (error) =>
        isQuorateError(error) &&
        error.code === code &&
        error.message.startsWith('hello: ') &&
        error.outcome === 'not-applied',
    );
  });
}

test('an error of a text keeps the decoder’s own as its cause', () => {
  assert.throws(
    () => new ByteReader(Uint8Array.of(1, 0xff), 'key').text(),
    (error) => isQuorateError(error) && error.cause instanceof TypeError,
  );
});

test('any bytes, read in any way, give values or an error with a code, and never a step outside', () => {
  const read = fc.constantFrom('u8', 'u16', 'u32', 'u64', 'varint', 'block', 'text', 'end');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.array(read, { maxLength: 20 }), (bytes, reads) => {
      const reader = new ByteReader(bytes, 'frame');
      for (const name of reads) {
        const before = reader.offset;
        try {
          reader[name as 'u8']();
        } catch (error) {
          assert.ok(isQuorateError(error), String(error));
          assert.ok(error.code === 'malformed-bytes' || error.code === 'out-of-bounds', error.code);
        }
        assert.ok(reader.offset >= before && reader.offset <= bytes.length);
        assert.equal(reader.remaining, bytes.length - reader.offset);
      }
    }),
  );
});

test('a length that is no whole number from 0 on is a mistake, and moves nothing', () => {
  const reader = new ByteReader(new Uint8Array(8), 'frame');
  reader.u32();
  for (const length of [-1, 0.5, Number.NaN]) {
    assert.throws(() => reader.raw(length), { name: 'AssertionFailure' });
  }
  assert.equal(reader.offset, 4);
});

test('a writer without room to begin with is a mistake', () => {
  assert.throws(() => new ByteWriter(0), { name: 'AssertionFailure' });
});
