/** Questions as resolvers send them: RFC 1035, with what RFC 6891 adds, above all the size that a resolver takes over UDP. */
import { type DnsName, decodeDnsName, malformedDns, wireLength } from './dns-name.ts';

export interface DnsQuestion {
  readonly name: DnsName;
  readonly type: number;
  readonly class: number;
}

export interface DnsQuery {
  readonly id: number;
  readonly opcode: number;
  /** It asks for more than what we know ourselves; which we echo, and do not do. */
  readonly isRecursive: boolean;
  readonly question: DnsQuestion;
  /** As it was sent, letter by letter: some resolvers look whether the case of it comes back. */
  readonly questionBytes: Uint8Array;
  /** Undefined: the resolver says nothing of it, and must be told nothing of it. */
  readonly edns: DnsExtension | undefined;
}

interface DnsExtension {
  /** What the resolver takes over UDP. */
  readonly bytesMax: number;
  readonly version: number;
  /** It wants signatures. There are none, but RFC 3225 wants the wish to be said again. */
  readonly wantsSignatures: boolean;
}

/** What can be answered though the rest cannot be read. */
export interface DnsHead {
  readonly id: number;
  readonly opcode: number;
  readonly isRecursive: boolean;
}

export const headBytes = 12;
export const optType = 41;
/** The only one that there is, and that we speak. */
export const ednsVersion = 0;
/** In an OPT record, where others have the lower half of their time to live. */
export const signaturesFlag = 0x8000;
/** Behind the name of the root: type, class, time to live and length. */
const recordHeadBytes = 10;
/** A question has at most one record that we look for; more is no question but a burden. */
const recordsMax = 8;

/** Undefined for what is no question at all, and must not be answered: an answer, or less than a head. */
export function decodeDnsHead(bytes: Uint8Array): DnsHead | undefined {
  if (bytes.length < headBytes) return undefined;
  const flags = u16(bytes, 2);
  if (flags >= 0x8000) return undefined;
  return { id: u16(bytes, 0), opcode: (flags >> 11) & 0xf, isRecursive: (flags & 0x100) !== 0 };
}

/** Throws `malformed-bytes` for what cannot be read, or is not one question. */
export function decodeDnsQuery(bytes: Uint8Array): DnsQuery {
  const head = decodeDnsHead(bytes);
  if (head === undefined) throw malformedDns('no question', 0);
  const questions = u16(bytes, 4);
  if (questions !== 1) throw malformedDns(`${questions} questions, where one is answered`, 4);
  const { name, end } = decodeDnsName(bytes, headBytes);
  // There is nothing before it that it could mean.
  if (end - headBytes !== wireLength(name)) throw malformedDns('a pointer in a question', headBytes);
  if (end + 4 > bytes.length) throw malformedDns('the end in the middle of a question', end);
  const question = { name, type: u16(bytes, end), class: u16(bytes, end + 2) };
  const questionBytes = bytes.slice(headBytes, end + 4);
  const records = u16(bytes, 6) + u16(bytes, 8) + u16(bytes, 10);
  return { ...head, question, questionBytes, edns: extensionOf(bytes, end + 4, records) };
}

function extensionOf(bytes: Uint8Array, start: number, records: number): DnsExtension | undefined {
  if (records > recordsMax) throw malformedDns(`${records} records in a question`, 6);
  let at = start;
  let extension: DnsExtension | undefined;
  for (let record = 0; record < records; record += 1) {
    const { name, end } = decodeDnsName(bytes, at);
    if (end + recordHeadBytes > bytes.length) throw malformedDns('the end in the middle of a record', end);
    if (u16(bytes, end) === optType && name.length === 0) {
      if (extension !== undefined) throw malformedDns('a second OPT record', end);
      extension = {
        bytesMax: u16(bytes, end + 2),
        version: bytes[end + 5] ?? 0,
        wantsSignatures: (u16(bytes, end + 6) & signaturesFlag) !== 0,
      };
    }
    at = end + recordHeadBytes + u16(bytes, end + 8);
    if (at > bytes.length) throw malformedDns('a record that is longer than the message', end);
  }
  return extension;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
