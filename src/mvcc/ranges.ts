/**
 * Keys in a range, now or as of an earlier revision. Now, the heads are all there is to visit. At an earlier
 * revision a key may have been there that is deleted today, so heads and tombstones are walked side by side,
 * and each key's chain is followed back to that time.
 */
import type { OrderedCursor, OrderedRange, OrderedStore } from '../ports/index.ts';
import type { KeyRange } from './commands.ts';
import type { HistoryEvent } from './event.ts';
import { decodeHead, type Head } from './head.ts';
import type { Keyspace } from './keyspace.ts';
import { tableEnd, tables, userKey } from './tables.ts';

const noBytes = new Uint8Array(0);

export interface RangeOptions {
  /** 0: now, changes of the open revision included. */
  readonly revision: number;
  readonly descending: boolean;
}

/** Stands on one key after the other. What it shows is valid until it moves, or the store is written. */
export class RangeWalk {
  readonly #keyspace: Keyspace;
  readonly #revision: number;
  readonly #sign: 1 | -1;
  readonly #heads: Side;
  readonly #tombstones: Side | undefined;
  #key: Uint8Array = noBytes;
  #head: Head | undefined;
  #event: HistoryEvent | undefined;
  #visits = 0;

  constructor(store: OrderedStore, keyspace: Keyspace, range: KeyRange, options: RangeOptions) {
    this.#keyspace = keyspace;
    this.#revision = options.revision;
    this.#sign = options.descending ? -1 : 1;
    this.#heads = new Side(store.scan(tableRange(tables.head, range, options.descending)));
    if (options.revision === 0) return;
    this.#tombstones = new Side(store.scan(tableRange(tables.tombstone, range, options.descending)));
  }

  get key(): Uint8Array {
    return this.#key;
  }

  /** The numbers of the version at the wanted revision. */
  get head(): Head {
    return this.#head as Head;
  }

  /** Its value, which is looked up only now. */
  get value(): Uint8Array {
    this.#event ??= this.#keyspace.event(this.head);
    return this.#event?.value ?? noBytes;
  }

  /** Whether the key that was visited last was there at the wanted revision. */
  get isThere(): boolean {
    return this.#head !== undefined;
  }

  /** How many keys were visited. */
  get visits(): number {
    return this.#visits;
  }

  /** To the next key that was there. */
  next(): boolean {
    while (this.visit()) if (this.isThere) return true;
    return false;
  }

  /** To the next key that exists or existed, whether it was there or not. */
  visit(): boolean {
    const side = this.#nearest();
    if (side === undefined) return false;
    const newest = decodeHead(side.value);
    this.#key = side.key;
    const isOlderWanted = this.#revision !== 0 && newest.revision > this.#revision;
    this.#event = isOlderWanted ? this.#keyspace.versionAt(newest, this.#revision) : undefined;
    this.#head = isOlderWanted ? this.#event : living(newest);
    side.used = true;
    this.#visits += 1;
    return true;
  }

  close(): void {
    this.#heads.close();
    this.#tombstones?.close();
  }

  /** The side whose key comes next. No key is on both. */
  #nearest(): Side | undefined {
    const hasHead = this.#heads.fill();
    const hasTombstone = this.#tombstones?.fill() ?? false;
    if (!hasTombstone) return hasHead ? this.#heads : undefined;
    const tombstones = this.#tombstones as Side;
    if (!hasHead) return tombstones;
    return compareKeys(this.#heads.key, tombstones.key) * this.#sign < 0 ? this.#heads : tombstones;
  }
}

/** One table's cursor, which waits on its entry until that is used. */
class Side {
  used = true;
  readonly #cursor: OrderedCursor;
  #ended = false;

  constructor(cursor: OrderedCursor) {
    this.#cursor = cursor;
  }

  get key(): Uint8Array {
    return this.#cursor.key.subarray(1);
  }

  get value(): Uint8Array {
    return this.#cursor.value;
  }

  /** Stands on an entry that was not used yet; false behind the last. */
  fill(): boolean {
    if (this.#ended) return false;
    if (!this.used) return true;
    this.used = false;
    this.#ended = !this.#cursor.next();
    return !this.#ended;
  }

  close(): void {
    this.#cursor.close();
  }
}

/** Whether `key` lies in `range`. */
export function contains(range: KeyRange, key: Uint8Array): boolean {
  const { start, end } = range;
  if (end === undefined) return compareKeys(start, key) === 0;
  return compareKeys(start, key) <= 0 && (end.length === 0 || compareKeys(key, end) < 0);
}

/** Negative when `left` comes first; a prefix comes before what it begins. */
export function compareKeys(left: Uint8Array, right: Uint8Array): number {
  const length = left.length < right.length ? left.length : right.length;
  for (let at = 0; at < length; at += 1) {
    const difference = (left[at] as number) - (right[at] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function living(head: Head): Head | undefined {
  return head.createRevision === 0 ? undefined : head;
}

function tableRange(table: number, range: KeyRange, reverse: boolean): OrderedRange {
  const start = userKey(table, range.start);
  if (range.end === undefined) return { start, end: keyAfter(start), reverse };
  return { start, end: range.end.length === 0 ? tableEnd(table) : userKey(table, range.end), reverse };
}

/** The least key above `key`. */
function keyAfter(key: Uint8Array): Uint8Array {
  const after = new Uint8Array(key.length + 1);
  after.set(key);
  return after;
}
