/**
 * Dotted versions as bytes, their values bytes too: for each actor, in order, its name, its events, and the values of
 * the last of them, the newest first, each behind its length. One way to write each, as with vectors.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';
import { decodeActor, decodeCount, decodeShortest, encodeActor } from './actor.ts';
import { type ActorEvents, DottedVersions } from './dotted-versions.ts';
import { decodeFormat } from './vector-format.ts';

const dottedFormat = 3;

/** A length, a character, the events, the count of values. */
const entryBytesMin = 4;

export function encodeDottedVersions(versions: DottedVersions<Uint8Array>): Uint8Array {
  const writer = new ByteWriter(256);
  const entries = [...versions.entries()];
  writer.u8(dottedFormat);
  writer.varint(entries.length);
  for (const [actor, { events, values }] of entries) {
    encodeActor(writer, actor);
    writer.varint(events);
    writer.varint(values.length);
    for (const value of values) writer.block(value);
  }
  return writer.copy();
}

/** The values are views of `bytes`. */
export function decodeDottedVersions(bytes: Uint8Array): DottedVersions<Uint8Array> {
  const reader = new ByteReader(bytes, 'dotted versions');
  decodeFormat(reader, dottedFormat);
  const entries: [string, ActorEvents<Uint8Array>][] = [];
  let previous: string | undefined;
  for (let count = decodeCount(reader, entryBytesMin); count > 0; count -= 1) {
    previous = decodeActor(reader, previous);
    entries.push([previous, decodeKnown(reader)]);
  }
  reader.end();
  return DottedVersions.of(entries);
}

function decodeKnown(reader: ByteReader): ActorEvents<Uint8Array> {
  const events = decodeShortest(reader, 1);
  const start = reader.offset;
  const count = decodeCount(reader, 1);
  if (count > events) throw reader.malformed(`${count} values of ${events} events`, start);
  const values: Uint8Array[] = [];
  while (values.length < count) values.push(reader.raw(decodeShortest(reader, 0)));
  return { events, values };
}
