/**
 * A flush is what one write made durable: a header, then the records of all groups that waited. Flushes are
 * numbered without a gap and only one is under way at a time, so flush n + 1 on the disk proves that flush n
 * was durable before it. That is how recovery tells a torn tail (nothing follows: cut it) from damage
 * (something follows: acknowledged data is gone).
 *
 * A sequence is used only once for records: whoever opens a log, or clears the place of a flush that a full
 * disk refused, takes the next sequence for an empty flush. The check of every record is seeded with the
 * sequence of its flush, so sectors that an unfinished flush or a former life of the segment left behind can
 * never complete a later flush at the same place.
 */
import { crc32 } from '../../base/index.ts';
import { readU64, sectorBytes, writeU64 } from './segment-format.ts';

export const flushHeaderBytes = 64;

const magic = 0x4853_4c46;

export interface FlushHeader {
  readonly sequence: number;
  readonly segment: number;
  /** Where the flush lies in its segment: a write that went to the wrong place does not verify. */
  readonly position: number;
  readonly bodyBytes: number;
  readonly records: number;
  /** Segments below this one are no longer needed. */
  readonly oldestSegment: number;
  /** Segments up to this one are in the directory: one that is missing later has been lost. */
  readonly newestSegment: number;
  /** The check of the flush before: a stale sector that brings back an older flush breaks the chain. */
  readonly previousCheck: number;
  /** The body of the flush before: when its header is damaged, this says whether all of it was read. */
  readonly previousBodyBytes: number;
}

/** Writes the header at `offset` of `bytes` and returns its check. */
export function encodeFlushHeader(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  header: FlushHeader,
  seed: number,
): number {
  view.setUint32(offset, magic, true);
  writeU64(view, offset + 8, header.sequence);
  writeU64(view, offset + 16, header.segment);
  view.setUint32(offset + 24, header.position / sectorBytes, true);
  view.setUint32(offset + 28, header.bodyBytes, true);
  view.setUint32(offset + 32, header.records, true);
  view.setUint32(offset + 36, 0, true);
  writeU64(view, offset + 40, header.oldestSegment);
  writeU64(view, offset + 48, header.newestSegment);
  view.setUint32(offset + 56, header.previousCheck, true);
  view.setUint32(offset + 60, header.previousBodyBytes, true);
  const check = crc32(bytes.subarray(offset + 8, offset + flushHeaderBytes), seed);
  view.setUint32(offset + 4, check, true);
  return check;
}

/** True where a flush header may stand: the one cheap test before the check is computed. */
export function hasFlushMagic(view: DataView, offset: number): boolean {
  return view.getUint32(offset, true) === magic;
}

export function flushCheck(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true);
}

/** The header at `offset`, or undefined when none of this segment and this place verifies there. */
export function decodeFlushHeader(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  place: { readonly segment: number; readonly position: number; readonly seed: number },
): FlushHeader | undefined {
  if (!hasFlushMagic(view, offset)) return undefined;
  const check = crc32(bytes.subarray(offset + 8, offset + flushHeaderBytes), place.seed);
  if (check !== flushCheck(view, offset)) return undefined;
  const header: FlushHeader = {
    sequence: readU64(view, offset + 8),
    segment: readU64(view, offset + 16),
    position: view.getUint32(offset + 24, true) * sectorBytes,
    bodyBytes: view.getUint32(offset + 28, true),
    records: view.getUint32(offset + 32, true),
    oldestSegment: readU64(view, offset + 40),
    newestSegment: readU64(view, offset + 48),
    previousCheck: view.getUint32(offset + 56, true),
    previousBodyBytes: view.getUint32(offset + 60, true),
  };
  return header.segment === place.segment && header.position === place.position ? header : undefined;
}

/** Seeds the checks of the records in one flush. */
export function recordSeed(identitySeed: number, sequence: number): number {
  writeU64(seedView, 0, sequence);
  return crc32(seedBytes, identitySeed);
}

const seedBytes = new Uint8Array(8);
const seedView = new DataView(seedBytes.buffer);
