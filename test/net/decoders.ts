/** The decoders of `src/net` for the fuzzer. */
import { ByteWriter, crc32, QuorateError } from '../../src/base/index.ts';
import {
  decodeBackupBegun,
  decodeBackupRequest,
  encodeBackupBegun,
  encodeBackupRequest,
} from '../../src/net/backup-protocol.ts';
import {
  decodeBoundedAnswer,
  decodeBoundedQuery,
  encodeBoundedAnswer,
  encodeBoundedQuery,
} from '../../src/net/bounded-read.ts';
import {
  decodeHello,
  decodeNodeFeatures,
  decodeReply,
  decodeRequest,
  encodeHello,
  encodeNodeFeatures,
  encodeReply,
  encodeRequest,
  FrameReader,
  type Reply,
  writeFrame,
} from '../../src/net/index.ts';
import {
  decodeMemberList,
  decodeMemberRequest,
  decodeMemberResult,
  encodeMemberList,
  encodeMemberRequest,
  encodeMemberResult,
} from '../../src/net/member-protocol.ts';
import {
  decodePacket,
  encodeEvent,
  encodePacket,
  encodePublication,
  type Packet,
} from '../../src/net/messaging/packet.ts';
import { decodeTerms, encodeTerms, termsDefault } from '../../src/net/messaging/terms.ts';
import { byteRefusals, type Decoder } from '../fuzz/decoder.ts';

const body = Uint8Array.from({ length: 40 }, (_, place) => place * 7);

const card = { name: 'node1', address: { host: '10.0.0.1', port: 7701 }, part: 'voter' } as const;

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(64);
  write(writer);
  return writer.copy();
}

function replies(): Reply[] {
  const error = new QuorateError({
    code: 'not-leader',
    message: 'ask another',
    data: { group: 0, leader: 5 },
  });
  return [
    { id: 300, ok: true, body },
    { id: 1, ok: true, body: new Uint8Array(0), isItem: true },
    { id: 2 ** 40, ok: false, error },
  ];
}

/** One of each kind. */
export function packets(): Packet[] {
  const error = new QuorateError({ code: 'fenced', message: 'too old', data: { token: 1, current: 2 } });
  return [
    { kind: 'request', id: 1, name: 'echo', body },
    { kind: 'request', id: 2 ** 40, name: 'ö', body: new Uint8Array(0), remainingMs: 5_000 },
    { kind: 'reply', id: 300, body },
    { kind: 'failure', id: 300, error },
    { kind: 'cancel', id: 7 },
    { kind: 'notice', name: 'note', body },
    { kind: 'open', id: 8, name: 'copy' },
    { kind: 'piece', id: 8, body },
    { kind: 'credit', id: 8, cost: 2 ** 30 },
    { kind: 'end', id: 8 },
    { kind: 'abort', id: 8, error },
    { kind: 'subscribe', id: 9, pattern: 'news.>' },
    { kind: 'event', id: 9, subject: 'news.art', body },
    { kind: 'gap', id: 9, missed: 2 ** 33 },
    { kind: 'ping' },
    { kind: 'pong' },
  ];
}

/** A stream that arrives in pieces of every length. */
function framesOf(bytes: Uint8Array): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  const reader = new FrameReader({ payloadBytesMax: () => 64 << 20 });
  for (let at = 0, piece = 1; at < bytes.length; at += piece, piece = (piece % 13) + 1)
    reader.push(bytes.subarray(at, at + piece), (payload) => payloads.push(payload));
  return payloads;
}

export const netDecoders: readonly Decoder[] = [
  {
    name: 'net/frame.ts FrameReader',
    valid: () => [
      written((writer) => writeFrame(writer, crc32, () => writer.raw(body))),
      written((writer) => {
        for (const length of [1, 2, 40])
          writeFrame(writer, crc32, () => writer.raw(body.subarray(0, length)));
      }),
    ],
    decode: framesOf,
    refusals: ['frame-refused'],
  },
  {
    name: 'net/hello.ts decodeHello',
    valid: () => [
      encodeHello({ purpose: 'client', cluster: '', from: 0, to: 0 }),
      encodeHello({ purpose: 'peer', cluster: 'a cluster “ö”', from: 2 ** 52, to: 7 }),
      encodeHello({
        purpose: 'snapshot',
        cluster: 'c',
        from: 1,
        to: 2,
        levels: { least: 1, most: 3, founded: 1 },
      }),
    ],
    decode: decodeHello,
    refusals: [...byteRefusals, 'hello-refused'],
  },
  {
    name: 'net/messaging/packet.ts decodePacket',
    valid: () => [
      ...packets().map((packet) => written((writer) => encodePacket(writer, packet))),
      written((writer) => encodeEvent(writer, 9, encodePublication('news', body))),
    ],
    decode: decodePacket,
    refusals: byteRefusals,
  },
  {
    name: 'net/messaging/terms.ts decodeTerms',
    valid: () => [encodeTerms(termsDefault)],
    decode: decodeTerms,
    refusals: byteRefusals,
  },
  {
    name: 'net/client-protocol.ts decodeRequest',
    valid: () =>
      (['command', 'read', 'stale-read', 'status', 'watch', 'unwatch'] as const).map((kind, place) =>
        written((writer) =>
          encodeRequest(writer, {
            id: 2 ** (place * 8),
            kind,
            group: place,
            body,
            ...(place % 2 === 0 ? {} : { remainingMs: 5_000 }),
          }),
        ),
      ),
    decode: decodeRequest,
    refusals: byteRefusals,
  },
  {
    name: 'net/node-features.ts decodeNodeFeatures',
    valid: () => [encodeNodeFeatures({ deadlines: true }), encodeNodeFeatures({ deadlines: false })],
    decode: decodeNodeFeatures,
    refusals: byteRefusals,
  },
  {
    name: 'net/client-protocol.ts decodeReply',
    also: ['net/error-text.ts decodeError'],
    valid: () => replies().map((reply) => written((writer) => encodeReply(writer, reply))),
    decode: decodeReply,
    refusals: byteRefusals,
  },
  {
    name: 'net/backup-protocol.ts decodeBackupRequest',
    valid: () => [
      encodeBackupRequest({ kind: 'begin' }),
      encodeBackupRequest({ kind: 'next', backup: 2 ** 40, place: 9 }),
      encodeBackupRequest({ kind: 'end', backup: 1 }),
    ],
    decode: decodeBackupRequest,
    refusals: byteRefusals,
  },
  {
    name: 'net/backup-protocol.ts decodeBackupBegun',
    valid: () => [encodeBackupBegun({ backup: 300, frame: body })],
    decode: decodeBackupBegun,
    refusals: byteRefusals,
  },
  {
    name: 'net/bounded-read.ts decodeBoundedQuery',
    valid: () => [encodeBoundedQuery({ staleMsMax: 1_000, query: body })],
    decode: decodeBoundedQuery,
    refusals: byteRefusals,
  },
  {
    name: 'net/bounded-read.ts decodeBoundedAnswer',
    valid: () => [encodeBoundedAnswer({ staleMs: 2 ** 40, answer: body })],
    decode: decodeBoundedAnswer,
    refusals: byteRefusals,
  },
  {
    name: 'net/member-protocol.ts decodeMemberRequest',
    valid: () => [
      encodeMemberRequest({ kind: 'add', member: 7, card }),
      encodeMemberRequest({ kind: 'update', member: 2 ** 52, card: { name: 'node2' } }),
      encodeMemberRequest({ kind: 'transfer', member: 1 }),
      encodeMemberRequest({ kind: 'replace', member: 1, by: 2 ** 40 }),
    ],
    decode: decodeMemberRequest,
    refusals: ['invalid-option'],
  },
  {
    name: 'net/member-protocol.ts decodeMemberResult',
    valid: () => [encodeMemberResult('done'), encodeMemberResult('unchanged')],
    decode: decodeMemberResult,
    refusals: byteRefusals,
  },
  {
    name: 'net/member-protocol.ts decodeMemberList',
    valid: () => [
      encodeMemberList({
        cluster: 'c',
        member: 1,
        term: 9,
        leader: 2,
        members: [
          { id: 1, part: 'voter', card },
          { id: 2, part: 'learner' },
        ],
      }),
    ],
    decode: decodeMemberList,
    refusals: byteRefusals,
  },
];
