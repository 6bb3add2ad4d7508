/**
 * What the store answers. One format for all replies, which says by itself what it is, so that an answer
 * kept for a session can be read whatever asked for it first:
 */
import { ByteReader } from '../base/index.ts';
import { decodeKeyValue, type KeyValue } from './key-value.ts';
import { type Refusal, type RefusalCode, refusalCodes } from './refusals.ts';
import { replyKinds, replyVersion, resultFlags } from './reply-format.ts';
import { decodeSecurityTable, type SecurityTable } from './security-format.ts';

export type OperationResult = PutResult | DeleteResult | GetResult | AppendResult | AddResult;

export interface PutResult {
  readonly kind: 'put';
  /** Present when it was asked for and there was one. */
  readonly previous: KeyValue | undefined;
  /** The previous value was left out, because the reply was full. */
  readonly truncated: boolean;
}

export interface DeleteResult {
  readonly kind: 'delete';
  /** How many keys were deleted. */
  readonly count: number;
  /** What they were, when it was asked for. */
  readonly previous: readonly KeyValue[];
  /** Some previous values were left out, because the reply was full. */
  readonly truncated: boolean;
}

export interface GetResult {
  readonly kind: 'get';
  readonly entries: readonly KeyValue[];
  /** How many keys there are, when that was asked for; otherwise how many entries are here. */
  readonly count: number;
  /** There may be more in the range: the limit, the size of a reply or the keys that may be visited came first. */
  readonly more: boolean;
  /** With `more`, in the order of keys: the first key that is not here. Going on begins with it. */
  readonly resume: Uint8Array | undefined;
}

export interface AppendResult {
  readonly kind: 'append';
  /** The key that was made. */
  readonly key: Uint8Array;
}

export interface AddResult {
  readonly kind: 'add';
  readonly before: number;
  readonly after: number;
}

export type ReplyBody =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | OperationResult
  | {
      readonly kind: 'transaction';
      readonly succeeded: boolean;
      readonly results: readonly OperationResult[];
    }
  /** To a grant, a keep-alive and the opening of a session. */
  | { readonly kind: 'lease'; readonly lease: number; readonly ttlMs: number }
  | { readonly kind: 'security'; readonly table: SecurityTable }
  | { readonly kind: 'done' };

export interface Reply {
  /** The store's revision behind the command, or at the time of the read. */
  readonly revision: number;
  readonly body: ReplyBody;
}

/** Behind the version, the kind and the revision. */
const bodyOffset = 10;

/** Why the store refused, told by two bytes of its reply; `undefined` when it did not. */
export function refusalCodeOf(reply: Uint8Array): RefusalCode | undefined {
  return reply[1] === replyKinds.refused ? refusalCodes[(reply[bodyOffset] ?? 0) - 1] : undefined;
}

/** Keys and values are views of `bytes`. */
export function decodeReply(bytes: Uint8Array): Reply {
  const reader = new ByteReader(bytes, 'reply');
  const version = reader.u8();
  if (version !== replyVersion) throw reader.malformed(`unknown version ${version}`, 0);
  const kind = reader.u8();
  const revision = reader.u64();
  const body = decodeBody(reader, kind);
  reader.end();
  return { revision, body };
}

function decodeBody(reader: ByteReader, kind: number): ReplyBody {
  switch (kind) {
    case replyKinds.refused:
      return { kind: 'refused', refusal: decodeRefusal(reader) };
    case replyKinds.transaction: {
      const succeeded = reader.u8() !== 0;
      return { kind: 'transaction', succeeded, results: decodeList(reader, decodeTagged) };
    }
    case replyKinds.lease:
      return { kind: 'lease', lease: reader.varint(), ttlMs: reader.varint() };
    case replyKinds.security:
      return { kind: 'security', table: decodeSecurityTable(reader.block()) };
    case replyKinds.done:
      return { kind: 'done' };
    default:
      return decodeResult(reader, kind);
  }
}

function decodeTagged(reader: ByteReader): OperationResult {
  return decodeResult(reader, reader.u8());
}

function decodeResult(reader: ByteReader, kind: number): OperationResult {
  if (kind === replyKinds.put) {
    const flags = reader.u8();
    const previous = (flags & resultFlags.previous) === 0 ? undefined : decodeKeyValue(reader);
    return { kind: 'put', previous, truncated: (flags & resultFlags.truncated) !== 0 };
  }
  if (kind === replyKinds.delete) {
    const previous = decodeList(reader, decodeKeyValue);
    const count = reader.varint();
    return { kind: 'delete', count, previous, truncated: reader.u8() === resultFlags.truncated };
  }
  if (kind === replyKinds.get) {
    const entries = decodeList(reader, decodeKeyValue);
    const flags = reader.u8();
    const count = reader.varint();
    const resume = (flags & resultFlags.resume) === 0 ? undefined : reader.block();
    return { kind: 'get', entries, count, more: (flags & resultFlags.more) !== 0, resume };
  }
  if (kind === replyKinds.append) return { kind: 'append', key: reader.block() };
  if (kind === replyKinds.add) {
    const flags = reader.u8();
    const before = decodeSigned(reader, flags & resultFlags.negativeBefore);
    return { kind: 'add', before, after: decodeSigned(reader, flags & resultFlags.negativeAfter) };
  }
  throw reader.malformed(`unknown kind ${kind}`, reader.offset);
}

function decodeSigned(reader: ByteReader, sign: number): number {
  const magnitude = reader.varint();
  return sign === 0 || magnitude === 0 ? magnitude : -magnitude;
}

function decodeRefusal(reader: ByteReader): Refusal {
  const code = refusalCodes[reader.u8() - 1];
  if (code === undefined) throw reader.malformed('unknown refusal', reader.offset - 1);
  return { code, first: reader.varint(), second: reader.varint() };
}

function decodeList<T>(reader: ByteReader, decode: (reader: ByteReader) => T): T[] {
  const count = reader.u32();
  if (count > reader.remaining) throw reader.malformed(`${count} elements`, reader.offset);
  const list: T[] = [];
  for (let index = 0; index < count; index += 1) list.push(decode(reader));
  return list;
}
