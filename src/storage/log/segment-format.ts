/**
 * A segment is one file of the log: a header of one sector, then flushes, each beginning on a sector of its
 * own. The header says whose log this is, which link of the chain, and where the link before it ended, so that
 * a file that is missing, foreign or of a former life is seen before a single record of it is believed.
 */
import { assert, crc32 } from '../../base/index.ts';

/**
 * What a disk writes whole or not at all. A flush shares no sector with the one before it, so tearing it
 * cannot hurt what was acknowledged earlier.
 */
export const sectorBytes = 512;

/** The smallest segment that leaves room for records beside the reserves. */
export const segmentBytesMin: number = 8 * 1024;
export const segmentBytesMax: number = 1024 * 1024 * 1024;

const magic = 0x4c41_5751;
const formatVersion = 1;
const headerBytes = 80;

export interface SegmentHeader {
  /** 16 random bytes of the node that owns this log. */
  readonly identity: Uint8Array;
  readonly number: number;
  readonly capacityBytes: number;
  /** The sequence of the first flush in this segment. */
  readonly firstSequence: number;
  /** Where the segment before this one ends; 0 in the first of a log. */
  readonly previousEnd: number;
  /** The check of the last flush of the segment before; 0 in the first of a log. */
  readonly previousCheck: number;
}

/**
 * `blank`: not in use yet (zeros, or what a former life left). `newer`: written by a later version of the
 * format.
 */
export type SegmentHeaderReading =
  | { readonly kind: 'valid'; readonly header: SegmentHeader }
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'blank' };

export function segmentName(number: number): string {
  return `${String(number).padStart(12, '0')}.wal`;
}

/** The number in a segment's name, or undefined for a file that is none. */
export function segmentNumber(name: string): number | undefined {
  const digits = /^(\d{12})\.wal$/.exec(name)?.[1];
  const number = digits === undefined ? 0 : Number(digits);
  return number > 0 ? number : undefined;
}

/** The seed of every check in a log: what another node wrote never verifies. */
export function seedOfIdentity(identity: Uint8Array): number {
  assert(identity.length === 16, `a log's identity has 16 bytes, not ${identity.length}`);
  return crc32(identity);
}

/** Writes the header at the start of `into`, which is at least one sector of zeros. */
export function encodeSegmentHeader(into: Uint8Array, header: SegmentHeader): void {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength);
  into.fill(0, 0, sectorBytes);
  view.setUint32(0, magic, true);
  view.setUint32(8, formatVersion, true);
  view.setUint32(12, header.capacityBytes, true);
  into.set(header.identity, 16);
  writeU64(view, 32, header.number);
  writeU64(view, 40, header.firstSequence);
  view.setUint32(48, header.previousEnd, true);
  view.setUint32(52, header.previousCheck, true);
  view.setUint32(4, crc32(into.subarray(8, headerBytes)), true);
}

/**
 * Reads the header of the segment with the given number. A valid header with another number is what a
 * recycled file keeps until its first flush, so it counts as blank.
 */
export function decodeSegmentHeader(sector: Uint8Array, number: number): SegmentHeaderReading {
  if (sector.length < sectorBytes) return { kind: 'blank' };
  const view = new DataView(sector.buffer, sector.byteOffset, sector.byteLength);
  if (view.getUint32(0, true) !== magic) return { kind: 'blank' };
  if (view.getUint32(4, true) !== crc32(sector.subarray(8, headerBytes))) return { kind: 'blank' };
  const version = view.getUint32(8, true);
  if (version !== formatVersion) return { kind: 'newer', version };
  const header: SegmentHeader = {
    capacityBytes: view.getUint32(12, true),
    identity: sector.slice(16, 32),
    number: readU64(view, 32),
    firstSequence: readU64(view, 40),
    previousEnd: view.getUint32(48, true),
    previousCheck: view.getUint32(52, true),
  };
  return header.number === number ? { kind: 'valid', header } : { kind: 'blank' };
}

export function writeU64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
}

/** The number, or one above 2⁵³ that is no longer exact; callers compare or check before they trust it. */
export function readU64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 0x1_0000_0000 + view.getUint32(offset, true);
}

/** The next offset at which a flush may begin. */
export function alignedToSector(offset: number): number {
  return Math.ceil(offset / sectorBytes) * sectorBytes;
}
