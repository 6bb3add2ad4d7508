/**
 * Bounds that decide whether a command is refused. They are part of the replicated state and change only by
 * a command: if each node had its own, two nodes would one day judge the same command differently, and their
 * states would part for ever. The defaults are what every store begins with; changing them in a later version
 * would do the same harm, so new defaults are for new fields only.
 */
import type { ByteReader, ByteWriter } from '../base/index.ts';
import { userKeyBytesMax } from './tables.ts';

export interface Limits {
  /** Longest key. Default 1,024. */
  readonly keyBytesMax: number;
  /** Longest value. Default 1 MiB. */
  readonly valueBytesMax: number;
  /** Most compares, and most operations in either branch of a transaction. Default 128. */
  readonly operationsMax: number;
  /** Most keys that one command may delete, sort or compare. Default 65,536. */
  readonly keysTouchedMax: number;
  /** After so many keys the gets of one command end, and tell where to go on. Default 262,144. */
  readonly keysVisitedMax: number;
  /** Where the entries of a reply end; a value that is longer still comes as the only one. Default 2 MiB. */
  readonly replyBytesMax: number;
  /** Puts that would take keys and history beyond this are refused. Default 8 GiB. */
  readonly quotaBytes: number;
  /** Most leases, sessions included. Default 1,000,000. */
  readonly leasesMax: number;
  /** Most keys attached to one lease: they vanish in one transaction. Default 65,536. */
  readonly leaseKeysMax: number;
  /** Longest time to live. Default 7 days. */
  readonly ttlMsMax: number;
  /** Most answers kept for a session until the client has acknowledged them. Default 1,024. */
  readonly answersMax: number;
  /** Most bytes of such answers; the answer that passes this line is still kept. Default 256 KiB. */
  readonly answerBytesMax: number;
}

interface Bound {
  readonly name: keyof Limits;
  readonly least: number;
  readonly most: number;
}

const mebibyte = 1_048_576;
const dayMs = 86_400_000;

/** In the order of the wire; a new limit goes to the end. */
const bounds: readonly Bound[] = [
  { name: 'keyBytesMax', least: 16, most: userKeyBytesMax },
  { name: 'valueBytesMax', least: 16, most: 64 * mebibyte },
  { name: 'operationsMax', least: 1, most: 10_000 },
  { name: 'keysTouchedMax', least: 1, most: 1_000_000 },
  { name: 'keysVisitedMax', least: 1, most: 10_000_000 },
  { name: 'replyBytesMax', least: 1_024, most: 64 * mebibyte },
  { name: 'quotaBytes', least: 1_024, most: Number.MAX_SAFE_INTEGER },
  { name: 'leasesMax', least: 1, most: 10_000_000 },
  { name: 'leaseKeysMax', least: 1, most: 1_000_000 },
  { name: 'ttlMsMax', least: 1, most: 3_650 * dayMs },
  { name: 'answersMax', least: 1, most: 65_536 },
  { name: 'answerBytesMax', least: 1_024, most: 64 * mebibyte },
];

export const limitNames: readonly (keyof Limits)[] = bounds.map(({ name }) => name);

export const initialLimits: Limits = {
  keyBytesMax: 1_024,
  valueBytesMax: mebibyte,
  operationsMax: 128,
  keysTouchedMax: 65_536,
  keysVisitedMax: 262_144,
  replyBytesMax: 2 * mebibyte,
  quotaBytes: 8_192 * mebibyte,
  leasesMax: 1_000_000,
  leaseKeysMax: 65_536,
  ttlMsMax: 7 * dayMs,
  answersMax: 1_024,
  answerBytesMax: mebibyte / 4,
};

/** The place of the first limit outside of its bounds, counted from 1; 0 when all are within. */
export function faultyLimit(limits: Limits): number {
  return bounds.findIndex(({ name, least, most }) => limits[name] < least || limits[name] > most) + 1;
}

export function encodeLimits(writer: ByteWriter, limits: Limits): void {
  writer.varint(bounds.length);
  for (const { name } of bounds) writer.varint(limits[name]);
}

/** Values outside of their bounds are left for `faultyLimit` to find. */
export function decodeLimits(reader: ByteReader): Limits {
  const count = reader.varint();
  if (count !== bounds.length) throw reader.malformed(`${count} limits`, reader.offset);
  const limits: { -readonly [Name in keyof Limits]: number } = { ...initialLimits };
  for (const { name } of bounds) limits[name] = reader.varint();
  return limits;
}
