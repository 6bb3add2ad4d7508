/**
 * One member's log in memory: everything after its base, which is the end of a snapshot or of a compaction.
 * The whole retained log is held here, so that no follower's need ever waits for the disk; the host keeps it
 * short by taking snapshots. The alternative, reading old entries back from disk, would put an asynchronous
 * step into the middle of the core for the sake of followers that a snapshot serves better.
 *
 * It also knows which part is durable. A persist under way is remembered with the last index it covers; a
 * truncation lowers that, so the answer to a write that was overwritten meanwhile counts for nothing that
 * came later (the ABA of asynchronous storage).
 */
import { assert, Deque } from '../base/index.ts';
import { type Entry, type EntryId, noEntry } from './entry.ts';

/** What an entry costs beyond its data, so that empty entries are not free. */
const entryOverheadBytes = 64;

export function entryBytes(entry: Entry): number {
  return entry.data.length + entryOverheadBytes;
}

interface PendingPersist {
  readonly sequence: number;
  /** The last index it makes durable; falls when the log is truncated below it. */
  last: number;
}

export class RaftLog {
  #base: EntryId = noEntry;
  readonly #entries = new Deque<Entry>();
  #bytes = 0;
  #durable = 0;
  /** The first index that no persist has covered yet. */
  #unsaved = 1;
  readonly #pending = new Deque<PendingPersist>();
  /** The last slice: the disk, every follower and the state machine ask for the same one in turn. */
  #slice: readonly Entry[] = [];

  /** `entries` follow `base` without a gap and are durable. */
  constructor(base: EntryId, entries: readonly Entry[]) {
    this.#base = base;
    for (const entry of entries) this.append(entry);
    this.#durable = this.lastIndex;
    this.#unsaved = this.lastIndex + 1;
  }

  /** The last position that was forgotten; its term is still known. */
  get base(): EntryId {
    return this.#base;
  }

  get lastIndex(): number {
    return this.#base.index + this.#entries.size;
  }

  get last(): EntryId {
    return this.#entries.back() ?? this.#base;
  }

  /** The last index that would survive a crash. */
  get durable(): number {
    return this.#durable;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get hasUnsaved(): boolean {
    return this.#unsaved <= this.lastIndex;
  }

  /** The term at `index`, or `undefined` where the log does not reach. */
  term(index: number): number | undefined {
    if (index === this.#base.index) return this.#base.term;
    if (index < this.#base.index || index > this.lastIndex) return undefined;
    return this.entry(index).term;
  }

  entry(index: number): Entry {
    return this.#entries.at(index - this.#base.index - 1);
  }

  holds(position: EntryId): boolean {
    return this.term(position.index) === position.term;
  }

  /** Raft §5.4.1: the log with the later last term is newer; with equal terms, the longer one. */
  isUpToDate(candidateLast: EntryId): boolean {
    const { index, term } = this.last;
    return candidateLast.term > term || (candidateLast.term === term && candidateLast.index >= index);
  }

  append(entry: Entry): void {
    assert(entry.index === this.lastIndex + 1, 'an entry follows the last one');
    assert(entry.term >= this.last.term, 'terms do not fall along the log');
    this.#entries.pushBack(entry);
    this.#bytes += entryBytes(entry);
  }

  /** Removes everything behind `index`, durable or not. */
  truncateAfter(index: number): void {
    assert(index >= this.#base.index, 'what was compacted is committed and stays');
    this.#slice = [];
    while (this.lastIndex > index) this.#bytes -= entryBytes(this.#entries.popBack() as Entry);
    this.#durable = Math.min(this.#durable, index);
    this.#unsaved = Math.min(this.#unsaved, index + 1);
    for (const pending of this.#pending) pending.last = Math.min(pending.last, index);
  }

  /** Entries from `from` on, at most to `through`, while they fit into `bytesMax`; the first one always does. */
  slice(from: number, bytesMax: number, through: number = this.lastIndex): readonly Entry[] {
    let bytes = 0;
    let last = from - 1;
    while (last < through) {
      bytes += entryBytes(this.entry(last + 1));
      if (last >= from && bytes > bytesMax) break;
      last += 1;
    }
    return this.#cut(from, last);
  }

  /** The last position at or before `index` whose term is not above `term`: where two logs may still be equal. */
  lastNotAbove(index: number, term: number): EntryId {
    let low = this.#base.index;
    let high = Math.max(low, Math.min(index, this.lastIndex));
    // Terms never fall along the log, so halving finds the border.
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.term(middle) as number) <= term) low = middle;
      else high = middle - 1;
    }
    return { index: low, term: this.term(low) as number };
  }

  /** The last index that may go when at most `bytesMax` of entries are kept behind it. */
  indexBeforeTail(bytesMax: number): number {
    let excess = this.#bytes - bytesMax;
    let index = this.#base.index;
    while (excess > 0) {
      index += 1;
      excess -= entryBytes(this.entry(index));
    }
    return index;
  }

  /** Forgets everything up to `index`. */
  compact(index: number): void {
    assert(index <= this.#durable, 'only what is durable is compacted');
    if (index <= this.#base.index) return;
    const base = { index, term: this.term(index) as number };
    for (let count = index - this.#base.index; count > 0; count -= 1) {
      this.#bytes -= entryBytes(this.#entries.popFront() as Entry);
    }
    this.#base = base;
    this.#slice = [];
  }

  /** Starts anew behind a snapshot; nothing of the old log, durable or under way, counts any more. */
  reset(base: EntryId): void {
    assert(base.index > this.#base.index, 'a snapshot lies ahead of what it replaces');
    this.#base = { index: base.index, term: base.term };
    this.#entries.clear();
    this.#slice = [];
    this.#bytes = 0;
    this.#durable = 0;
    this.#unsaved = base.index + 1;
    for (const pending of this.#pending) pending.last = 0;
  }

  /** Hands out what no persist has covered; the caller writes it under `sequence`, with the base when it was reset. */
  takeUnsaved(sequence: number): readonly Entry[] {
    const entries = this.#cut(this.#unsaved, this.lastIndex);
    this.#unsaved = this.lastIndex + 1;
    this.#pending.pushBack({ sequence, last: this.lastIndex });
    return entries;
  }

  /** The persist `sequence` and all before it are durable. True when the durable end moved. */
  persisted(sequence: number): boolean {
    const before = this.#durable;
    for (
      let first = this.#pending.front();
      first !== undefined && first.sequence <= sequence;
      first = this.#pending.front()
    ) {
      this.#pending.popFront();
      this.#durable = Math.max(this.#durable, first.last);
    }
    assert(this.#durable <= this.lastIndex, 'nothing is durable that is not in the log');
    return this.#durable > before;
  }

  /** From the one index to the other, both included. */
  #cut(from: number, last: number): readonly Entry[] {
    const count = last - from + 1;
    if (this.#slice.length === count && this.#slice[0]?.index === from) return this.#slice;
    const entries = new Array<Entry>(count);
    for (let place = 0; place < count; place += 1) entries[place] = this.entry(from + place);
    this.#slice = entries;
    return entries;
  }
}
