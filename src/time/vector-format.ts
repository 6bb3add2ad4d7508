/**
 * Vectors as bytes: a number that says which kind it is, the number of entries, and for each actor, in order, its
 * name and its events as varints. There is one way to write a vector, and the decoders refuse every other: equal
 * vectors are equal bytes, so bytes can be compared, hashed and used as keys.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';
import { decodeActor, decodeCount, decodeShortest, encodeActor } from './actor.ts';
import { type EventRange, PrunedVector } from './pruned-vector.ts';
import { VersionVector } from './version-vector.ts';

/** Which vector some bytes are: one read as another would be a lie about causes. */
const exactFormat = 1;
const prunedFormat = 2;

/** A length, a character, a number. */
const entryBytesMin = 3;

export function encodeVersionVector(vector: VersionVector): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u8(exactFormat);
  writer.varint(vector.size);
  for (const [actor, events] of vector.entries()) {
    encodeActor(writer, actor);
    writer.varint(events);
  }
  return writer.copy();
}

export function decodeVersionVector(bytes: Uint8Array): VersionVector {
  const reader = new ByteReader(bytes, 'version vector');
  decodeFormat(reader, exactFormat);
  const entries: [string, number][] = [];
  let previous: string | undefined;
  for (let count = decodeCount(reader, entryBytesMin); count > 0; count -= 1) {
    previous = decodeActor(reader, previous);
    entries.push([previous, decodeShortest(reader, 1)]);
  }
  reader.end();
  return VersionVector.of(entries);
}

/** Behind the count the bound of the unlisted; for each actor the least, and how far the most is above it. */
export function encodePrunedVector(vector: PrunedVector): Uint8Array {
  const writer = new ByteWriter(64);
  writer.u8(prunedFormat);
  writer.varint(vector.unlistedMost);
  writer.varint(vector.size);
  for (const [actor, { least, most }] of vector.entries()) {
    encodeActor(writer, actor);
    writer.varint(least);
    writer.varint(most - least);
  }
  return writer.copy();
}

export function decodePrunedVector(bytes: Uint8Array): PrunedVector {
  const reader = new ByteReader(bytes, 'pruned vector');
  decodeFormat(reader, prunedFormat);
  const unlistedMost = decodeShortest(reader, 0);
  const entries: [string, EventRange][] = [];
  let previous: string | undefined;
  for (let count = decodeCount(reader, entryBytesMin + 1); count > 0; count -= 1) {
    previous = decodeActor(reader, previous);
    entries.push([previous, decodeRange(reader)]);
  }
  reader.end();
  return PrunedVector.of(entries, unlistedMost);
}

function decodeRange(reader: ByteReader): EventRange {
  const start = reader.offset;
  const least = decodeShortest(reader, 1);
  const most = least + decodeShortest(reader, 0);
  if (!Number.isSafeInteger(most)) throw reader.malformed('more events than can be counted', start);
  return { least, most };
}

export function decodeFormat(reader: ByteReader, format: number): void {
  const found = reader.u8();
  if (found !== format) throw reader.malformed(`format ${found} where ${format} must be`, 0);
}
