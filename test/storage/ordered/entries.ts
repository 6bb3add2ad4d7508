/** Keys, values and what a reader shows, as the tests of ordered stores write them. */
import type { OrderedRange, OrderedReader } from '../../../src/ports/index.ts';

export function entriesOf(reader: OrderedReader, wanted: OrderedRange): [Uint8Array, Uint8Array][] {
  const entries: [Uint8Array, Uint8Array][] = [];
  const cursor = reader.scan(wanted);
  while (cursor.next()) entries.push([cursor.key.slice(), cursor.value.slice()]);
  return entries;
}

export function keysOf(reader: OrderedReader, wanted: OrderedRange): Uint8Array[] {
  return entriesOf(reader, wanted).map(([key]) => key);
}

export function copyOf(view: Uint8Array | undefined): Uint8Array | undefined {
  return view?.slice();
}

export function numbered(number: number): Uint8Array {
  return new TextEncoder().encode(`some/shared/prefix/${String(number).padStart(6, '0')}`);
}

/** So long that a branch of a tree holds only a few of them: trees grow high with few keys. */
export function longNumbered(number: number): Uint8Array {
  return new TextEncoder().encode(`${'long/'.repeat(240)}${String(number).padStart(6, '0')}`);
}

export function filled(length: number, byte: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}
