/** Messages of DNS for tests, both ways: questions as a resolver makes them, and answers as lines that people read. */
import { decodeDnsName } from '../../../src/discovery/dns/dns-name.ts';

const types = { A: 1, NS: 2, SOA: 6, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 } as const;

export interface QuestionOptions {
  readonly type?: keyof typeof types;
  readonly id?: number;
  readonly class?: number;
  /** What the resolver takes over UDP. */
  readonly edns?: number;
  readonly ednsVersion?: number;
  /** The wish for signatures, and whatever else. */
  readonly ednsFlags?: number;
  /** So many OPT records. */
  readonly ednsTimes?: number;
  readonly flags?: number;
}

export function nameBytes(name: string): number[] {
  const labels = name.split('.').filter((label) => label !== '');
  const bytes = labels.map((label) => new TextEncoder().encode(label));
  return [...bytes.flatMap((label) => [label.length, ...label]), 0];
}

export function questionBytes(name: string, options: QuestionOptions = {}): Uint8Array {
  const { type = 'A', id = 7, edns, flags = 0x100, ednsVersion = 0, ednsFlags = 0, ednsTimes = 1 } = options;
  const head = [id, flags, 1, 0, 0, edns === undefined ? 0 : ednsTimes].flatMap(word);
  const question = [...nameBytes(name), ...word(types[type]), ...word(options.class ?? 1)];
  const opt = [0, ...word(41), ...word(edns ?? 0), 0, ednsVersion, ...word(ednsFlags), ...word(0)];
  const opts = Array.from({ length: edns === undefined ? 0 : ednsTimes }, () => opt).flat();
  return Uint8Array.from([...head, ...question, ...opts]);
}

export function word(value: number): number[] {
  return [value >>> 8, value & 0xff];
}

export interface ReadReply {
  readonly id: number;
  readonly code: number;
  readonly isAuthoritative: boolean;
  readonly isCut: boolean;
  /** Without what belongs to the question, letter by letter. */
  readonly question: string;
  readonly answers: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
}

export function readReply(bytes: Uint8Array): ReadReply {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = view.getUint16(2);
  let at = 12;
  let question = '';
  if (view.getUint16(4) === 1) {
    const { end } = decodeDnsName(bytes, at);
    question = new TextDecoder('latin1').decode(bytes.subarray(at, end));
    at = end + 4;
  }
  const section = (count: number): string[] =>
    Array.from({ length: count }, () => {
      const { name, end } = decodeDnsName(bytes, at);
      const length = view.getUint16(end + 8);
      at = end + 10 + length;
      return recordText(bytes, view, name.join('.'), end);
    });
  const [answers, authority] = [section(view.getUint16(6)), section(view.getUint16(8))];
  const additional = section(view.getUint16(10));
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes behind the end`);
  const [isAuthoritative, isCut] = [(flags & 0x400) !== 0, (flags & 0x200) !== 0];
  return {
    id: view.getUint16(0),
    code: flags & 0xf,
    isAuthoritative,
    isCut,
    question,
    answers,
    authority,
    additional,
  };
}

/** What an OPT record says beside the size, where it says anything. */
function extended(view: DataView, start: number): string {
  const [code, version, flags] = [view.getUint8(start), view.getUint8(start + 1), view.getUint16(start + 2)];
  const parts = [
    code > 0 && `code ${code}`,
    version > 0 && `version ${version}`,
    flags > 0 && `flags ${flags}`,
  ];
  return parts.flatMap((part) => (part === false ? [] : [`, ${part}`])).join('');
}

function recordText(bytes: Uint8Array, view: DataView, name: string, start: number): string {
  const type = view.getUint16(start);
  const data = start + 10;
  const named = (at: number): string => decodeDnsName(bytes, at).name.join('.');
  const rest = bytes.subarray(data, data + view.getUint16(start + 8));
  if (type === 41) return `OPT ${view.getUint16(start + 2)}${extended(view, start + 4)}`;
  const ttl = view.getUint32(start + 4);
  if (type === types.A) return `${name} ${ttl} A ${rest.join('.')}`;
  if (type === types.AAAA) return `${name} ${ttl} AAAA ${Buffer.from(rest).toString('hex')}`;
  if (type === types.SOA) return `${name} ${ttl} SOA ${named(data)}`;
  const numbers = [0, 2, 4].map((offset) => view.getUint16(data + offset)).join(' ');
  return `${name} ${ttl} SRV ${numbers} ${named(data + 6)}`;
}
