/**
 * Names as DNS writes them: labels with their lengths, an empty one at the end. A name in a message may end in a
 * pointer to where its rest stands already. A pointer leads back, each further than the one before, so that no name
 * goes round in circles, however it was made.
 */
import { QuorateError } from '../../base/index.ts';

/** Labels from left to right, in lower case: names differ by nothing that only case tells. A byte is a character. */
export type DnsName = readonly string[];

const labelBytesMax = 63;
/** Of all labels with their lengths, and the end. */
export const nameBytesMax = 255;
const pointerMark = 0xc0;

export interface DnsNameRead {
  readonly name: DnsName;
  /** Behind the name, or behind the pointer that ends it. */
  readonly end: number;
}

export function decodeDnsName(bytes: Uint8Array, start: number): DnsNameRead {
  const labels: string[] = [];
  let at = start;
  let end: number | undefined;
  /** Where a pointer must lead before. */
  let before = start;
  let length = 1;
  while (true) {
    const mark = byteAt(bytes, at);
    if (mark === 0) return { name: labels, end: end ?? at + 1 };
    if (mark >= pointerMark) {
      const target = (mark - pointerMark) * 256 + byteAt(bytes, at + 1);
      if (target >= before) throw malformedDns('a pointer that does not lead back', at);
      end ??= at + 2;
      before = target;
      at = target;
    } else if (mark > labelBytesMax) throw malformedDns(`a label of the unknown kind ${mark >> 6}`, at);
    else {
      length += mark + 1;
      if (length > nameBytesMax) throw malformedDns(`a name of more than ${nameBytesMax} bytes`, start);
      labels.push(labelAt(bytes, at + 1, mark));
      at += 1 + mark;
    }
  }
}

/** A text as it would stand in a message: a character for each byte of it, in lower case. */
export function labelText(text: string): string {
  return lowerCase(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** Of the letters of ASCII and of no other byte (RFC 4343). */
export function lowerCase(label: string): string {
  return label.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** In lower case. Undefined for what is no name: a label that is empty or too long, or too many of them. */
export function dnsNameOf(text: string): DnsName | undefined {
  const labels = text.toLowerCase().replace(/\.$/, '').split('.');
  const isName = labels.every((label) => /^[\x21-\x7e]{1,63}$/.test(label));
  return isName && wireLength(labels) <= nameBytesMax ? labels : undefined;
}

export function wireLength(name: DnsName): number {
  return name.reduce((sum, label) => sum + 1 + label.length, 1);
}

function labelAt(bytes: Uint8Array, start: number, length: number): string {
  let label = '';
  for (let at = start; at < start + length; at += 1) label += String.fromCharCode(byteAt(bytes, at));
  return lowerCase(label);
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw malformedDns('the end in the middle of a name', at);
  return byte;
}

export function malformedDns(problem: string, offset: number): QuorateError<'malformed-bytes'> {
  return new QuorateError({
    code: 'malformed-bytes',
    message: `a DNS message: ${problem} at offset ${offset}`,
    data: { what: 'a DNS message', offset },
  });
}
