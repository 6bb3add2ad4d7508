/**
 * What a node understands beyond what every release does. A client asks for it in its hello, and the node says it
 * under number 0 before any answer; a node that does not know the question says nothing, and is sent nothing but what
 * every release understands.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';

export interface NodeFeatures {
  /** Requests may say how long they are waited for. */
  readonly deadlines: boolean;
}

/** A bit is never given a second meaning; those of later releases are passed over. */
const bits = { deadlines: 1 } as const;

export function encodeNodeFeatures({ deadlines }: NodeFeatures): Uint8Array {
  const writer = new ByteWriter(8);
  writer.varint(deadlines ? bits.deadlines : 0);
  return writer.copy();
}

/** What follows belongs to a later release. */
export function decodeNodeFeatures(bytes: Uint8Array): NodeFeatures {
  const said = new ByteReader(bytes, 'features of a node').varint();
  return { deadlines: said % (2 * bits.deadlines) >= bits.deadlines };
}
