/**
 * How nodes that gossip speak: a header that says of which cluster and from whom, what the packet is for, and news
 * up to its end. All numbers are varints, names are short, and the name of the cluster is four bytes of its checksum:
 * a ping is about as long as the two names in it.
 *
 * The header carries the sender’s own incarnation, so whoever believes something older or worse of it sees that at
 * once and says so in the answer: nobody has to wait for news that passed it by.
 */
import { ByteReader, type ByteWriter, crc32, isQuorateError } from '../base/index.ts';
import { type Claim, decodeClaim, decodeName } from './claim.ts';
import type { Refusal } from './refusals.ts';
import { addressBytesMax, idBytesMax } from './settings.ts';

export type PacketBody =
  /** Are you there? Answered with `ack`. */
  | { readonly kind: 'ping'; readonly sequence: number; readonly target: string }
  /** Ask that one for me. Answered with `ack` when it answers, and with `nack` in good time when it does not. */
  | {
      readonly kind: 'ask';
      readonly sequence: number;
      readonly target: string;
      readonly targetAddress: string;
    }
  /** `heardMs`: when the ping came, by the time of day of who answers; the answer left in the same step. */
  | { readonly kind: 'ack'; readonly sequence: number; readonly heardMs: number }
  | { readonly kind: 'nack'; readonly sequence: number }
  /** News alone. */
  | { readonly kind: 'gossip' }
  /** My view of who lives has this fingerprint; if yours differs, tell me all you know. */
  | { readonly kind: 'compare'; readonly address: string; readonly fingerprint: number }
  /** All that I know, or a part of it. */
  | {
      readonly kind: 'exchange';
      readonly cluster: string;
      readonly address: string;
      readonly wantsReply: boolean;
    };

export type PacketKind = PacketBody['kind'];

export interface PacketHeader {
  readonly sender: string;
  readonly incarnation: number;
}

export interface Packet extends PacketHeader {
  readonly body: PacketBody;
  readonly claims: readonly Claim[];
}

const formatVersion = 1;
const kinds: readonly PacketKind[] = ['ping', 'ask', 'ack', 'nack', 'gossip', 'compare', 'exchange'];

/** Wall-clock times go out in whole microseconds. */
const stepsPerMs = 1_000;
const wallMsMax = Number.MAX_SAFE_INTEGER / stepsPerMs;

/** What stands for the name of a cluster in each packet. */
export function clusterNumber(cluster: string): number {
  return crc32(encoder.encode(cluster));
}

export function encodePacket(
  writer: ByteWriter,
  cluster: number,
  { sender, incarnation }: PacketHeader,
  body: PacketBody,
): void {
  writer.u8(formatVersion);
  writer.u8(kinds.indexOf(body.kind));
  writer.u32(cluster);
  writer.text(sender);
  writer.varint(incarnation);
  switch (body.kind) {
    case 'ping':
      writer.varint(body.sequence);
      writer.text(body.target);
      break;
    case 'ask':
      writer.varint(body.sequence);
      writer.text(body.target);
      writer.text(body.targetAddress);
      break;
    case 'ack':
      writer.varint(body.sequence);
      writer.u64(Math.round(Math.min(Math.max(0, body.heardMs), wallMsMax) * stepsPerMs));
      break;
    case 'nack':
      writer.varint(body.sequence);
      break;
    case 'gossip':
      break;
    case 'compare':
      writer.text(body.address);
      writer.u32(body.fingerprint);
      break;
    case 'exchange':
      writer.text(body.cluster);
      writer.text(body.address);
      writer.u8(body.wantsReply ? 1 : 0);
      break;
  }
}

/** The packet, or why it is none of this cluster’s. Never throws; keeps views of the bytes. */
export function decodePacket(bytes: Uint8Array, cluster: number): Packet | Refusal {
  const reader = new ByteReader(bytes, 'gossip packet');
  try {
    if (reader.u8() !== formatVersion) return 'unknown-version';
    const kind = kinds[reader.u8()];
    if (reader.u32() !== cluster) return 'wrong-cluster';
    if (kind === undefined) return 'malformed';
    const sender = decodeName(reader, idBytesMax);
    const incarnation = reader.varint();
    const body = decodeBody(reader, kind);
    const claims: Claim[] = [];
    while (reader.remaining > 0) claims.push(decodeClaim(reader));
    return { sender, incarnation, body, claims };
  } catch (error) {
    if (isQuorateError(error)) return 'malformed';
    throw error;
  }
}

function decodeBody(reader: ByteReader, kind: PacketKind): PacketBody {
  switch (kind) {
    case 'ping':
      return { kind, sequence: reader.varint(), target: decodeName(reader, idBytesMax) };
    case 'ask':
      return {
        kind,
        sequence: reader.varint(),
        target: decodeName(reader, idBytesMax),
        targetAddress: decodeName(reader, addressBytesMax),
      };
    case 'ack':
      return { kind, sequence: reader.varint(), heardMs: reader.u64() / stepsPerMs };
    case 'nack':
      return { kind, sequence: reader.varint() };
    case 'gossip':
      return gossip;
    case 'compare':
      return { kind, address: decodeName(reader, addressBytesMax), fingerprint: reader.u32() };
    case 'exchange':
      return {
        kind,
        cluster: reader.text(),
        address: decodeName(reader, addressBytesMax),
        wantsReply: reader.u8() === 1,
      };
  }
}

const gossip: PacketBody = { kind: 'gossip' };
const encoder = new TextEncoder();
