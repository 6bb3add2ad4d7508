/**
 * Keys, their versions and their history. A change is appended to the history under the next revision and
 * becomes the key's head; all changes until `closeRevision` belong to one revision. Nothing is checked here:
 * what may be refused was refused before the first change.
 */
import { ByteWriter } from '../base/index.ts';
import type { OrderedCursor, OrderedStore } from '../ports/index.ts';
import { decodeEvent, type EventKind, encodeEvent, type HistoryEvent } from './event.ts';
import {
  chainBehind,
  decodeHead,
  encodeHead,
  firstOfChain,
  type Head,
  nowhere,
  type Position,
} from './head.ts';
import { damagedState } from './refusals.ts';
import type { StoreState } from './state.ts';
import {
  historyKey,
  historyKeyBytes,
  isUserKey,
  positionOf,
  readNumber,
  tables,
  userKey,
  writeHistoryKey,
} from './tables.ts';

/** Who keeps count of which keys hang on which lease. */
export interface Attachments {
  attach(lease: number, key: Uint8Array): void;
  detach(lease: number, key: Uint8Array): void;
}

/** What becomes of a key. */
export interface KeyWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease: number;
  /** True: it stays with the lease that it has. */
  readonly keepLease: boolean;
}

/** What an event costs beside its own bytes: its head, its key in the table and the table's own overhead. */
export const eventOverheadBytes: number = 64;
const noBytes = new Uint8Array(0);

/** What a change counts against the quota at least; its varying numbers come on top. */
export function putBytesMin(key: Uint8Array, value: Uint8Array): number {
  return eventOverheadBytes + key.length + value.length;
}

export class Keyspace {
  readonly #store: OrderedStore;
  readonly #state: StoreState;
  readonly #attachments: Attachments;
  readonly #writer = new ByteWriter(4096);
  readonly #historyKey = new Uint8Array(historyKeyBytes);
  /** Changes in the open revision. */
  #changes = 0;

  constructor(store: OrderedStore, state: StoreState, attachments: Attachments) {
    this.#store = store;
    this.#state = state;
    this.#attachments = attachments;
  }

  /** Ends the open revision and returns how many changes it has; without any there is no revision. */
  closeRevision(): number {
    const changes = this.#changes;
    if (changes > 0) this.#state.revision += 1;
    this.#changes = 0;
    return changes;
  }

  find(key: Uint8Array): Head | undefined {
    const bytes = this.#store.get(userKey(tables.head, key));
    return bytes === undefined ? undefined : decodeHead(bytes);
  }

  /** The head of `key` as it was at `revision`, or as it is now for revision 0; undefined when it was absent. */
  findAt(key: Uint8Array, revision: number): Head | undefined {
    const head = this.find(key);
    if (revision === 0 || (head !== undefined && head.revision <= revision)) return head;
    const newest = head ?? this.#findTombstone(key);
    return newest === undefined ? undefined : this.versionAt(newest, revision);
  }

  put(key: Uint8Array, value: Uint8Array, lease: number, keepLease: boolean): void {
    const tableKey = userKey(tables.head, key);
    const bytes = this.#store.get(tableKey);
    const old = bytes === undefined ? undefined : decodeHead(bytes);
    this.#replace(tableKey, old, { key, value, lease, keepLease });
  }

  /** The same where what the key is before is known already: its head, or that there is none. */
  replace(old: Head | undefined, write: KeyWrite): void {
    this.#replace(userKey(tables.head, write.key), old, write);
  }

  #replace(tableKey: Uint8Array, old: Head | undefined, { key, value, lease, keepLease }: KeyWrite): void {
    const before = old ?? this.#takeTombstone(tableKey);
    const revision = this.#state.revision + 1;
    const { milestone, distance } = before === undefined ? firstOfChain : chainBehind(before);
    const event: HistoryEvent = {
      kind: 'put',
      revision,
      position: this.#changes,
      createRevision: old === undefined ? revision : old.createRevision,
      version: old === undefined ? 1 : old.version + 1,
      lease: keepLease ? (old?.lease ?? 0) : lease,
      previous: before ?? nowhere,
      milestone,
      distance,
      key,
      value,
    };
    this.#append(event);
    this.#putHead(tableKey, event);
    if (old === undefined) this.#state.keyCount += 1;
    const oldLease = old?.lease ?? 0;
    if (oldLease !== event.lease) this.#reattach(key, oldLease, event.lease);
  }

  /** `key` is no view of the store, which changes meanwhile. */
  remove(key: Uint8Array, head: Head, kind: EventKind): void {
    const { milestone, distance } = chainBehind(head);
    const event: HistoryEvent = {
      kind,
      revision: this.#state.revision + 1,
      position: this.#changes,
      createRevision: 0,
      version: 0,
      lease: 0,
      previous: head,
      milestone,
      distance,
      key,
      value: noBytes,
    };
    const tableKey = userKey(tables.head, key);
    this.#append(event);
    this.#store.delete(tableKey);
    tableKey[0] = tables.tombstone;
    this.#putHead(tableKey, event);
    this.#state.keyCount -= 1;
    this.#state.tombstoneCount += 1;
    if (head.lease !== 0) this.#reattach(key, head.lease, 0);
  }

  /** Undefined when it was collected, which happens only to what no allowed read can need. */
  event(at: Position): HistoryEvent | undefined {
    writeHistoryKey(this.#historyKey, at.revision, at.position);
    const bytes = this.#store.get(this.#historyKey);
    return bytes === undefined ? undefined : decodeEvent(bytes, at.revision, at.position);
  }

  /** The put that made `key` what it was at `revision`; undefined when it was absent then. `newest` is its head or tombstone. */
  versionAt(newest: Head, revision: number): HistoryEvent | undefined {
    let event = this.event(newest);
    while (event !== undefined && event.revision > revision) {
      const next: Position = event.milestone.revision > revision ? event.milestone : event.previous;
      if (next.revision === 0) return undefined;
      event = this.event(next);
    }
    return event?.kind === 'put' ? event : undefined;
  }

  /** Events from `first` up to and without the first of the revision `end`, in order. */
  scanHistory(first: Position, end: number): HistoryCursor {
    const range = { start: historyKey(first.revision, first.position), end: historyKey(end, 0) };
    return new HistoryCursor(this.#store.scan(range));
  }

  /** Forgets the event at a place, for the collector, and returns how many bytes that freed. It may be gone already. */
  forget(at: Position): number {
    writeHistoryKey(this.#historyKey, at.revision, at.position);
    const bytes = this.#store.get(this.#historyKey);
    if (bytes === undefined) return 0;
    const freedBytes = bytes.length + eventOverheadBytes;
    this.#state.usedBytes -= freedBytes;
    this.#state.hash.remove(tables.history, at.revision, at.position, bytes);
    this.#store.delete(this.#historyKey);
    return freedBytes;
  }

  /** Forgets the tombstone of `key` if it still is the one that was set at this place. */
  forgetTombstone(key: Uint8Array, at: Position): void {
    const tombstone = this.#findTombstone(key);
    if (tombstone?.revision !== at.revision || tombstone.position !== at.position) return;
    this.#store.delete(userKey(tables.tombstone, key));
    this.#state.tombstoneCount -= 1;
  }

  /** Takes an event over as it was written elsewhere, for a store that is being restored. */
  adopt(bytes: Uint8Array, revision: number, position: number): void {
    const event = decodeEvent(bytes, revision, position);
    if (!isUserKey(event.key.length)) throw damagedState(`a key has ${event.key.length} bytes`);
    const tableKey = userKey(tables.head, event.key);
    const head = this.#store.get(tableKey);
    const old = head === undefined ? undefined : decodeHead(head);
    this.#store.put(historyKey(revision, position), bytes);
    this.#count(event, bytes);
    if (event.kind === 'put') {
      if (old === undefined) {
        this.#takeTombstone(tableKey);
        this.#state.keyCount += 1;
      }
      tableKey[0] = tables.head;
      this.#putHead(tableKey, event);
    } else {
      if (old === undefined) throw damagedState('the history removes a key that it never made');
      this.#store.delete(tableKey);
      tableKey[0] = tables.tombstone;
      this.#putHead(tableKey, event);
      this.#state.keyCount -= 1;
      this.#state.tombstoneCount += 1;
    }
    const oldLease = old?.lease ?? 0;
    if (oldLease !== event.lease) this.#reattach(event.key, oldLease, event.lease);
  }

  #append(event: HistoryEvent): void {
    const writer = this.#writer;
    writer.reset();
    encodeEvent(writer, event);
    const bytes = writer.bytes();
    writeHistoryKey(this.#historyKey, event.revision, event.position);
    this.#store.put(this.#historyKey, bytes);
    this.#count(event, bytes);
    this.#changes += 1;
  }

  #count(at: Position, bytes: Uint8Array): void {
    this.#state.usedBytes += bytes.length + eventOverheadBytes;
    this.#state.hash.add(tables.history, at.revision, at.position, bytes);
  }

  #putHead(tableKey: Uint8Array, head: Head): void {
    this.#writer.reset();
    encodeHead(this.#writer, head);
    this.#store.put(tableKey, this.#writer.bytes());
  }

  /** The tombstone of a key that is about to live again; it goes, and its chain goes on. Leaves `tableKey` as it was. */
  #takeTombstone(tableKey: Uint8Array): Head | undefined {
    if (this.#state.tombstoneCount === 0) return undefined;
    const table = tableKey[0] as number;
    tableKey[0] = tables.tombstone;
    const bytes = this.#store.get(tableKey);
    const tombstone = bytes === undefined ? undefined : decodeHead(bytes);
    if (tombstone !== undefined) {
      this.#store.delete(tableKey);
      this.#state.tombstoneCount -= 1;
    }
    tableKey[0] = table;
    return tombstone;
  }

  #findTombstone(key: Uint8Array): Head | undefined {
    const bytes = this.#store.get(userKey(tables.tombstone, key));
    return bytes === undefined ? undefined : decodeHead(bytes);
  }

  #reattach(key: Uint8Array, from: number, to: number): void {
    if (from !== 0) this.#attachments.detach(from, key);
    if (to !== 0) this.#attachments.attach(to, key);
  }
}

/** Walks along the history. An event is valid until the next move or write. */
export class HistoryCursor {
  readonly #cursor: OrderedCursor;

  constructor(cursor: OrderedCursor) {
    this.#cursor = cursor;
  }

  get event(): HistoryEvent {
    const key = this.#cursor.key;
    return decodeEvent(this.#cursor.value, readNumber(key, 1), positionOf(key));
  }

  next(): boolean {
    return this.#cursor.next();
  }

  close(): void {
    this.#cursor.close();
  }
}
