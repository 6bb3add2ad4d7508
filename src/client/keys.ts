/** Keys and values as users give them, and the ranges of keys that they mean. */
import { invalidOption } from '../base/index.ts';
import type { KeyRange } from '../mvcc/index.ts';

/** Text goes as UTF-8. */
export type Bytes = string | Uint8Array;

/** One key, all keys with a prefix, or all from `start` up to and without `end`; without `end`, to the last. */
export type Keys = Bytes | { readonly prefix: Bytes } | { readonly start: Bytes; readonly end?: Bytes };

const utf8 = new TextEncoder();
const noBytes = new Uint8Array(0);

export function bytesOf(bytes: Bytes): Uint8Array {
  return typeof bytes === 'string' ? utf8.encode(bytes) : bytes;
}

export function keyOf(key: Bytes): Uint8Array {
  const bytes = bytesOf(key);
  if (bytes.length === 0) throw invalidOption('key', key, 'at least one byte');
  return bytes;
}

export function rangeOf(keys: Keys): KeyRange {
  if (typeof keys === 'string' || keys instanceof Uint8Array) return { start: keyOf(keys), end: undefined };
  if ('prefix' in keys) {
    const start = bytesOf(keys.prefix);
    return { start, end: afterPrefix(start) };
  }
  return { start: bytesOf(keys.start), end: keys.end === undefined ? noBytes : keyOf(keys.end) };
}

/** The least key that does not begin with `prefix`: the last byte that can be raised is. Empty: there is none. */
function afterPrefix(prefix: Uint8Array): Uint8Array {
  // Not `slice`: on a Buffer that is a view, and the caller's own bytes would change.
  const end = Uint8Array.from(prefix);
  for (let last = end.length - 1; last >= 0; last -= 1) {
    const byte = end[last] as number;
    if (byte < 0xff) {
      end[last] = byte + 1;
      return end.subarray(0, last + 1);
    }
  }
  return noBytes;
}
