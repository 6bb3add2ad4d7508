/**
 * The two messages of `grpc.health.v1.Health/Check` in Protocol Buffers: a service's name there, and a number back.
 * Fields that a later release may add are passed over.
 */
import { ByteReader, ByteWriter } from '../../base/index.ts';

/** By the numbers of the protocol's `ServingStatus`. */
const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

export type ServingStatus = (typeof servingStatuses)[number];

const wireVarint = 0;
const wireFixed64 = 1;
const wireBytes = 2;
const wireFixed32 = 5;
/** Field 1 of both messages, with how its value is written. */
const serviceTag = 8 + wireBytes;
const statusTag = 8 + wireVarint;

export function encodeHealthRequest(service: string): Uint8Array {
  const writer = new ByteWriter(64);
  if (service !== '') {
    writer.varint(serviceTag);
    writer.text(service);
  }
  return writer.copy();
}

/** Refuses what is malformed with `malformed-bytes` or `out-of-bounds`; a status of a later release is `UNKNOWN`. */
export function decodeHealthResponse(bytes: Uint8Array): ServingStatus {
  const reader = new ByteReader(bytes, 'an answer of grpc.health.v1.Health');
  let status = 0;
  while (reader.remaining > 0) {
    const { offset } = reader;
    const tag = reader.varint();
    if (tag < 8) throw reader.malformed('a field with the number 0', offset);
    if (tag === statusTag) status = reader.varint();
    else skipField(reader, tag % 8, offset);
  }
  return servingStatuses[status] ?? 'UNKNOWN';
}

function skipField(reader: ByteReader, wire: number, offset: number): void {
  if (wire === wireVarint) reader.varint();
  else if (wire === wireFixed64) reader.raw(8);
  else if (wire === wireBytes) reader.block();
  else if (wire === wireFixed32) reader.raw(4);
  else throw reader.malformed(`a field of the unknown form ${wire}`, offset);
}
