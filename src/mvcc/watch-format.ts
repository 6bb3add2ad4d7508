/**
 * What a watcher asks and hears, as bytes. A watch is a stream of items: first where it begins, then changes,
 * all those of one revision in one item, and now and then a mark that says how far everything has been told.
 * The stream of one watch can be taken up anywhere by asking for the revision behind the last that was heard.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';
import type { KeyRange } from './commands.ts';
import type { EventKind } from './event.ts';
import { decodeKeyValue, encodeKeyValue, type KeyValue } from './key-value.ts';
import type { WatchChange } from './watch-matcher.ts';

export interface WatchQuery {
  readonly range: KeyRange;
  /** The first revision to hear of; 0 for the next one that is made. */
  readonly from: number;
  readonly wantPrevious: boolean;
  /** True: a quiet watch is told now and then how far the store has come. */
  readonly wantProgress: boolean;
}

export interface WatchEvent extends KeyValue {
  readonly kind: EventKind;
  /** What the key was before, when that was asked for and is not compacted. */
  readonly previous: KeyValue | undefined;
}

export type WatchItem =
  /** Everything behind this revision will be told. */
  | { readonly kind: 'started'; readonly revision: number }
  /** In the order of revisions, which are whole. */
  | { readonly kind: 'events'; readonly events: readonly WatchEvent[] }
  /** Everything up to this revision has been told. */
  | { readonly kind: 'progress'; readonly revision: number };

const version = 1;
const queryFlags = { end: 1, previous: 2, progress: 4 } as const;
const itemKinds: readonly WatchItem['kind'][] = ['started', 'events', 'progress'];
const eventKinds: readonly EventKind[] = ['put', 'delete', 'expired', 'revoked'];
const hasPrevious = 8;

export function encodeWatchQuery({ range, from, wantPrevious, wantProgress }: WatchQuery): Uint8Array {
  const writer = new ByteWriter(64 + range.start.length + (range.end?.length ?? 0));
  writer.u8(version);
  writer.u8(
    (range.end === undefined ? 0 : queryFlags.end) |
      (wantPrevious ? queryFlags.previous : 0) |
      (wantProgress ? queryFlags.progress : 0),
  );
  writer.block(range.start);
  if (range.end !== undefined) writer.block(range.end);
  writer.varint(from);
  return writer.copy();
}

export function decodeWatchQuery(bytes: Uint8Array): WatchQuery {
  const reader = new ByteReader(bytes, 'watch');
  checkVersion(reader);
  const flags = reader.u8();
  if (flags > 7) throw reader.malformed(`unknown flags ${flags}`, reader.offset - 1);
  const start = reader.block();
  const end = (flags & queryFlags.end) === 0 ? undefined : reader.block();
  const from = reader.varint();
  reader.end();
  const wantPrevious = (flags & queryFlags.previous) !== 0;
  return { range: { start, end }, from, wantPrevious, wantProgress: (flags & queryFlags.progress) !== 0 };
}

/** An item without events. */
export function encodeWatchMark(kind: 'started' | 'progress', revision: number): Uint8Array {
  const writer = new ByteWriter(16);
  writer.u8(version);
  writer.u8(itemKinds.indexOf(kind));
  writer.varint(revision);
  return writer.copy();
}

/** The changes of whole revisions, in order, as one item. */
export function encodeWatchEvents(writer: ByteWriter, changes: readonly WatchChange[]): void {
  writer.u8(version);
  writer.u8(itemKinds.indexOf('events'));
  writer.varint(changes.length);
  for (const { event, previous } of changes) {
    writer.u8(eventKinds.indexOf(event.kind) | (previous === undefined ? 0 : hasPrevious));
    encodeKeyValue(writer, event.key, event.value, event);
    if (previous !== undefined) encodeKeyValue(writer, previous.key, previous.value, previous);
  }
}

/** Keys and values are views of `bytes`. */
export function decodeWatchItem(bytes: Uint8Array): WatchItem {
  const reader = new ByteReader(bytes, 'watch item');
  checkVersion(reader);
  const kind = itemKinds[reader.u8()];
  if (kind === undefined) throw reader.malformed('an unknown kind of item', reader.offset - 1);
  const item: WatchItem =
    kind === 'events' ? { kind, events: decodeEvents(reader) } : { kind, revision: reader.varint() };
  reader.end();
  return item;
}

function checkVersion(reader: ByteReader): void {
  const found = reader.u8();
  if (found !== version) throw reader.malformed(`unknown version ${found}`, 0);
}

function decodeEvents(reader: ByteReader): WatchEvent[] {
  const count = reader.varint();
  if (count > reader.remaining)
    throw reader.malformed(`${count} events in ${reader.remaining} bytes`, reader.offset);
  const events: WatchEvent[] = [];
  for (let more = 0; more < count; more += 1) {
    const bits = reader.u8();
    const kind = eventKinds[bits & 7];
    if (kind === undefined || bits > (7 | hasPrevious))
      throw reader.malformed(`an unknown kind of event ${bits}`, reader.offset - 1);
    const now = decodeKeyValue(reader);
    events.push({ kind, ...now, previous: (bits & hasPrevious) === 0 ? undefined : decodeKeyValue(reader) });
  }
  return events;
}
