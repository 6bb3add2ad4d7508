/**
 * How a snapshot travels, on a connection of its own so that heartbeats never wait behind it: the sender
 * offers it, the receiver says from which byte on it lacks it, the bytes follow in frames, and the receiver
 * confirms when it holds them durably, or says that they are damaged.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';
import { decodeMessage, encodeMessage, type Message } from '../raft/index.ts';

export type InstallMessage = Extract<Message, { kind: 'install-snapshot' }>;

export interface Offer {
  /** Goes to the receiver's core when the snapshot is there. */
  readonly message: InstallMessage;
  readonly bytes: number;
  readonly check: number;
}

export type Answer =
  | { readonly kind: 'send-from'; readonly offset: number }
  | { readonly kind: 'done' }
  /** All bytes came, and they are not a whole snapshot. */
  | { readonly kind: 'damaged' };

const answerCodes = { 'send-from': 1, done: 2, damaged: 3 } as const;

export function encodeOffer({ message, bytes, check }: Offer): Uint8Array {
  const inner = new ByteWriter(256);
  encodeMessage(inner, message);
  const writer = new ByteWriter(256);
  writer.block(inner.bytes());
  writer.varint(bytes);
  writer.u32(check);
  return writer.copy();
}

export function decodeOffer(payload: Uint8Array): Offer {
  const reader = new ByteReader(payload, 'snapshot offer');
  const message = decodeMessage(reader.block());
  if (message.kind !== 'install-snapshot') throw reader.malformed(`a message of kind ${message.kind}`, 0);
  const offer: Offer = { message, bytes: reader.varint(), check: reader.u32() };
  reader.end();
  return offer;
}

export function encodeAnswer(answer: Answer): Uint8Array {
  const writer = new ByteWriter(16);
  writer.u8(answerCodes[answer.kind]);
  if (answer.kind === 'send-from') writer.varint(answer.offset);
  return writer.copy();
}

export function decodeAnswer(payload: Uint8Array): Answer {
  const reader = new ByteReader(payload, 'snapshot answer');
  const kind = reader.u8();
  if (kind === answerCodes.done) return { kind: 'done' };
  if (kind === answerCodes.damaged) return { kind: 'damaged' };
  if (kind !== answerCodes['send-from']) throw reader.malformed(`an unknown answer ${kind}`, 0);
  return { kind: 'send-from', offset: reader.varint() };
}
