/** A key as replies and watches show it, and how it travels in both. */
import type { ByteReader, ByteWriter } from '../base/index.ts';
import type { Head } from './head.ts';

/** A key as it was at some revision. */
export interface KeyValue {
  readonly key: Uint8Array;
  /** Empty where only keys were asked for. */
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modifyRevision: number;
  /** Counts the puts since the key was created. */
  readonly version: number;
  /** 0 for none. */
  readonly lease: number;
}

export function encodeKeyValue(writer: ByteWriter, key: Uint8Array, value: Uint8Array, head: Head): void {
  writer.block(key);
  writer.block(value);
  writer.varint(head.createRevision);
  writer.varint(head.revision);
  writer.varint(head.version);
  writer.varint(head.lease);
}

/** Key and value are views of what is read. */
export function decodeKeyValue(reader: ByteReader): KeyValue {
  return {
    key: reader.block(),
    value: reader.block(),
    createRevision: reader.varint(),
    modifyRevision: reader.varint(),
    version: reader.varint(),
    lease: reader.varint(),
  };
}
