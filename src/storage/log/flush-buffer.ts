/**
 * The memory in which one flush is put together: room for a segment header (used by the first flush of a
 * segment), the flush header, then the records, padded to a sector. Two of them take turns, so that the next
 * flush is encoded while the last one is on its way to the disk.
 */
import { assertFigures } from '../../base/index.ts';
import { type Entry, encodeConfiguration, type GroupId, type SnapshotMark } from '../../raft/index.ts';
import type { Checksum } from '../checksum.ts';
import { encodeFlushHeader, type FlushHeader, flushHeaderBytes } from './flush-format.ts';
import { type GroupAppend, hasChange, type StateChange } from './group-append.ts';
import type { GroupFacts } from './group-facts.ts';
import {
  encodeEntryRow,
  encodeRecordHeader,
  entryRowBytes,
  partsOf,
  recordHeaderBytes,
} from './record-format.ts';
import {
  alignedToSector,
  encodeSegmentHeader,
  type SegmentHeader,
  sectorBytes,
  writeU64,
} from './segment-format.ts';

const flushStart = sectorBytes;
const bodyStart = flushStart + flushHeaderBytes;
const capacityBytesMin = 64 * 1024;

/**
 * About the bytes that an append takes in a flush, after `facts`. What a compaction ends with is known by then: it
 * is covered by a snapshot, and so was written long ago.
 */
export function encodedBytes(append: GroupAppend, facts: Readonly<GroupFacts> | undefined): number {
  let bytes = hasChange(append) ? recordHeaderBytes + changeBytes(append) : 0;
  if (append.compactTo !== undefined) bytes += recordHeaderBytes + baseBytesMax(facts);
  if (append.entries !== undefined && append.entries.length > 0) bytes += entriesBytes(append.entries);
  return bytes;
}

export function entriesBytes(entries: readonly Entry[]): number {
  let bytes = recordHeaderBytes + entries.length * entryRowBytes;
  for (const entry of entries) bytes += entry.data.length;
  return bytes;
}

/** What a flush of `bodyBytes` takes in a segment. */
export function flushBytes(bodyBytes: number): number {
  return alignedToSector(flushHeaderBytes + bodyBytes);
}

export class FlushBuffer {
  readonly #checksum: Checksum;
  /** What memory is kept between flushes at most. */
  readonly #keptBytesMax: number;
  #bytes: Uint8Array = new Uint8Array(capacityBytesMin);
  #view: DataView = new DataView(this.#bytes.buffer);
  #end = bodyStart;
  #records = 0;
  #seed = 0;

  constructor(checksum: Checksum, keptBytesMax: number) {
    this.#checksum = checksum;
    this.#keptBytesMax = keptBytesMax;
  }

  get bodyBytes(): number {
    return this.#end - bodyStart;
  }

  get records(): number {
    return this.#records;
  }

  /** Empties the buffer for a flush whose records are checked under `seed`. */
  begin(seed: number): void {
    // Growth doubles, so a buffer for flushes of the kept size may be twice as long.
    if (this.#bytes.length > 2 * this.#keptBytesMax + capacityBytesMin) this.#allocate(capacityBytesMin);
    this.#end = bodyStart;
    this.#records = 0;
    this.#seed = seed;
  }

  /** `base` is where the group's log begins when the append compacts it. */
  addAppend(append: GroupAppend, base: SnapshotMark): void {
    if (hasChange(append)) {
      const { removed, snapshot, installed, compactTo, hardState } = append;
      const compacted = compactTo === undefined ? undefined : base;
      this.#addChange(append.group, { removed, snapshot, installed, base: compacted, hardState });
    }
    const { entries } = append;
    if (entries !== undefined && entries.length > 0) this.addEntries(append.group, 'entries', entries);
  }

  #addChange(group: GroupId, change: StateChange): void {
    const start = this.#reserve(recordHeaderBytes + changeBytes(change));
    let at = start + recordHeaderBytes;
    if (change.snapshot !== undefined) at = this.#writeMark(at, change.snapshot);
    if (change.installed !== undefined) at = this.#writeMark(at, change.installed);
    if (change.base !== undefined) at = this.#writeMark(at, change.base);
    if (change.hardState !== undefined) {
      at = this.#writePair(at, change.hardState.term, change.hardState.vote);
      writeU64(this.#view, at, change.hardState.commit);
      at += 8;
    }
    this.#close(start, at, { type: 'state', parts: partsOf(change), group, count: 0, first: 0 });
  }

  /** `entries` is not empty. */
  addEntries(group: GroupId, type: 'entries' | 'restated', entries: readonly Entry[]): void {
    const first = (entries[0] as Entry).index;
    const start = this.#reserve(entriesBytes(entries));
    const bytes = this.#bytes;
    const view = this.#view;
    let row = start + recordHeaderBytes;
    let data = row + entries.length * entryRowBytes;
    for (const entry of entries) {
      encodeEntryRow(view, row, entry);
      bytes.set(entry.data, data);
      row += entryRowBytes;
      data += entry.data.length;
    }
    this.#close(start, data, { type, parts: 0, group, count: entries.length, first });
  }

  /**
   * Completes the flush: its bytes, ready to be written at the header's position, or one sector before it
   * with the segment's header in front. They are valid until `begin`.
   */
  finish(
    header: Omit<FlushHeader, 'bodyBytes' | 'records'>,
    seed: number,
    segmentHeader: SegmentHeader | undefined,
  ): { readonly bytes: Uint8Array; readonly check: number } {
    const { bodyBytes } = this;
    const end = flushStart + flushBytes(bodyBytes);
    this.#grow(end);
    this.#bytes.fill(0, this.#end, end);
    const complete = { ...header, bodyBytes, records: this.#records };
    const check = encodeFlushHeader(this.#bytes, this.#view, flushStart, complete, seed);
    if (segmentHeader !== undefined) encodeSegmentHeader(this.#bytes, segmentHeader);
    return { bytes: this.#bytes.subarray(segmentHeader === undefined ? flushStart : 0, end), check };
  }

  #close(
    start: number,
    end: number,
    fields: {
      type: 'entries' | 'restated' | 'state';
      parts: number;
      group: GroupId;
      count: number;
      first: number;
    },
  ): void {
    assertFigures(end <= this.#bytes.length, 'a record fits its reservation', end, this.#bytes.length);
    const payloadCheck = this.#checksum(this.#bytes.subarray(start + recordHeaderBytes, end), 0);
    const payloadBytes = end - start - recordHeaderBytes;
    const header = { ...fields, payloadBytes, payloadCheck };
    encodeRecordHeader(this.#bytes, this.#view, start, header, this.#seed);
    this.#end = end;
    this.#records += 1;
  }

  #writePair(at: number, left: number, right: number): number {
    writeU64(this.#view, at, left);
    writeU64(this.#view, at + 8, right);
    return at + 16;
  }

  #writeMark(at: number, mark: SnapshotMark): number {
    const configuration = encodeConfiguration(mark.configuration);
    const from = this.#writePair(at, mark.index, mark.term);
    this.#view.setUint32(from, configuration.length, true);
    this.#bytes.set(configuration, from + 4);
    return from + 4 + configuration.length;
  }

  /** Makes room for `bytes` more and returns where they begin. */
  #reserve(bytes: number): number {
    this.#grow(this.#end + bytes);
    return this.#end;
  }

  #grow(needed: number): void {
    if (needed <= this.#bytes.length) return;
    const before = this.#bytes;
    this.#allocate(Math.max(needed + sectorBytes, before.length * 2));
    this.#bytes.set(before.subarray(0, this.#end));
  }

  #allocate(length: number): void {
    this.#bytes = new Uint8Array(length);
    this.#view = new DataView(this.#bytes.buffer);
  }
}

function changeBytes(change: StateChange | GroupAppend): number {
  let bytes = 0;
  if (change.snapshot !== undefined) bytes += markBytes(change.snapshot);
  if (change.installed !== undefined) bytes += markBytes(change.installed);
  if ('base' in change && change.base !== undefined) bytes += markBytes(change.base);
  if (change.hardState !== undefined) bytes += 24;
  return bytes;
}

/** Whichever configuration that is known so far may be the one of the next base. */
function baseBytesMax(facts: Readonly<GroupFacts> | undefined): number {
  if (facts === undefined) return 0;
  let bytes = markBytes(facts.base);
  for (const { data } of facts.configurations) bytes = Math.max(bytes, 20 + data.length);
  return bytes;
}

function markBytes(mark: SnapshotMark): number {
  return 20 + encodeConfiguration(mark.configuration).length;
}
