/**
 * How the state lies in the ordered store: one byte for the table, then the table's key. History comes last,
 * because it is appended behind everything else, and a tree is at its best at its end.
 *
 *     2 key         → head          where the key's latest version lies, and its numbers
 *     3 key         → head          the same for a deleted key whose history is still there
 *     8 revision, n → event         the n-th change of that revision, value included
 *
 * The head and the value lie apart so that a put moves no old value, and reading keys reads no values. Tables
 * 2, 3 and 5 can be made again from the others; a snapshot leaves them out.
 */

export const tables = {
  meta: 1,
  head: 2,
  tombstone: 3,
  lease: 4,
  attachment: 5,
  session: 6,
  guard: 7,
  history: 8,
  /** No table: the name of an answer in the state hash. */
  answer: 9,
  /** Users, roles, and whose a lease is. */
  security: 10,
} as const;

const highUnit = 0x1_0000_0000;

/** The bytes of a revision or another number in a key, so that byte order is number order. */
const numberBytes = 7;
const positionBytes = 4;

/** With what the tables put before it, a key must fit the ordered store. */
export const userKeyBytesMax = 1_800;

/** The bounds of a range: one byte more, for the least key above any key. */
export const boundBytesMax: number = userKeyBytesMax + 1;

export const historyKeyBytes: number = 1 + numberBytes + positionBytes;
export const numberedKeyBytes: number = 1 + numberBytes;

export const metaKey: Uint8Array = Uint8Array.of(tables.meta);

/** The least key above all keys of `table`. */
export function tableEnd(table: number): Uint8Array {
  return Uint8Array.of(table + 1);
}

/** A table's key from a user's key; a new array, which the caller may turn to another table by its first byte. */
export function userKey(table: number, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(key.length + 1);
  bytes[0] = table;
  bytes.set(key, 1);
  return bytes;
}

/** Whether a user's key may have this length: no limit that can be set allows more. */
export function isUserKey(bytes: number): boolean {
  return bytes > 0 && bytes <= userKeyBytesMax;
}

/** The key of a lease or session. */
export function numberedKey(table: number, number: number): Uint8Array {
  const bytes = new Uint8Array(numberedKeyBytes);
  bytes[0] = table;
  writeNumber(bytes, 1, number);
  return bytes;
}

/** The key that says that `key` is attached to `lease`. */
export function attachmentKey(lease: number, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(numberedKeyBytes + key.length);
  bytes[0] = tables.attachment;
  writeNumber(bytes, 1, lease);
  bytes.set(key, numberedKeyBytes);
  return bytes;
}

export function writeHistoryKey(bytes: Uint8Array, revision: number, position: number): void {
  bytes[0] = tables.history;
  writeNumber(bytes, 1, revision);
  const at = 1 + numberBytes;
  bytes[at] = position >>> 24;
  bytes[at + 1] = position >>> 16;
  bytes[at + 2] = position >>> 8;
  bytes[at + 3] = position;
}

export function historyKey(revision: number, position: number): Uint8Array {
  const bytes = new Uint8Array(historyKeyBytes);
  writeHistoryKey(bytes, revision, position);
  return bytes;
}

export function readNumber(bytes: Uint8Array, at: number): number {
  const high = (byteAt(bytes, at) << 16) | (byteAt(bytes, at + 1) << 8) | byteAt(bytes, at + 2);
  return high * highUnit + readPosition(bytes, at + 3);
}

/** The position in a history key. */
export function positionOf(key: Uint8Array): number {
  return readPosition(key, 1 + numberBytes);
}

function readPosition(bytes: Uint8Array, at: number): number {
  const low =
    (byteAt(bytes, at) << 24) |
    (byteAt(bytes, at + 1) << 16) |
    (byteAt(bytes, at + 2) << 8) |
    byteAt(bytes, at + 3);
  return low >>> 0;
}

function writeNumber(bytes: Uint8Array, at: number, number: number): void {
  const high = Math.floor(number / highUnit);
  bytes[at] = high >>> 16;
  bytes[at + 1] = high >>> 8;
  bytes[at + 2] = high;
  bytes[at + 3] = number >>> 24;
  bytes[at + 4] = number >>> 16;
  bytes[at + 5] = number >>> 8;
  bytes[at + 6] = number;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}
