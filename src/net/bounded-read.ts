/**
 * Reads that may be old, but not older than asked: how the bound travels in front of the question, and in front
 * of the answer what the node knows of its age.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';

export interface BoundedQuery {
  /** Whole milliseconds. */
  readonly staleMsMax: number;
  readonly query: Uint8Array;
}

export interface BoundedAnswer {
  /** The answer holds everything that was acknowledged so many milliseconds before it was given, and perhaps more. */
  readonly staleMs: number;
  readonly answer: Uint8Array;
}

export function encodeBoundedQuery({ staleMsMax, query }: BoundedQuery): Uint8Array {
  return encode(staleMsMax, query);
}

/** The query is a view of `bytes`. */
export function decodeBoundedQuery(bytes: Uint8Array): BoundedQuery {
  const reader = new ByteReader(bytes, 'bounded read');
  return { staleMsMax: reader.varint(), query: reader.raw(reader.remaining) };
}

export function encodeBoundedAnswer({ staleMs, answer }: BoundedAnswer): Uint8Array {
  return encode(staleMs, answer);
}

/** The answer is a view of `bytes`. */
export function decodeBoundedAnswer(bytes: Uint8Array): BoundedAnswer {
  const reader = new ByteReader(bytes, 'answer to a bounded read');
  return { staleMs: reader.varint(), answer: reader.raw(reader.remaining) };
}

function encode(milliseconds: number, body: Uint8Array): Uint8Array {
  const writer = new ByteWriter(body.length + 8);
  writer.varint(milliseconds);
  writer.raw(body);
  return writer.bytes();
}
