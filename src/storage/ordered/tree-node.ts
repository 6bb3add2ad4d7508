/**
 * One node of the tree: a page of bytes with its entries in order. A slot array of 16-bit offsets grows from
 * the front, the entries themselves ("cells") from the back, so an insertion moves slots and never entries.
 * Millions of keys are so a few ten thousand pages to the collector, and no object per key exists.
 *
 *     slots →      free      ← cells: u16 key length · u16 value length · key · value
 *
 * A slot is the cell's offset behind the key's *head*: the four bytes with which it goes on where the keys of
 * this page cease to be alike. A search so runs over the slots, which lie together, and looks at one or two
 * cells; without heads it waits for memory at each step.
 *
 * A value too long for a page lies beside it in `overflow`; its cell holds the place there instead. Branches
 * are the same pages with empty values: key i separates child i from child i + 1.
 *
 * Fields are open to the tree, which alone uses this class: it decides when a page may be changed.
 */
import { assert } from '../../base/index.ts';
import { type PagePool, pageBytes } from './page-pool.ts';

/**
 * The largest cell. A quarter of a page less a little: after a split by bytes, either half has room for one
 * more of any size.
 */
const cellBytesMax = 2_000;
const headerBytes = 4;
const headBytes = 4;
const slotBytes = headBytes + 2;
const overflowMark = 0xffff;
const overflowPlaceBytes = 2;

/** Beyond this length the native copy is faster than a loop. */
const loopBytesMax = 48;

/** A node that is less full than this looks for a neighbour to merge with. */
const sparseBytes = pageBytes / 4;
const mergedBytesMax = (pageBytes / 4) * 3;

const noPage = new Uint8Array(0);

export class TreeNode {
  bytes: Uint8Array;
  count = 0;
  /** Where the cells begin. */
  low: number = pageBytes;
  /** Bytes above `low` that no slot points to. */
  garbage = 0;
  /** How many bytes all keys here have in common at their beginning, or fewer; the heads begin behind them. */
  shared = 0;
  /** When this page came to be; a page as old as a live snapshot is never changed. */
  epoch: number;
  readonly children: TreeNode[] | undefined;
  overflow: (Uint8Array | undefined)[] | undefined = undefined;

  readonly #pool: PagePool;

  constructor(pool: PagePool, epoch: number, children?: TreeNode[]) {
    this.#pool = pool;
    this.bytes = pool.take();
    this.epoch = epoch;
    this.children = children;
  }

  clone(epoch: number): TreeNode {
    const copy = new TreeNode(this.#pool, epoch, this.children?.slice());
    copy.bytes.set(this.bytes);
    copy.count = this.count;
    copy.low = this.low;
    copy.garbage = this.garbage;
    copy.shared = this.shared;
    copy.overflow = this.overflow?.slice();
    return copy;
  }

  /** Gives the page back; nothing may use this node any more. */
  drop(): void {
    this.#pool.give(this.bytes);
    this.bytes = noPage;
    this.overflow = undefined;
  }

  get usedBytes(): number {
    return slotBytes * this.count + pageBytes - this.low - this.garbage;
  }

  get sparse(): boolean {
    return this.usedBytes < sparseBytes;
  }

  /** So full that it is not sparse without any one of its entries. */
  get ample(): boolean {
    return this.usedBytes >= sparseBytes + cellBytesMax + slotBytes;
  }

  fitsWith(neighbour: TreeNode): boolean {
    return this.usedBytes + neighbour.usedBytes <= mergedBytesMax;
  }

  /**
   * The slot of `key`, or the complement of the slot where it belongs. The heads are searched as if `key` began
   * like all keys here; whether it does is seen from the cell at the end.
   */
  search(key: Uint8Array): number {
    const bytes = this.bytes;
    const head = headOf(key, this.shared);
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = middle * slotBytes;
      const found =
        (((bytes[at] as number) << 24) |
          ((bytes[at + 1] as number) << 16) |
          ((bytes[at + 2] as number) << 8) |
          (bytes[at + 3] as number)) >>>
        0;
      let order = found - head;
      if (order === 0) {
        order = this.compareKey(middle, key);
        if (order === 0) return middle;
      }
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return ~this.#unlessApart(key, low);
  }

  /** `slot`, if `key` begins like the keys of this page; otherwise the end of the page on whose side it lies. */
  #unlessApart(key: Uint8Array, slot: number): number {
    const { bytes, count, shared } = this;
    if (count === 0) return 0;
    const base = this.#cell(slot === count ? slot - 1 : slot) + headerBytes;
    for (let at = 0; at < shared; at += 1) {
      if (at === key.length) return 0;
      const difference = (key[at] as number) - (bytes[base + at] as number);
      if (difference !== 0) return difference < 0 ? 0 : count;
    }
    return slot;
  }

  key(slot: number): Uint8Array {
    const cell = this.#cell(slot);
    return this.bytes.subarray(cell + headerBytes, cell + headerBytes + this.#keyLength(cell));
  }

  value(slot: number): Uint8Array {
    const cell = this.#cell(slot);
    const length = this.#valueLength(cell);
    const at = cell + headerBytes + this.#keyLength(cell);
    if (length !== overflowMark) return this.bytes.subarray(at, at + length);
    const value = this.overflow?.[this.#u16(at)];
    assert(value !== undefined, 'a cell points to an overflow value that is not there');
    return value;
  }

  /** Puts an entry at `slot`, where `search` says that it belongs. False: no room, and nothing changed. */
  insert(slot: number, key: Uint8Array, value: Uint8Array): boolean {
    const size = cellSizeFor(key.length, value.length);
    const inline = size === headerBytes + key.length + value.length;
    if (!this.#makeRoom(size + slotBytes)) return false;
    this.#alignHeads(slot, key);
    const cell = this.#openSlot(slot, size);
    this.#setHead(slot, headOf(key, this.shared));
    this.#setU16(cell, key.length);
    this.#setU16(cell + 2, inline ? value.length : overflowMark);
    copyInto(this.bytes, cell + headerBytes, key);
    const at = cell + headerBytes + key.length;
    if (inline) copyInto(this.bytes, at, value);
    else this.#setU16(at, this.#putOverflow(value.slice()));
    return true;
  }

  /** Gives the entry at `slot` another value. False: no room, and the entry is as it was. */
  replace(slot: number, value: Uint8Array): boolean {
    const cell = this.#cell(slot);
    const keyLength = this.#keyLength(cell);
    const before = this.#valueLength(cell);
    if (before !== overflowMark && value.length <= before) {
      this.#setU16(cell + 2, value.length);
      copyInto(this.bytes, cell + headerBytes + keyLength, value);
      this.garbage += before - value.length;
      return true;
    }
    const grown = cellSizeFor(keyLength, value.length);
    if (pageBytes - this.usedBytes + this.#cellSize(cell) < grown) return false;
    const key = this.key(slot).slice();
    this.remove(slot);
    const done = this.insert(slot, key, value);
    assert(done, 'a replaced value fits, because its room was measured before');
    return true;
  }

  remove(slot: number): void {
    const cell = this.#cell(slot);
    if (this.#valueLength(cell) === overflowMark) this.#dropOverflow(cell);
    this.garbage += this.#cellSize(cell);
    this.bytes.copyWithin(slot * slotBytes, (slot + 1) * slotBytes, this.count * slotBytes);
    this.count -= 1;
  }

  /** Negative when the key at `slot` comes before `key`. */
  compareKey(slot: number, key: Uint8Array): number {
    const bytes = this.bytes;
    const cell = this.#cell(slot);
    const cellKeyLength = this.#keyLength(cell);
    const base = cell + headerBytes;
    const limit = key.length < cellKeyLength ? key.length : cellKeyLength;
    for (let at = 0; at < limit; at += 1) {
      const difference = (bytes[base + at] as number) - (key[at] as number);
      if (difference !== 0) return difference;
    }
    return cellKeyLength - key.length;
  }

  /** Copies the entries from `slot` on behind those of `target`, which has room for them. */
  copyTail(slot: number, target: TreeNode): void {
    for (let index = slot; index < this.count; index += 1) this.#copyCell(index, target);
  }

  /** Removes the entries from `slot` on. */
  cutTail(slot: number): void {
    for (let index = this.count - 1; index >= slot; index -= 1) this.remove(index);
    if (this.count === 0) return;
    const last = this.key(this.count - 1);
    this.shared = this.#sharedWith(last, last.length);
    this.#setHeads();
  }

  /** The first slot of the upper half by bytes. At least 1 and below the count, for two entries or more. */
  middle(): number {
    const half = this.usedBytes / 2;
    let bytes = 0;
    for (let slot = 0; slot < this.count; slot += 1) {
      bytes += this.#cellSize(this.#cell(slot)) + slotBytes;
      if (bytes > half) return slot === 0 ? 1 : slot;
    }
    return this.count - 1;
  }

  #copyCell(slot: number, target: TreeNode): void {
    const cell = this.#cell(slot);
    const size = this.#cellSize(cell);
    const room = target.#makeRoom(size + slotBytes);
    assert(room, 'entries are moved only to a page with room for them');
    const key = this.key(slot);
    target.#alignHeads(target.count, key);
    const place = target.count;
    const to = target.#openSlot(place, size);
    target.#setHead(place, headOf(key, target.shared));
    copyInto(target.bytes, to, this.bytes.subarray(cell, cell + size));
    if (this.#valueLength(cell) !== overflowMark) return;
    const value = this.value(slot);
    target.#setU16(to + size - overflowPlaceBytes, target.#putOverflow(value));
  }

  #makeRoom(wanted: number): boolean {
    if (this.low - this.count * slotBytes >= wanted) return true;
    if (pageBytes - this.usedBytes < wanted) return false;
    this.#defragment();
    return true;
  }

  /** Packs the cells into a spare page, which then changes places with this node's. */
  #defragment(): void {
    const from = this.bytes;
    const to = this.#pool.takeSpare();
    let low = pageBytes;
    for (let slot = 0; slot < this.count; slot += 1) {
      const cell = this.#cell(slot);
      const size = this.#cellSize(cell);
      low -= size;
      copyInto(to, low, from.subarray(cell, cell + size));
      const at = slot * slotBytes;
      for (let byte = at; byte < at + headBytes; byte += 1) to[byte] = from[byte] as number;
      to[at + headBytes] = low;
      to[at + headBytes + 1] = low >>> 8;
    }
    this.#pool.keepSpare(from);
    this.bytes = to;
    this.low = low;
    this.garbage = 0;
  }

  #openSlot(slot: number, cellSize: number): number {
    const at = slot * slotBytes;
    if (slot < this.count) this.bytes.copyWithin(at + slotBytes, at, this.count * slotBytes);
    this.low -= cellSize;
    this.#setU16(at + headBytes, this.low);
    this.count += 1;
    return this.low;
  }

  /** A key that comes first or last may share less with the others than they do among themselves; one in between cannot. */
  #alignHeads(slot: number, key: Uint8Array): void {
    if (this.count === 0) this.shared = key.length;
    if (slot > 0 && slot < this.count) return;
    const shared = this.#sharedWith(key, this.shared);
    if (shared === this.shared) return;
    this.shared = shared;
    this.#setHeads();
  }

  /** How many bytes, up to `most`, `key` shares with the first key. */
  #sharedWith(key: Uint8Array, most: number): number {
    if (this.count === 0) return most;
    const bytes = this.bytes;
    const cell = this.#cell(0);
    const base = cell + headerBytes;
    const limit = Math.min(most, key.length, this.#keyLength(cell));
    let shared = 0;
    while (shared < limit && key[shared] === bytes[base + shared]) shared += 1;
    return shared;
  }

  #setHeads(): void {
    for (let slot = 0; slot < this.count; slot += 1) this.#setHead(slot, headOf(this.key(slot), this.shared));
  }

  #setHead(slot: number, head: number): void {
    const at = slot * slotBytes;
    this.bytes[at] = head >>> 24;
    this.bytes[at + 1] = head >>> 16;
    this.bytes[at + 2] = head >>> 8;
    this.bytes[at + 3] = head;
  }

  #putOverflow(value: Uint8Array): number {
    this.overflow ??= [];
    const hole = this.overflow.indexOf(undefined);
    if (hole < 0) return this.overflow.push(value) - 1;
    this.overflow[hole] = value;
    return hole;
  }

  #dropOverflow(cell: number): void {
    const place = this.#u16(cell + headerBytes + this.#keyLength(cell));
    if (this.overflow !== undefined) this.overflow[place] = undefined;
  }

  #cell(slot: number): number {
    return this.#u16(slot * slotBytes + headBytes);
  }

  #cellSize(cell: number): number {
    const valueLength = this.#valueLength(cell);
    const held = valueLength === overflowMark ? overflowPlaceBytes : valueLength;
    return headerBytes + this.#keyLength(cell) + held;
  }

  #keyLength(cell: number): number {
    return this.#u16(cell);
  }

  #valueLength(cell: number): number {
    return this.#u16(cell + 2);
  }

  #u16(at: number): number {
    return (this.bytes[at] as number) | ((this.bytes[at + 1] as number) << 8);
  }

  #setU16(at: number, value: number): void {
    this.bytes[at] = value;
    this.bytes[at + 1] = value >>> 8;
  }
}

/** The four bytes of `key` from `from` on, as a number that compares as they do; zeros where it has ended. */
function headOf(key: Uint8Array, from: number): number {
  const length = key.length;
  const one = from < length ? (key[from] as number) : 0;
  const two = from + 1 < length ? (key[from + 1] as number) : 0;
  const three = from + 2 < length ? (key[from + 2] as number) : 0;
  const four = from + 3 < length ? (key[from + 3] as number) : 0;
  return ((one << 24) | (two << 16) | (three << 8) | four) >>> 0;
}

function cellSizeFor(keyLength: number, valueLength: number): number {
  const size = headerBytes + keyLength + valueLength;
  return size <= cellBytesMax ? size : headerBytes + keyLength + overflowPlaceBytes;
}

function copyInto(target: Uint8Array, at: number, source: Uint8Array): void {
  const length = source.length;
  if (length > loopBytesMax) {
    target.set(source, at);
    return;
  }
  for (let index = 0; index < length; index += 1) target[at + index] = source[index] as number;
}
