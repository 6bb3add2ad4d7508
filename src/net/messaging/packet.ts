/**
 * What two programs say to each other once they have greeted: one packet a frame. A request, a stream and a
 * subscription each have a number that whoever connected chose; everything that belongs to them bears it. How
 * long an answer is waited for travels as remaining time, because no two clocks agree on a point in time.
 */
import { ByteReader, ByteWriter, type QuorateError } from '../../base/index.ts';
import { decodeError, encodeError } from '../error-text.ts';

export type Packet =
  | {
      readonly kind: 'request';
      readonly id: number;
      readonly name: string;
      readonly body: Uint8Array;
      /** Absent: as long as it takes. */
      readonly remainingMs?: number;
    }
  /** Answers a request, or says that a subscription is in force. */
  | { readonly kind: 'reply'; readonly id: number; readonly body: Uint8Array }
  /** A request has no answer, or a subscription is over, for this reason. */
  | { readonly kind: 'failure'; readonly id: number; readonly error: QuorateError }
  /** Nobody waits for this request any more, or nobody wants to hear of this subscription. */
  | { readonly kind: 'cancel'; readonly id: number }
  /** A message that nobody answers. */
  | { readonly kind: 'notice'; readonly name: string; readonly body: Uint8Array }
  | { readonly kind: 'open'; readonly id: number; readonly name: string }
  /** Bytes of a stream, at least one. */
  | { readonly kind: 'piece'; readonly id: number; readonly body: Uint8Array }
  /** So much more may be sent on a stream. */
  | { readonly kind: 'credit'; readonly id: number; readonly cost: number }
  /** Nothing more will be sent on a stream by this side. */
  | { readonly kind: 'end'; readonly id: number }
  /** A stream is over in both directions, for this reason. */
  | { readonly kind: 'abort'; readonly id: number; readonly error: QuorateError }
  | { readonly kind: 'subscribe'; readonly id: number; readonly pattern: string }
  /** Something was published that fits a subscription. */
  | { readonly kind: 'event'; readonly id: number; readonly subject: string; readonly body: Uint8Array }
  /** So many events of a subscription were left out here. */
  | { readonly kind: 'gap'; readonly id: number; readonly missed: number }
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' };

type PacketKind = Packet['kind'];

/** The place of a kind is its number on the wire: new ones come at the end. */
const kinds: readonly PacketKind[] = [
  'request',
  'reply',
  'failure',
  'cancel',
  'notice',
  'open',
  'piece',
  'credit',
  'end',
  'abort',
  'subscribe',
  'event',
  'gap',
  'ping',
  'pong',
];
const numbers: Readonly<Record<string, number>> = Object.fromEntries(
  kinds.map((kind, place) => [kind, place]),
);

/** Beside the kind of a request: its remaining time follows. */
const hasDeadline = 0x80;

/** The most that a packet takes beside its name and its body. */
export const packetOverheadBytes: number = 32;

export function encodePacket(writer: ByteWriter, packet: Packet): void {
  const number = numbers[packet.kind] as number;
  switch (packet.kind) {
    case 'request':
      writer.u8(packet.remainingMs === undefined ? number : number | hasDeadline);
      writer.varint(packet.id);
      if (packet.remainingMs !== undefined) writer.varint(Math.max(0, Math.ceil(packet.remainingMs)));
      writer.text(packet.name);
      writer.raw(packet.body);
      return;
    case 'notice':
      writer.u8(number);
      writer.text(packet.name);
      writer.raw(packet.body);
      return;
    case 'ping':
    case 'pong':
      writer.u8(number);
      return;
    default:
      writer.u8(number);
      writer.varint(packet.id);
      encodeRest(writer, packet);
  }
}

type NumberedPacket = Exclude<Packet, { kind: 'request' | 'notice' | 'ping' | 'pong' }>;

/** What follows the number. */
function encodeRest(writer: ByteWriter, packet: NumberedPacket): void {
  switch (packet.kind) {
    case 'reply':
    case 'piece':
      writer.raw(packet.body);
      return;
    case 'failure':
    case 'abort':
      encodeError(writer, packet.error);
      return;
    case 'open':
      writer.text(packet.name);
      return;
    case 'credit':
      writer.varint(packet.cost);
      return;
    case 'subscribe':
      writer.text(packet.pattern);
      return;
    case 'event':
      writer.text(packet.subject);
      writer.raw(packet.body);
      return;
    case 'gap':
      writer.varint(packet.missed);
      return;
    case 'cancel':
    case 'end':
      return;
  }
}

/** What all events of one publication have in common, so that it is written once for all who hear of it. */
export function encodePublication(subject: string, body: Uint8Array): Uint8Array {
  const writer = new ByteWriter(subject.length + body.length + 8);
  writer.text(subject);
  writer.raw(body);
  return writer.bytes();
}

/** The same bytes as of an `event` with what `encodePublication` was given. */
export function encodeEvent(writer: ByteWriter, id: number, publication: Uint8Array): void {
  writer.u8(numbers['event'] as number);
  writer.varint(id);
  writer.raw(publication);
}

/** Bodies are views of `bytes`. */
export function decodePacket(bytes: Uint8Array): Packet {
  const reader = new ByteReader(bytes, 'packet');
  const mark = reader.u8();
  const kind = kinds[mark & ~hasDeadline];
  if (kind === undefined || (mark >= hasDeadline && kind !== 'request'))
    throw reader.malformed('an unknown kind of packet', 0);
  switch (kind) {
    case 'request': {
      const id = reader.varint();
      if (mark < hasDeadline) return { kind, id, name: reader.text(), body: rest(reader) };
      const remainingMs = reader.varint();
      return { kind, id, name: reader.text(), body: rest(reader), remainingMs };
    }
    case 'notice':
      return { kind, name: reader.text(), body: rest(reader) };
    case 'reply':
      return { kind, id: reader.varint(), body: rest(reader) };
    case 'piece':
      return { kind, id: reader.varint(), body: pieceOf(reader) };
    case 'event':
      return { kind, id: reader.varint(), subject: reader.text(), body: rest(reader) };
    default: {
      const packet = decodeShort(reader, kind);
      reader.end();
      return packet;
    }
  }
}

type ShortKind = Exclude<PacketKind, 'request' | 'notice' | 'reply' | 'piece' | 'event'>;

/** Packets without a body. */
function decodeShort(reader: ByteReader, kind: ShortKind): Packet {
  switch (kind) {
    case 'failure':
    case 'abort':
      return { kind, id: reader.varint(), error: decodeError(reader) };
    case 'cancel':
    case 'end':
      return { kind, id: reader.varint() };
    case 'open':
      return { kind, id: reader.varint(), name: reader.text() };
    case 'credit':
      return { kind, id: reader.varint(), cost: reader.varint() };
    case 'subscribe':
      return { kind, id: reader.varint(), pattern: reader.text() };
    case 'gap':
      return { kind, id: reader.varint(), missed: reader.varint() };
    case 'ping':
    case 'pong':
      return { kind };
  }
}

function rest(reader: ByteReader): Uint8Array {
  return reader.raw(reader.remaining);
}

/** Pieces of nothing would cost their receiver memory and their sender no credit. */
function pieceOf(reader: ByteReader): Uint8Array {
  if (reader.remaining === 0) throw reader.malformed('a piece without a byte', reader.offset);
  return rest(reader);
}
