/**
 * The whole state as a stream of chunks, and back. A snapshot is taken in no time and stays what it was while
 * commands go on. Only what cannot be made from the rest is in it: leases, answers, guards and the history,
 * from which heads, tombstones and attachments follow. So the state hash, which covers just that, covers
 * every byte that is sent, and a restored state is compared with it before anybody may use it.
 *
 * A chunk is crc u32 · version · flags · number · (key block · value block)…
 */
import { assert, ByteReader, ByteWriter, crc32 } from '../base/index.ts';
import type { OrderedCursor, OrderedSnapshot, OrderedStore } from '../ports/index.ts';
import { Guards } from './guards.ts';
import { Keyspace } from './keyspace.ts';
import { Leases } from './leases.ts';
import { compareKeys } from './ranges.ts';
import { damagedState } from './refusals.ts';
import { Security } from './security.ts';
import { type DecodedState, decodeState, encodeState, StoreState } from './state.ts';
import {
  historyKeyBytes,
  isUserKey,
  numberedKeyBytes,
  positionOf,
  readNumber,
  tableEnd,
  tables,
} from './tables.ts';

const chunkVersion = 1;
const lastChunk = 1;
const chunkBytesDefault = 262_144;
const crcBytes = 4;

/** In this order: a lease is there before its answers and its keys. */
const tablesInOrder = [
  tables.meta,
  tables.lease,
  tables.session,
  tables.guard,
  tables.history,
  tables.security,
] as const;

export interface SnapshotOptions {
  /** A chunk ends behind the record with which it passes this size. Default 256 KiB. */
  readonly chunkBytes?: number;
}

export class StoreSnapshot {
  /** The last command that is in it. */
  readonly appliedIndex: number;
  readonly revision: number;
  readonly #snapshot: OrderedSnapshot;
  readonly #chunkBytes: number;
  readonly #writer: ByteWriter;
  #cursor: OrderedCursor | undefined;
  #table = 0;
  #number = 0;
  #ended = false;

  constructor(snapshot: OrderedSnapshot, state: StoreState, options: SnapshotOptions = {}) {
    this.#snapshot = snapshot;
    this.appliedIndex = state.appliedIndex;
    this.revision = state.revision;
    this.#chunkBytes = options.chunkBytes ?? chunkBytesDefault;
    this.#writer = new ByteWriter(Math.min(this.#chunkBytes * 2, chunkBytesDefault * 2));
  }

  /** The next chunk, which is the caller's; undefined behind the last. The same state gives the same chunks. */
  next(): Uint8Array | undefined {
    if (this.#ended) return undefined;
    const writer = this.#writer;
    writer.reset();
    writer.skip(crcBytes);
    writer.u8(chunkVersion);
    const flagsAt = writer.length;
    writer.u8(0);
    writer.varint(this.#number);
    this.#number += 1;
    let more = true;
    while (more && writer.length < this.#chunkBytes) more = this.#writeRecord();
    const chunk = writer.copy();
    if (!more) {
      chunk[flagsAt] = lastChunk;
      this.close();
    }
    const crc = crc32(chunk.subarray(crcBytes));
    new DataView(chunk.buffer).setUint32(0, crc, true);
    return chunk;
  }

  /** Lets the store forget what only this snapshot held. May be called twice, and before the last chunk. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cursor?.close();
    this.#snapshot.close();
  }

  #writeRecord(): boolean {
    while (true) {
      if (this.#cursor?.next()) {
        this.#writer.block(this.#cursor.key);
        this.#writer.block(this.#cursor.value);
        return true;
      }
      const table = tablesInOrder[this.#table];
      if (table === undefined) return false;
      this.#table += 1;
      this.#cursor = this.#snapshot.scan({ start: Uint8Array.of(table), end: tableEnd(table) });
    }
  }
}

/**
 * Builds a state from chunks in an ordered store that is empty. The host may commit the store with index 0
 * between chunks, so that a large state does not wait in memory; until `finish` has returned it is nothing
 * that could be opened.
 */
export class SnapshotRestore {
  readonly #store: OrderedStore;
  readonly #state = new StoreState();
  readonly #leases: Leases;
  readonly #keyspace: Keyspace;
  readonly #guards: Guards;
  readonly #security: Security;
  #claimed: DecodedState | undefined;
  #lastKey: Uint8Array = new Uint8Array(0);
  #chunks = 0;
  #complete = false;

  constructor(store: OrderedStore) {
    const cursor = store.scan({ limit: 1 });
    assert(!cursor.next() && store.appliedIndex === 0, 'a snapshot is restored into an empty store');
    this.#store = store;
    this.#leases = new Leases(store, this.#state.leaseHash);
    this.#keyspace = new Keyspace(store, this.#state, this.#leases);
    this.#guards = new Guards(store, this.#state, this.#keyspace);
    this.#security = new Security(store, this.#state);
  }

  /** Takes the next chunk; throws `malformed-bytes` or `state-damaged` for one that is not. */
  accept(chunk: Uint8Array): void {
    const { reader, flags, number } = openChunk(chunk);
    if (this.#complete || number !== this.#chunks) {
      throw damagedState(`chunk ${number} of the snapshot came where ${this.#chunks} was due`);
    }
    this.#chunks += 1;
    while (reader.remaining > 0) this.#record(reader, reader.block(), reader.block());
    this.#complete = flags === lastChunk;
  }

  /** Checks the whole against what it claims to be, and completes the store. */
  finish(): void {
    const claimed = this.#claimed;
    if (!this.#complete || claimed === undefined)
      throw damagedState('the snapshot ends before its last chunk');
    const built = this.#state;
    const { state, leaseHash } = claimed;
    const { appliedIndex, revision, compactedRevision, collected, limits } = state;
    Object.assign(built, { appliedIndex, revision, compactedRevision, collected, limits });
    if (!built.leaseHash.equals(leaseHash) || !built.hash.equals(state.hash) || !sameCounts(built, state)) {
      throw damagedState('what the snapshot contains is not what it says it contains');
    }
    this.#leases.flush();
    const writer = new ByteWriter(256);
    encodeState(writer, built);
    this.#store.put(Uint8Array.of(tables.meta), writer.bytes());
  }

  #record(reader: ByteReader, key: Uint8Array, value: Uint8Array): void {
    if (compareKeys(this.#lastKey, key) >= 0 || !hasTableShape(key)) {
      throw reader.malformed('a record out of its order or of a wrong shape', reader.offset);
    }
    this.#lastKey = key.slice();
    if (key[0] === tables.meta) {
      this.#claimed = decodeState(value);
      return;
    }
    if (key[0] === tables.guard) {
      this.#guards.adopt(key.subarray(1), value);
      return;
    }
    if (key[0] === tables.security) {
      this.#security.adopt(key, value);
      return;
    }
    const number = readNumber(key, 1);
    if (key[0] === tables.history) this.#adoptEvent(value, number, positionOf(key));
    else if (!Number.isSafeInteger(number)) throw damagedState('a lease has a number that there is not');
    else if (key[0] === tables.lease) this.#leases.adoptLease(number, value);
    else this.#leases.adoptAnswers(number, value);
  }

  #adoptEvent(bytes: Uint8Array, revision: number, position: number): void {
    const newest = this.#claimed?.state.revision ?? 0;
    if (revision === 0 || revision > newest) throw damagedState(`revision ${revision} is none of ${newest}`);
    this.#keyspace.adopt(bytes, revision, position);
  }
}

function openChunk(chunk: Uint8Array): {
  readonly reader: ByteReader;
  readonly flags: number;
  readonly number: number;
} {
  const reader = new ByteReader(chunk, 'snapshot chunk');
  if (reader.u32() !== crc32(chunk.subarray(crcBytes))) throw reader.malformed('a wrong checksum', 0);
  const version = reader.u8();
  if (version !== chunkVersion) throw reader.malformed(`unknown version ${version}`, crcBytes);
  const flags = reader.u8();
  if (flags > lastChunk) throw reader.malformed('unknown flags', reader.offset - 1);
  return { reader, flags, number: reader.varint() };
}

/** What a snapshot says that it holds. */
export interface SnapshotClaim {
  readonly appliedIndex: number;
  readonly revision: number;
  readonly keyCount: number;
}

/** Reads the claim in the first chunk, for people; whether it is true is seen when the whole is restored. */
export function readSnapshotClaim(chunk: Uint8Array): SnapshotClaim {
  const { reader, number } = openChunk(chunk);
  const key = reader.block();
  if (number !== 0 || key.length !== 1 || key[0] !== tables.meta)
    throw reader.malformed('not the beginning of a snapshot', 0);
  const { appliedIndex, revision, keyCount } = decodeState(reader.block()).state;
  return { appliedIndex, revision, keyCount };
}

/** Whether the table that `key` names has keys of this length. */
function hasTableShape(key: Uint8Array): boolean {
  switch (key[0]) {
    case tables.meta:
      return key.length === 1;
    case tables.lease:
    case tables.session:
      return key.length === numberedKeyBytes;
    case tables.guard:
      return isUserKey(key.length - 1);
    case tables.history:
      return key.length === historyKeyBytes;
    case tables.security:
      return key.length === 2 || key.length === numberedKeyBytes + 1;
    default:
      return false;
  }
}

function sameCounts(left: StoreState, right: StoreState): boolean {
  return (
    left.usedBytes === right.usedBytes &&
    left.keyCount === right.keyCount &&
    left.tombstoneCount === right.tombstoneCount
  );
}
