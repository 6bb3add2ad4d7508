/**
 * What each side of a connection lets the other do. Both say so before the first packet, so that whoever would
 * go too far is refused at home, where the error costs nothing; who goes too far all the same is refused or cut.
 */
import { ByteReader, ByteWriter, invalidOption } from '../../base/index.ts';
import { framePayloadBytesMax } from '../frame.ts';

export interface MessagingTerms {
  /** Largest packet, which bounds the body of a request, a reply, a notice and an event. Default 4 MiB, most 64 MiB. */
  readonly frameBytesMax: number;
  /** Requests that one connection may have open; those whose caller has given up count until their handler has ended. Default 4,096. */
  readonly callsMax: number;
  /**
   * Bytes in them; a single one is always taken. As many may be in answers that wait to be sent, and in messages that
   * are being handled. Default 64 MiB.
   */
  readonly callBytesMax: number;
  /** Streams that one connection may have open. Default 256. */
  readonly streamsMax: number;
  /** What may be under way on a stream, bytes and 64 for each piece, before its reader has taken any of it. Default 256 KiB. */
  readonly windowBytes: number;
  /** Subscriptions that one connection may have. Default 1,024. */
  readonly subscriptionsMax: number;
}

export const termsDefault: MessagingTerms = {
  frameBytesMax: 4 << 20,
  callsMax: 4096,
  callBytesMax: 64 << 20,
  streamsMax: 256,
  windowBytes: 256 * 1024,
  subscriptionsMax: 1024,
};

interface Range {
  readonly least: number;
  readonly most: number;
}

/** In the order in which they are written. */
const ranges: readonly (readonly [keyof MessagingTerms, Range])[] = [
  ['frameBytesMax', { least: 1024, most: framePayloadBytesMax }],
  ['callsMax', { least: 1, most: 1 << 20 }],
  ['callBytesMax', { least: 1024, most: 1 << 30 }],
  ['streamsMax', { least: 1, most: 1 << 16 }],
  ['windowBytes', { least: 1024, most: 1 << 30 }],
  ['subscriptionsMax', { least: 1, most: 1 << 20 }],
];

/** The defaults, with what the user says; refuses what cannot be. */
export function termsOf(wanted: Partial<MessagingTerms>): MessagingTerms {
  const terms = { ...termsDefault, ...wanted };
  for (const [name, { least, most }] of ranges) {
    const value = terms[name];
    if (!Number.isInteger(value) || value < least || value > most)
      throw invalidOption(`limits.${name}`, value, `a whole number from ${least} to ${most}`);
  }
  return terms;
}

export function encodeTerms(terms: MessagingTerms): Uint8Array {
  const writer = new ByteWriter(48);
  for (const [name] of ranges) writer.varint(terms[name]);
  return writer.copy();
}

/** What follows belongs to a later release. */
export function decodeTerms(bytes: Uint8Array): MessagingTerms {
  const reader = new ByteReader(bytes, 'terms of messaging');
  const terms: { -readonly [Name in keyof MessagingTerms]: number } = { ...termsDefault };
  for (const [name, { least, most }] of ranges) {
    const value = reader.varint();
    if (value < least) throw reader.malformed(`${name} is ${value}, below ${least}`, reader.offset);
    terms[name] = Math.min(value, most);
  }
  return terms;
}
