/**
 * The records inside a flush. A record header has a check of its own, so a length is trusted only when it
 * verifies, and a damaged payload still tells whose it was and which indexes it held. Entries lie as one
 * table and one run of data: a batch costs one copy and one checksum however many entries it has, and is read
 * back as views.
 */
import { ByteReader, crc32 } from '../../base/index.ts';
import {
  decodeConfiguration,
  type Entry,
  type EntryKind,
  type GroupId,
  type SnapshotMark,
} from '../../raft/index.ts';
import type { StateChange } from './group-append.ts';
import { readU64, writeU64 } from './segment-format.ts';

/**
 * `entries` replace what stands from their first index on. `restated` entries are copies of what the log
 * holds already, written forward so that an old segment can go; they replace nothing. `state` carries the
 * parts of a `StateChange`.
 */
export type RecordType = 'entries' | 'restated' | 'state';

export interface RecordHeader {
  readonly type: RecordType;
  /** For state records: which parts the payload has. */
  readonly parts: number;
  readonly group: GroupId;
  readonly payloadBytes: number;
  readonly payloadCheck: number;
  /** For entries: how many, and the index of the first. */
  readonly count: number;
  readonly first: number;
}

export const recordHeaderBytes = 40;
/** Length, term and kind of one entry in the table before the data. */
export const entryRowBytes = 12;
/** Terms are kept in 48 bits: 2⁴⁸ elections are more than any cluster lives to see. */
export const termMax: number = 2 ** 48 - 1;

/** The parts of a state record, in the order in which they are written and take effect. */
export const statePart = { removed: 1, snapshot: 2, installed: 4, base: 8, hardState: 16 } as const;

const typeCodes: Readonly<Record<RecordType, number>> = { entries: 1, restated: 2, state: 3 };
const types: readonly (RecordType | undefined)[] = [undefined, 'entries', 'restated', 'state'];
const kindCodes: Readonly<Record<EntryKind, number>> = { command: 1, empty: 2, configuration: 3 };
const kinds: readonly (EntryKind | undefined)[] = [undefined, 'command', 'empty', 'configuration'];

/** Undefined for a number that stands for no kind. */
export function kindOfCode(code: number): EntryKind | undefined {
  return kinds[code];
}

export function encodeRecordHeader(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  header: RecordHeader,
  seed: number,
): void {
  view.setUint32(offset + 4, header.payloadBytes, true);
  view.setUint32(offset + 8, header.payloadCheck, true);
  view.setUint32(offset + 12, header.group, true);
  view.setUint32(offset + 16, typeCodes[header.type] | (header.parts << 8), true);
  view.setUint32(offset + 20, header.count, true);
  writeU64(view, offset + 24, header.first);
  writeU64(view, offset + 32, 0);
  view.setUint32(offset, crc32(bytes.subarray(offset + 4, offset + recordHeaderBytes), seed), true);
}

/** The header at `offset`, or undefined when none of this flush verifies there. */
export function decodeRecordHeader(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  seed: number,
): RecordHeader | undefined {
  const check = crc32(bytes.subarray(offset + 4, offset + recordHeaderBytes), seed);
  if (check !== view.getUint32(offset, true)) return undefined;
  const type = types[view.getUint8(offset + 16)];
  if (type === undefined) return undefined;
  return {
    type,
    parts: view.getUint8(offset + 17),
    group: view.getUint32(offset + 12, true),
    payloadBytes: view.getUint32(offset + 4, true),
    payloadCheck: view.getUint32(offset + 8, true),
    count: view.getUint32(offset + 20, true),
    first: readU64(view, offset + 24),
  };
}

/** Writes one row of an entries table. */
export function encodeEntryRow(view: DataView, offset: number, entry: Entry): void {
  view.setUint32(offset, entry.data.length, true);
  view.setUint32(offset + 4, entry.term >>> 0, true);
  view.setUint16(offset + 8, Math.floor(entry.term / 0x1_0000_0000), true);
  view.setUint16(offset + 10, kindCodes[entry.kind], true);
}

/** The parts of a state record. Throws `malformed-bytes` or `out-of-bounds`. */
export function decodeChange(payload: Uint8Array, parts: number): StateChange {
  const reader = new ByteReader(payload, 'state record');
  const change = {
    removed: (parts & statePart.removed) !== 0,
    snapshot: (parts & statePart.snapshot) !== 0 ? decodeMark(reader) : undefined,
    installed: (parts & statePart.installed) !== 0 ? decodeMark(reader) : undefined,
    base: (parts & statePart.base) !== 0 ? decodeMark(reader) : undefined,
    hardState:
      (parts & statePart.hardState) !== 0
        ? { term: reader.u64(), vote: reader.u64(), commit: reader.u64() }
        : undefined,
  };
  reader.end();
  return change;
}

function decodeMark(reader: ByteReader): SnapshotMark {
  const index = reader.u64();
  const term = reader.u64();
  return { index, term, configuration: decodeConfiguration(reader.raw(reader.u32())) };
}

export function partsOf(change: StateChange): number {
  let parts = 0;
  if (change.removed === true) parts |= statePart.removed;
  if (change.snapshot !== undefined) parts |= statePart.snapshot;
  if (change.installed !== undefined) parts |= statePart.installed;
  if (change.base !== undefined) parts |= statePart.base;
  if (change.hardState !== undefined) parts |= statePart.hardState;
  return parts;
}
