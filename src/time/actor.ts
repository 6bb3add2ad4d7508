/**
 * Whoever makes events and counts them: a replica, a node, a client. Its name is a key of every vector and travels
 * in all of them, so it is short; and it is ordered and compared by everybody alike, so it is text that UTF-8 can
 * carry. Vectors list actors in the order of `<`, which is that of UTF-16 code units.
 */
import { type ByteReader, type ByteWriter, invalidOption } from '../base/index.ts';

/** In bytes of UTF-8: a length of one byte is then the only way to write it. */
const actorBytesMax = 127;

/** What is shorter in characters fits in any case. */
const surelyFits = Math.floor(actorBytesMax / 3);
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function checkActor(actor: string): void {
  if (
    typeof actor === 'string' &&
    actor.length > 0 &&
    actor.isWellFormed() &&
    (actor.length <= surelyFits || encoder.encode(actor).length <= actorBytesMax)
  )
    return;
  throw invalidOption('actor', actor, `a text of 1 to ${actorBytesMax} bytes without lone surrogates`);
}

export function compareTexts(left: string, right: string): -1 | 0 | 1 {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function encodeActor(writer: ByteWriter, actor: string): void {
  writer.text(actor);
}

/** The next actor of a list that is in order, each behind `previous`; undefined before the first. */
export function decodeActor(reader: ByteReader, previous: string | undefined): string {
  const start = reader.offset;
  const length = reader.u8();
  if (length === 0 || length > actorBytesMax) throw reader.malformed('an actor of no fitting length', start);
  const actor = actorText(reader, length);
  if (previous !== undefined && previous >= actor) {
    throw reader.malformed('an actor that is not behind the one before it', start);
  }
  return actor;
}

/** A number in its shortest form: of two ways to write it one would be another value to whoever compares bytes. */
export function decodeShortest(reader: ByteReader, least: number): number {
  const start = reader.offset;
  const value = reader.varint();
  const bytes = reader.offset - start;
  if (bytes > 1 && value < 2 ** (7 * (bytes - 1))) {
    throw reader.malformed('a number that is longer than it need be', start);
  }
  if (value < least) throw reader.malformed(`${value} where at least ${least} must be`, start);
  return value;
}

/** How many entries follow, each of at least `bytesEach`: more than the bytes can hold is refused before it is believed. */
export function decodeCount(reader: ByteReader, bytesEach: number): number {
  const start = reader.offset;
  const count = decodeShortest(reader, 0);
  if (count * bytesEach > reader.remaining)
    throw reader.malformed(`${count} entries in too few bytes`, start);
  return count;
}

function actorText(reader: ByteReader, length: number): string {
  const start = reader.offset;
  const bytes = reader.raw(length);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw reader.malformed('an actor that is not UTF-8', start, cause);
  }
}
