/** Answers as resolvers read them. Names are compressed but for the target of an SRV record, where RFC 2782 forbids it. */
import { assert } from '../../base/index.ts';
import { type DnsName, lowerCase } from './dns-name.ts';
import { type DnsHead, ednsVersion, headBytes, optType, signaturesFlag } from './dns-query.ts';

export const recordTypes = { A: 1, NS: 2, SOA: 6, AAAA: 28, SRV: 33, ANY: 255 } as const;

export const responseCodes = {
  done: 0,
  malformed: 1,
  failed: 2,
  unknownName: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const;

export type ResponseCode = keyof typeof responseCodes;

export type DnsRecord =
  /** `bytes` of the address: four of them, or sixteen. */
  | { readonly type: 'A' | 'AAAA'; readonly name: DnsName; readonly bytes: Uint8Array }
  | {
      readonly type: 'SRV';
      readonly name: DnsName;
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: DnsName;
    }
  /** `negativeTtlS`: so long a resolver may remember that there is nothing. */
  | {
      readonly type: 'SOA';
      readonly name: DnsName;
      readonly server: DnsName;
      readonly serial: number;
      readonly negativeTtlS: number;
    };

export interface DnsReply {
  readonly code: ResponseCode;
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  /** What the resolver would ask next; left out where there is no room. */
  readonly additional: readonly DnsRecord[];
}

export interface ReplyFrame {
  readonly head: DnsHead;
  /** Absent where the question could not be read. */
  readonly questionBytes?: Uint8Array;
  readonly ttlS: number;
  readonly bytesMax: number;
  /** The size that we take ourselves, and the wish that is said again; undefined where the question had no EDNS. */
  readonly edns: { readonly bytesMax: number; readonly wantsSignatures: boolean } | undefined;
}

export interface EncodedReply {
  readonly bytes: Uint8Array;
  /** Answers did not fit: whoever asked should ask by TCP. */
  readonly isCut: boolean;
}

const internetClass = 1;
const optBytes = 11;
const pointerReach = 0x3fff;
/** Of a code, what the head of a message has room for; the rest stands in the OPT record. */
const headCodeMax = 0xf;

export function encodeDnsReply(reply: DnsReply, frame: ReplyFrame): EncodedReply {
  const { head, questionBytes, bytesMax, edns, ttlS } = frame;
  const roomMax = bytesMax - (edns === undefined ? 0 : optBytes);
  const code = responseCodes[reply.code];
  assert(edns !== undefined || code <= headCodeMax, 'what the head has no room for is told by EDNS');
  const writer = new ReplyWriter(roomMax);
  writer.skip(headBytes);
  if (questionBytes !== undefined) writer.question(questionBytes);
  const answers = writer.records(reply.answers, ttlS);
  const isCut = answers < reply.answers.length;
  const authority = isCut ? 0 : writer.records(reply.authority, ttlS);
  const additional = isCut ? 0 : writer.records(reply.additional, ttlS);
  if (edns !== undefined) writer.edns(edns, code >>> 4);
  const flags =
    0x8000 |
    (isOurs(reply.code) ? 0x400 : 0) |
    (head.opcode << 11) |
    (isCut ? 0x200 : 0) |
    (head.isRecursive ? 0x100 : 0) |
    (code & headCodeMax);
  const counts = [questionBytes === undefined ? 0 : 1, answers, authority];
  writer.head([head.id, flags, ...counts, additional + (edns === undefined ? 0 : 1)]);
  return { bytes: writer.bytes(), isCut };
}

/** Of what is refused, failed or not understood nothing is said with authority. */
function isOurs(code: ResponseCode): boolean {
  return code === 'done' || code === 'unknownName';
}

class ReplyWriter {
  readonly #bytes: Uint8Array;
  readonly #roomMax: number;
  /** Where a name, or the end of one, stands already. */
  readonly #places = new Map<string, number>();
  #length = 0;

  constructor(roomMax: number) {
    this.#bytes = new Uint8Array(roomMax + optBytes);
    this.#roomMax = roomMax;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  skip(length: number): void {
    this.#length += length;
  }

  head(words: readonly number[]): void {
    const end = this.#length;
    this.#length = 0;
    for (const word of words) this.#u16(word);
    this.#length = end;
  }

  /** As it came; a name in the answers is mostly this one. */
  question(bytes: Uint8Array): void {
    assert(this.#length + bytes.length <= this.#roomMax, 'a question fits into the smallest answer');
    let at = 0;
    const labels: string[] = [];
    const starts: number[] = [];
    while ((bytes[at] ?? 0) > 0 && (bytes[at] ?? 0) < 64) {
      const length = bytes[at] ?? 0;
      starts.push(this.#length + at);
      labels.push(lowerCase(String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length))));
      at += 1 + length;
    }
    for (const [index, start] of starts.entries()) this.#places.set(wireText(labels.slice(index)), start);
    this.#raw(bytes);
  }

  /** As many as fit, each whole; tells how many. */
  records(records: readonly DnsRecord[], ttlS: number): number {
    let written = 0;
    for (const record of records) {
      const start = this.#length;
      this.#record(record, ttlS);
      if (this.#length > this.#roomMax) {
        this.#forget(start);
        break;
      }
      written += 1;
    }
    return written;
  }

  edns({ bytesMax, wantsSignatures }: NonNullable<ReplyFrame['edns']>, codeRest: number): void {
    this.#u8(0);
    this.#u16(optType);
    this.#u16(bytesMax);
    this.#u8(codeRest);
    this.#u8(ednsVersion);
    this.#u16(wantsSignatures ? signaturesFlag : 0);
    this.#u16(0);
  }

  #record(record: DnsRecord, ttlS: number): void {
    this.#name(record.name);
    this.#u16(recordTypes[record.type]);
    this.#u16(internetClass);
    this.#u32(ttlS);
    const lengthAt = this.#length;
    this.#u16(0);
    this.#data(record);
    const end = this.#length;
    this.#length = lengthAt;
    this.#u16(end - lengthAt - 2);
    this.#length = end;
  }

  #data(record: DnsRecord): void {
    switch (record.type) {
      case 'A':
      case 'AAAA':
        this.#raw(record.bytes);
        return;
      case 'SRV':
        this.#u16(record.priority);
        this.#u16(record.weight);
        this.#u16(record.port);
        this.#plainName(record.target);
        return;
      case 'SOA':
        this.#name(record.server);
        this.#name(['hostmaster', ...record.server]);
        this.#u32(record.serial);
        for (const seconds of [3600, 600, 86_400, record.negativeTtlS]) this.#u32(seconds);
    }
  }

  #name(name: DnsName): void {
    for (let at = 0; at < name.length; at += 1) {
      const rest = wireText(name.slice(at));
      const place = this.#places.get(rest);
      if (place !== undefined) {
        this.#u16(0xc000 + place);
        return;
      }
      if (this.#length <= pointerReach) this.#places.set(rest, this.#length);
      this.#label(name[at] ?? '');
    }
    this.#u8(0);
  }

  #plainName(name: DnsName): void {
    for (const label of name) this.#label(label);
    this.#u8(0);
  }

  #label(label: string): void {
    this.#u8(label.length);
    for (let at = 0; at < label.length; at += 1) this.#u8(label.charCodeAt(at));
  }

  /** What did not fit was never written, and nothing may point to it. */
  #forget(start: number): void {
    this.#length = start;
    for (const [rest, place] of this.#places) if (place >= start) this.#places.delete(rest);
  }

  /** Beyond the room only the length goes on, and tells that it was too much. */
  #u8(value: number): void {
    if (this.#length < this.#bytes.length) this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  #u16(value: number): void {
    this.#u8(value >>> 8);
    this.#u8(value);
  }

  #u32(value: number): void {
    this.#u16(value >>> 16);
    this.#u16(value & 0xffff);
  }

  #raw(bytes: Uint8Array): void {
    for (const byte of bytes) this.#u8(byte);
  }
}

/** A label may hold dots; its length in front keeps two names apart. */
function wireText(name: DnsName): string {
  return name.map((label) => String.fromCharCode(label.length) + label).join('');
}
