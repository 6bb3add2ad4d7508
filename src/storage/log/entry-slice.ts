/**
 * Entries as they lie in a record that was read: a view of its payload and the indexes that count. Recovery
 * works on these, so that a log of many gigabytes makes no object for an entry that was compacted long ago,
 * and none for the others before somebody asks.
 */
import { QuorateError } from '../../base/index.ts';
import type { Entry } from '../../raft/index.ts';
import { entryRowBytes, kindOfCode } from './record-format.ts';

export class EntrySlice {
  readonly first: number;
  readonly last: number;
  /** A whole record: a table of rows, then the data of all its entries. */
  readonly #payload: Uint8Array;
  readonly #recordFirst: number;
  readonly #recordCount: number;

  private constructor(
    payload: Uint8Array,
    record: { readonly first: number; readonly count: number },
    first: number,
    last: number,
  ) {
    this.#payload = payload;
    this.#recordFirst = record.first;
    this.#recordCount = record.count;
    this.first = first;
    this.last = last;
  }

  /** All entries of a record, at least one. Throws `malformed-bytes` when they do not follow their format. */
  static of(payload: Uint8Array, record: { readonly first: number; readonly count: number }): EntrySlice {
    checkRecord(payload, record);
    return new EntrySlice(payload, record, record.first, record.first + record.count - 1);
  }

  get count(): number {
    return this.last - this.first + 1;
  }

  /** About the bytes that these entries take; exact when nothing was cut off. */
  get bytes(): number {
    return Math.round((this.#payload.length * this.count) / this.#recordCount);
  }

  /** The memory that this slice keeps alive. */
  get window(): ArrayBufferLike {
    return this.#payload.buffer;
  }

  /** The part from `first` to `last`, both inside this slice. */
  between(first: number, last: number): EntrySlice {
    if (first === this.first && last === this.last) return this;
    return new EntrySlice(this.#payload, this.#record, first, last);
  }

  /** The same entries in memory of their own. */
  copied(): EntrySlice {
    return new EntrySlice(this.#payload.slice(), this.#record, this.first, this.last);
  }

  term(index: number): number {
    return rowTerm(this.#payload, (index - this.#recordFirst) * entryRowBytes);
  }

  isConfiguration(index: number): boolean {
    const row = (index - this.#recordFirst) * entryRowBytes;
    return kindOfCode(rowKind(this.#payload, row)) === 'configuration';
  }

  /** Makes the entries and puts them behind those in `entries`; their data are views. */
  decodeInto(entries: Entry[]): void {
    const payload = this.#payload;
    let data = this.#recordCount * entryRowBytes;
    let row = 0;
    for (let skipped = this.first - this.#recordFirst; skipped > 0; skipped -= 1) {
      data += rowLength(payload, row);
      row += entryRowBytes;
    }
    for (let { first: index } = this; index <= this.last; index += 1) {
      const end = data + rowLength(payload, row);
      const kind = kindOfCode(rowKind(payload, row)) ?? 'command';
      entries.push({ index, term: rowTerm(payload, row), kind, data: payload.subarray(data, end) });
      data = end;
      row += entryRowBytes;
    }
  }

  get #record(): { readonly first: number; readonly count: number } {
    return { first: this.#recordFirst, count: this.#recordCount };
  }
}

/** The entries of consecutive slices. */
export function decodeSlices(slices: readonly EntrySlice[]): Entry[] {
  const entries: Entry[] = [];
  for (const slice of slices) slice.decodeInto(entries);
  return entries;
}

/** A window is kept when at least this part of it is alive. */
const keptLiveFractionMin = 0.5;

/**
 * Copies slices out of windows of which little else is alive, so that a small live log never holds the memory
 * of the large one it was read from.
 */
export function packSlices(groups: Iterable<{ slices: readonly EntrySlice[] }>): void {
  const all = [...groups];
  const liveBytes = new Map<ArrayBufferLike, number>();
  for (const { slices } of all) {
    for (const { window, bytes } of slices) liveBytes.set(window, (liveBytes.get(window) ?? 0) + bytes);
  }
  const isSparse = ({ window }: EntrySlice): boolean =>
    (liveBytes.get(window) ?? 0) < window.byteLength * keptLiveFractionMin;
  for (const group of all) {
    group.slices = group.slices.map((slice) => (isSparse(slice) ? slice.copied() : slice));
  }
}

function rowLength(payload: Uint8Array, row: number): number {
  return readU16(payload, row) + readU16(payload, row + 2) * 0x1_0000;
}

function rowTerm(payload: Uint8Array, row: number): number {
  return rowLength(payload, row + 4) + readU16(payload, row + 8) * 0x1_0000_0000;
}

function rowKind(payload: Uint8Array, row: number): number {
  return readU16(payload, row + 10);
}

/** Without a `DataView`: one for each record would cost more memory than a small record itself. */
function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) + (bytes[at + 1] as number) * 0x100;
}

function checkRecord(payload: Uint8Array, record: { readonly first: number; readonly count: number }): void {
  const { first, count } = record;
  let bytes = count * entryRowBytes;
  if (count === 0 || first === 0 || bytes > payload.length || !Number.isSafeInteger(first + count)) {
    throw malformed(`${count} entries from index ${first} in ${payload.length} bytes`, 0);
  }
  for (let row = 0; row < count * entryRowBytes; row += entryRowBytes) {
    bytes += rowLength(payload, row);
    if (kindOfCode(rowKind(payload, row)) === undefined) throw malformed('an entry of an unknown kind', row);
  }
  if (bytes !== payload.length) throw malformed(`entries of ${bytes} bytes in ${payload.length}`, 0);
}

function malformed(problem: string, offset: number): QuorateError<'malformed-bytes'> {
  return new QuorateError({
    code: 'malformed-bytes',
    message: `entries record: ${problem}`,
    data: { what: 'entries record', offset },
  });
}
