/**
 * The keys that appends make. Between prefix and suffix stands the revision, and behind it the place of the append
 * in its transaction, both as digits of a fixed count: so the order of such keys is the order of changes, no two
 * of them are ever equal, and whoever knows only the key knows the revision that made it.
 */
const zero = 0x30;
const dash = 0x2d;
const revisionDigits = 16;
const placeDigits = 4;

/** How much longer the key is than prefix and suffix. */
export const appendedBytes: number = revisionDigits + 1 + placeDigits;

export interface AppendedPlace {
  readonly revision: number;
  /** Among the operations of its transaction, from 0 on; there are never more than its digits can tell. */
  readonly place: number;
}

export function appendedKey(
  prefix: Uint8Array,
  { revision, place }: AppendedPlace,
  suffix: Uint8Array,
): Uint8Array {
  const key = new Uint8Array(prefix.length + appendedBytes + suffix.length);
  key.set(prefix);
  writeDigits(key, prefix.length, revision, revisionDigits);
  key[prefix.length + revisionDigits] = dash;
  writeDigits(key, prefix.length + revisionDigits + 1, place, placeDigits);
  key.set(suffix, prefix.length + appendedBytes);
  return key;
}

function writeDigits(key: Uint8Array, from: number, number: number, digits: number): void {
  let rest = number;
  for (let at = from + digits - 1; at >= from; at -= 1) {
    key[at] = zero + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
