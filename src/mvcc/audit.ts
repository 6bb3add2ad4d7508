/**
 * Looks whether a committed state is what it says it is: makes heads, counts and hashes anew from the history
 * and compares. For whoever distrusts a disk, and for tests, in which a forgotten update of an index would
 * otherwise wait for the one command that meets it.
 */

import { ByteReader } from '../base/index.ts';
import type { OrderedCursor, OrderedReader } from '../ports/index.ts';
import { decodeEvent, type HistoryEvent } from './event.ts';
import { guardOverheadBytes } from './guards.ts';
import { decodeHead, type Head } from './head.ts';
import { eventOverheadBytes } from './keyspace.ts';
import { hashed } from './security.ts';
import { decodeState, type StoreState } from './state.ts';
import { StateHash } from './state-hash.ts';
import {
  attachmentKey,
  historyKey,
  metaKey,
  positionOf,
  readNumber,
  tableEnd,
  tables,
  userKey,
} from './tables.ts';

/** What is wrong, one sentence each; empty for a sound state. The state must be one that `prepareCommit` completed. */
export function auditState(store: OrderedReader): readonly string[] {
  const meta = store.get(metaKey);
  if (meta === undefined) return ['there is no record of the state as a whole'];
  const { state } = decodeState(meta);
  return [...auditSums(store, state), ...auditHeads(store), ...auditAttachments(store)];
}

function auditSums(store: OrderedReader, state: StoreState): string[] {
  const hash = new StateHash();
  let usedBytes = 0;
  let newest = 0;
  for (const { key, value } of entries(store, tables.history)) {
    hash.add(tables.history, readNumber(key, 1), positionOf(key), value);
    usedBytes += value.length + eventOverheadBytes;
    newest = readNumber(key, 1);
  }
  for (const { key, value } of entries(store, tables.guard)) {
    hash.add(tables.guard, new ByteReader(value, 'guard').varint(), 0, key.subarray(1));
    usedBytes += key.length - 1 + guardOverheadBytes;
  }
  for (const { key, value } of entries(store, tables.security))
    hash.add(tables.security, 0, 0, hashed(key, value));
  return [
    ...differs('the hash', hash.equals(state.hash), true),
    ...differs('the bytes used', usedBytes, state.usedBytes),
    ...differs('the number of keys', count(store, tables.head), state.keyCount),
    ...differs('the number of tombstones', count(store, tables.tombstone), state.tombstoneCount),
    ...differs('an event of the future', newest > state.revision, false),
  ];
}

/** Each head must be that of its key's newest event, and each newest event must have its head. */
function auditHeads(store: OrderedReader): string[] {
  const problems: string[] = [];
  for (const table of [tables.head, tables.tombstone]) {
    for (const { key, value } of entries(store, table)) {
      const head = decodeHead(value);
      const bytes = store.get(historyKey(head.revision, head.position));
      const event = bytes === undefined ? undefined : decodeEvent(bytes, head.revision, head.position);
      if (event === undefined || !agrees(head, event) || !sameBytes(event.key, key.subarray(1))) {
        problems.push(`key ${name(key)} points to revision ${head.revision}, which is not its own`);
      }
    }
  }
  for (const { key, value } of entries(store, tables.history)) {
    const event = decodeEvent(value, readNumber(key, 1), positionOf(key));
    const bytes =
      store.get(userKey(tables.head, event.key)) ?? store.get(userKey(tables.tombstone, event.key));
    if (bytes === undefined || decodeHead(bytes).revision < event.revision) {
      problems.push(`revision ${event.revision} is newer than the head of its key ${name(event.key)}`);
    }
  }
  return problems;
}

function auditAttachments(store: OrderedReader): string[] {
  const problems: string[] = [];
  let attached = 0;
  for (const { key, value } of entries(store, tables.head)) {
    const { lease } = decodeHead(value);
    if (lease === 0) continue;
    attached += 1;
    if (store.get(attachmentKey(lease, key.subarray(1))) === undefined) {
      problems.push(`key ${name(key)} names lease ${lease}, which does not know it`);
    }
  }
  return [...problems, ...differs('the number of attached keys', count(store, tables.attachment), attached)];
}

function differs<T>(what: string, found: T, expected: T): string[] {
  return found === expected ? [] : [`${what}: ${found}, not ${expected}`];
}

function agrees(head: Head, event: HistoryEvent): boolean {
  return (
    head.createRevision === event.createRevision &&
    head.version === event.version &&
    head.lease === event.lease &&
    head.distance === event.distance &&
    head.milestone.revision === event.milestone.revision
  );
}

function* entries(store: OrderedReader, table: number): IterableIterator<OrderedCursor> {
  const cursor = store.scan({ start: Uint8Array.of(table), end: tableEnd(table) });
  while (cursor.next()) yield cursor;
}

function count(store: OrderedReader, table: number): number {
  const cursor = store.scan({ start: Uint8Array.of(table), end: tableEnd(table) });
  let counted = 0;
  while (cursor.next()) counted += 1;
  return counted;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function name(key: Uint8Array): string {
  return Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
