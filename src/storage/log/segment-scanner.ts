/**
 * Reads one segment through large windows. Everything is checked before it is believed, lengths first, so
 * damage of any kind costs a bounded read and never a crash. What it returns are views of a window; a window
 * lives as long as something of it is kept.
 */
import { isQuorateError } from '../../base/index.ts';
import type { DiskFile } from '../../ports/index.ts';
import type { Checksum } from '../checksum.ts';
import { flushBytes } from './flush-buffer.ts';
import {
  decodeFlushHeader,
  type FlushHeader,
  flushCheck,
  flushHeaderBytes,
  hasFlushMagic,
  recordSeed,
} from './flush-format.ts';
import { decodeRecordHeader, type RecordHeader, recordHeaderBytes } from './record-format.ts';
import { sectorBytes } from './segment-format.ts';

const windowBytes = 4 * 1024 * 1024;
/** What is read at a time where a disk cannot read a whole window. */
const pageBytes = 4096;

export interface LogRecord {
  readonly header: RecordHeader;
  /** A view, valid as long as it is kept. */
  readonly payload: Uint8Array;
  /** False: the payload is damaged, the header is not. */
  readonly intact: boolean;
  /** Where the record lies in its segment. */
  readonly position: number;
}

export interface Flush {
  readonly header: FlushHeader;
  readonly check: number;
  readonly records: readonly LogRecord[];
  /** True: all records that the header counts are there and verify. */
  readonly intact: boolean;
  /** Where the next flush begins, or would. */
  readonly end: number;
}

export interface ScannedSegment {
  readonly file: DiskFile;
  readonly number: number;
  readonly capacityBytes: number;
}

export class SegmentScanner {
  readonly segment: ScannedSegment;
  /** Parts of the segment that the disk refused to read; they count as zeros. */
  readonly unreadable: { readonly position: number; readonly bytes: number }[] = [];
  readonly #identitySeed: number;
  readonly #checksum: Checksum;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(this.#bytes.buffer);
  /** Where the window begins in the segment. */
  #start = 0;
  #bytesRead = 0;

  constructor(segment: ScannedSegment, identitySeed: number, checksum: Checksum) {
    this.segment = segment;
    this.#identitySeed = identitySeed;
    this.#checksum = checksum;
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** The flush at `position`, which is a multiple of a sector; undefined when no header verifies there. */
  async flushAt(position: number): Promise<Flush | undefined> {
    const known = this.flushInWindow(position);
    if (known !== 'not-read') return known;
    if (!this.#covers(position, flushHeaderBytes)) await this.#read(position, windowBytes);
    const header = this.#headerAt(position);
    if (header !== undefined && !this.#covers(position, flushBytes(header.bodyBytes))) {
      await this.#read(position, Math.max(windowBytes, flushBytes(header.bodyBytes)));
    }
    const flush = this.flushInWindow(position);
    return flush === 'not-read' ? undefined : flush;
  }

  /** The same without waiting, as long as the window holds the flush: the fast path of recovery. */
  flushInWindow(position: number): Flush | undefined | 'not-read' {
    if (position + sectorBytes > this.segment.capacityBytes) return undefined;
    if (!this.#covers(position, flushHeaderBytes)) return 'not-read';
    const header = this.#headerAt(position);
    if (header === undefined) return undefined;
    const bytes = flushBytes(header.bodyBytes);
    if (position + bytes > this.segment.capacityBytes) return undefined;
    if (!this.#covers(position, bytes)) return 'not-read';
    const check = flushCheck(this.#view, position - this.#start);
    const seed = recordSeed(this.#identitySeed, header.sequence);
    const bodyEnd = position + flushHeaderBytes + header.bodyBytes;
    const records = this.#records(position + flushHeaderBytes, bodyEnd, seed);
    const intact = records.length === header.records && records.every((record) => record.intact);
    return { header, check, records, intact, end: position + bytes };
  }

  /** The position of the first valid flush header from `from` on whose sequence is at least `sequenceMin`. */
  async findFlush(from: number, sequenceMin: number): Promise<number | undefined> {
    const { capacityBytes } = this.segment;
    for (let position = from; position + sectorBytes <= capacityBytes; position += sectorBytes) {
      if (!this.#covers(position, sectorBytes)) await this.#read(position, windowBytes);
      if (!hasFlushMagic(this.#view, position - this.#start)) continue;
      const header = this.#headerAt(position);
      if (header !== undefined && header.sequence >= sequenceMin) return position;
    }
    return undefined;
  }

  /**
   * The records between a place where a flush header should stand and `end`, under the sequence that it must
   * have had: what a damaged header still leaves readable.
   */
  async recordsBehind(position: number, end: number, sequence: number): Promise<LogRecord[]> {
    await this.#read(position, end - position);
    return this.#records(position + flushHeaderBytes, end, recordSeed(this.#identitySeed, sequence));
  }

  /** The first sector of the segment. */
  async firstSector(): Promise<Uint8Array> {
    await this.#read(0, sectorBytes);
    return this.#bytes;
  }

  /** True when the sector at `position` has only zeros, or lies beyond the end. */
  async isBlank(position: number): Promise<boolean> {
    if (position + sectorBytes > this.segment.capacityBytes) return true;
    if (!this.#covers(position, sectorBytes)) await this.#read(position, windowBytes);
    const start = position - this.#start;
    return this.#bytes.subarray(start, start + sectorBytes).every((byte) => byte === 0);
  }

  #headerAt(position: number): FlushHeader | undefined {
    const place = { segment: this.segment.number, position, seed: this.#identitySeed };
    return decodeFlushHeader(this.#bytes, this.#view, position - this.#start, place);
  }

  /** The records from `position` on, up to the first whose header does not verify. */
  #records(position: number, end: number, seed: number): LogRecord[] {
    const records: LogRecord[] = [];
    let at = position;
    while (at + recordHeaderBytes <= end) {
      const header = decodeRecordHeader(this.#bytes, this.#view, at - this.#start, seed);
      if (header === undefined) break;
      const next = at + recordHeaderBytes + header.payloadBytes;
      if (next > end) break;
      const payload = this.#bytes.subarray(at + recordHeaderBytes - this.#start, next - this.#start);
      const intact = this.#checksum(payload, 0) === header.payloadCheck;
      records.push({ header, payload, intact, position: at });
      at = next;
    }
    return records;
  }

  #covers(position: number, bytes: number): boolean {
    return position >= this.#start && position + bytes <= this.#start + this.#bytes.length;
  }

  /** Moves the window; it is as long as asked for, or up to the segment's end. */
  async #read(position: number, bytes: number): Promise<void> {
    const window = new Uint8Array(Math.max(0, Math.min(bytes, this.segment.capacityBytes - position)));
    try {
      await readFully(this.segment.file, window, position);
    } catch (error) {
      if (!isQuorateError(error) || error.code !== 'disk-failed') throw error;
      await this.#readPages(window, position);
    }
    this.#bytesRead += window.length;
    this.#bytes = window;
    this.#view = new DataView(window.buffer);
    this.#start = position;
  }

  /** Page by page, so that one bad place on the disk hides no more than itself. */
  async #readPages(window: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < window.length; at += pageBytes) {
      const page = window.subarray(at, at + pageBytes);
      try {
        await readFully(this.segment.file, page, position + at);
      } catch (error) {
        if (!isQuorateError(error) || error.code !== 'disk-failed') throw error;
        page.fill(0);
        this.unreadable.push({ position: position + at, bytes: page.length });
      }
    }
  }
}

/** Reads until `into` is full or the file ends; what lies beyond the end is left as zeros. */
async function readFully(file: DiskFile, into: Uint8Array, position: number): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const read = await file.read(into.subarray(filled), position + filled);
    if (read === 0) return;
    filled += read;
  }
}
