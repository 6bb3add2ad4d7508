/**
 * Entries as they lie in a record that was read: a view of its payload and the indexes that count. Recovery
 * works on these, so that a log of many gigabytes makes no object for an entry that was compacted long ago,
 * and none for the others before somebody asks.
 */
import { QuorateError } from '../../base/index.ts';
import type { Entry } from '../../raft/index.ts';
import { entryRowBytes, kindOfCode } from './record-format.ts';

/** The entries of one record: a table of rows, then their data. */
interface EntryRecord {
  readonly payload: Uint8Array;
  readonly view: DataView;
  readonly first: number;
  readonly count: number;
}

export class EntrySlice {
  readonly first: number;
  readonly last: number;
  readonly #record: EntryRecord;

  private constructor(record: EntryRecord, first: number, last: number) {
    this.#record = record;
    this.first = first;
    this.last = last;
  }

  /** All entries of a record, at least one. Throws `malformed-bytes` when they do not follow their format. */
  static of(payload: Uint8Array, first: number, count: number): EntrySlice {
    const record = { payload, view: viewOf(payload), first, count };
    checkRecord(record);
    return new EntrySlice(record, first, first + count - 1);
  }

  get count(): number {
    return this.last - this.first + 1;
  }

  /** About the bytes that these entries take; exact when nothing was cut off. */
  get bytes(): number {
    return Math.round((this.#record.payload.length * this.count) / this.#record.count);
  }

  /** The memory that this slice keeps alive. */
  get window(): ArrayBufferLike {
    return this.#record.payload.buffer;
  }

  /** The part from `first` to `last`, both inside this slice. */
  between(first: number, last: number): EntrySlice {
    return first === this.first && last === this.last ? this : new EntrySlice(this.#record, first, last);
  }

  /** The same entries in memory of their own. */
  copied(): EntrySlice {
    const payload = this.#record.payload.slice();
    return new EntrySlice({ ...this.#record, payload, view: viewOf(payload) }, this.first, this.last);
  }

  term(index: number): number {
    const { view, first } = this.#record;
    return rowTerm(view, (index - first) * entryRowBytes);
  }

  isConfiguration(index: number): boolean {
    const { view, first } = this.#record;
    return kindOfCode(rowKind(view, (index - first) * entryRowBytes)) === 'configuration';
  }

  /** Makes the entries and puts them behind those in `entries`; their data are views. */
  decodeInto(entries: Entry[]): void {
    const { payload, view, first, count } = this.#record;
    let data = count * entryRowBytes;
    let row = 0;
    for (let skipped = this.first - first; skipped > 0; skipped -= 1) {
      data += rowLength(view, row);
      row += entryRowBytes;
    }
    for (let { first: index } = this; index <= this.last; index += 1) {
      const end = data + rowLength(view, row);
      const kind = kindOfCode(rowKind(view, row)) ?? 'command';
      entries.push({ index, term: rowTerm(view, row), kind, data: payload.subarray(data, end) });
      data = end;
      row += entryRowBytes;
    }
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

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function rowLength(view: DataView, row: number): number {
  return view.getUint32(row, true);
}

function rowTerm(view: DataView, row: number): number {
  return view.getUint16(row + 8, true) * 0x1_0000_0000 + view.getUint32(row + 4, true);
}

function rowKind(view: DataView, row: number): number {
  return view.getUint16(row + 10, true);
}

function checkRecord({ payload, view, first, count }: EntryRecord): void {
  let bytes = count * entryRowBytes;
  if (count === 0 || first === 0 || bytes > payload.length || !Number.isSafeInteger(first + count)) {
    throw malformed(`${count} entries from index ${first} in ${payload.length} bytes`, 0);
  }
  for (let row = 0; row < count * entryRowBytes; row += entryRowBytes) {
    bytes += rowLength(view, row);
    if (kindOfCode(rowKind(view, row)) === undefined) throw malformed('an entry of an unknown kind', row);
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
