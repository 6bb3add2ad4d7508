/**
 * Messages as bytes. Numbers are varints; entries stand one behind the other with their index left out, since
 * they follow `previous` without a gap. Decoded entries are views of the given bytes: hand over memory that
 * nobody writes to again. What comes from the wire may be anything, so every count is checked against what
 * is left, and what remains unread is refused.
 */
import { ByteReader, type ByteWriter, unreachable } from '../base/index.ts';
import { decodeConfiguration, encodeConfiguration } from './configuration.ts';
import type { Entry, EntryId, EntryKind } from './entry.ts';
import type { Message } from './messages.ts';

/** The numbers on the wire; a number is never given a second meaning. */
const kinds = {
  'vote-request': 1,
  'vote-reply': 2,
  append: 3,
  'append-accepted': 4,
  'append-rejected': 5,
  heartbeat: 6,
  'heartbeat-reply': 7,
  'install-snapshot': 8,
  'transfer-now': 9,
  'read-request': 10,
  'read-reply': 11,
  'repair-request': 12,
  'repair-reply': 13,
} as const satisfies { readonly [Kind in Message['kind']]: number };

const kindOf: ReadonlyMap<number, Message['kind']> = new Map(
  Object.entries(kinds).map(([kind, number]) => [number, kind as Message['kind']]),
);

const entryKinds: readonly EntryKind[] = ['command', 'empty', 'configuration'];

/** Appends `message` to what `writer` holds. */
export function encodeMessage(writer: ByteWriter, message: Message): void {
  writer.u8(kinds[message.kind]);
  writer.varint(message.group);
  writer.varint(message.from);
  writer.varint(message.to);
  writer.varint(message.term);
  encodeContent(writer, message);
}

function encodeContent(writer: ByteWriter, message: Message): void {
  switch (message.kind) {
    case 'vote-request':
      writer.u8(flags(message.preVote, message.forced));
      encodeId(writer, message.last);
      return;
    case 'vote-reply':
      writer.u8(flags(message.preVote, message.granted));
      return;
    case 'append':
      writer.u8(flags(message.lease, false));
      encodeId(writer, message.previous);
      writer.varint(message.commit);
      encodeEntries(writer, message.entries);
      return;
    case 'append-accepted':
      writer.u8(flags(message.damaged, false));
      writer.varint(message.match);
      return;
    case 'append-rejected':
      writer.u8(flags(message.damaged, false));
      writer.varint(message.rejected);
      encodeId(writer, message.hint);
      return;
    case 'heartbeat':
      writer.u8(flags(message.lease, message.quiesceAt !== undefined));
      writer.varint(message.commit);
      writer.varint(message.round);
      if (message.quiesceAt !== undefined) encodeId(writer, message.quiesceAt);
      return;
    case 'heartbeat-reply':
      writer.u8(flags(message.damaged, false));
      writer.varint(message.round);
      return;
    case 'install-snapshot':
      encodeId(writer, message.mark);
      writer.block(encodeConfiguration(message.mark.configuration));
      return;
    case 'transfer-now':
      return;
    case 'read-request':
    case 'repair-request':
      writer.varint(message.context);
      return;
    case 'read-reply':
    case 'repair-reply':
      writer.varint(message.context);
      writer.varint(message.index);
      return;
    default:
      unreachable(message);
  }
}

/** The one message that `bytes` hold. */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new ByteReader(bytes, 'raft message');
  const message = decodeMessageFrom(reader);
  reader.end();
  return message;
}

/** The message that stands next in what `reader` reads: for hosts that send several in a frame. */
export function decodeMessageFrom(reader: ByteReader): Message {
  const number = reader.u8();
  const kind = kindOf.get(number);
  if (kind === undefined) throw reader.malformed(`unknown message kind ${number}`, reader.offset - 1);
  return decodeContent(reader, kind);
}

/**
 * What most messages are is built in one piece, with the envelope spelled out: spreading it in cost as much as
 * the decoding.
 */
function decodeContent(reader: ByteReader, kind: Message['kind']): Message {
  const group = reader.varint();
  const from = reader.varint();
  const to = reader.varint();
  const term = reader.varint();
  switch (kind) {
    case 'append': {
      const lease = isFirst(decodeFlags(reader));
      const previous = decodeId(reader);
      const commit = reader.varint();
      const entries = decodeEntries(reader, previous);
      return { kind, group, from, to, term, lease, previous, commit, entries };
    }
    case 'append-accepted': {
      const damaged = isFirst(decodeFlags(reader));
      return { kind, group, from, to, term, damaged, match: reader.varint() };
    }
    case 'heartbeat': {
      const bits = decodeFlags(reader);
      const lease = isFirst(bits);
      const commit = reader.varint();
      const round = reader.varint();
      if (!isSecond(bits)) return { kind, group, from, to, term, lease, commit, round };
      return { kind, group, from, to, term, lease, commit, round, quiesceAt: decodeId(reader) };
    }
    case 'heartbeat-reply': {
      const damaged = isFirst(decodeFlags(reader));
      return { kind, group, from, to, term, damaged, round: reader.varint() };
    }
    default:
      return decodeRareContent(reader, kind, { group, from, to, term });
  }
}

type Envelope = Pick<Message, 'group' | 'from' | 'to' | 'term'>;
type FrequentKind = 'append' | 'append-accepted' | 'heartbeat' | 'heartbeat-reply';

function decodeRareContent(
  reader: ByteReader,
  kind: Exclude<Message['kind'], FrequentKind>,
  envelope: Envelope,
): Message {
  switch (kind) {
    case 'vote-request': {
      const bits = decodeFlags(reader);
      return {
        kind,
        ...envelope,
        preVote: isFirst(bits),
        forced: isSecond(bits),
        last: decodeId(reader),
      };
    }
    case 'vote-reply': {
      const bits = decodeFlags(reader);
      return { kind, ...envelope, preVote: isFirst(bits), granted: isSecond(bits) };
    }
    case 'append-rejected': {
      const damaged = isFirst(decodeFlags(reader));
      return { kind, ...envelope, damaged, rejected: reader.varint(), hint: decodeId(reader) };
    }
    case 'install-snapshot': {
      const id = decodeId(reader);
      return { kind, ...envelope, mark: { ...id, configuration: decodeConfiguration(reader.block()) } };
    }
    case 'transfer-now':
      return { kind, ...envelope };
    case 'read-request':
    case 'repair-request':
      return { kind, ...envelope, context: reader.varint() };
    case 'read-reply':
    case 'repair-reply':
      return { kind, ...envelope, context: reader.varint(), index: reader.varint() };
    default:
      return unreachable(kind);
  }
}

function encodeEntries(writer: ByteWriter, entries: readonly Entry[]): void {
  writer.varint(entries.length);
  for (const entry of entries) {
    writer.u8(entryKinds.indexOf(entry.kind));
    writer.varint(entry.term);
    writer.block(entry.data);
  }
}

function decodeEntries(reader: ByteReader, previous: EntryId): Entry[] {
  const count = reader.varint();
  if (count > reader.remaining)
    throw reader.malformed(`${count} entries in ${reader.remaining} bytes`, reader.offset);
  const entries: Entry[] = [];
  for (let place = 1; place <= count; place += 1) {
    const number = reader.u8();
    const kind = entryKinds[number];
    if (kind === undefined) throw reader.malformed(`unknown entry kind ${number}`, reader.offset - 1);
    entries.push({ index: previous.index + place, term: reader.varint(), kind, data: reader.block() });
  }
  return entries;
}

function encodeId(writer: ByteWriter, { index, term }: EntryId): void {
  writer.varint(index);
  writer.varint(term);
}

function decodeId(reader: ByteReader): EntryId {
  return { index: reader.varint(), term: reader.varint() };
}

function flags(first: boolean, second: boolean): number {
  return (first ? 1 : 0) | (second ? 2 : 0);
}

function decodeFlags(reader: ByteReader): number {
  const bits = reader.u8();
  if (bits > 3) throw reader.malformed(`unknown flags ${bits}`, reader.offset - 1);
  return bits;
}

function isFirst(bits: number): boolean {
  return (bits & 1) === 1;
}

function isSecond(bits: number): boolean {
  return (bits & 2) === 2;
}
