/**
 * What is placed: a key is a text or bytes, and a text counts as its UTF-8 form. Hashes read bytes only, so a key
 * lands in the same place in whichever form it is given. A short ASCII text is copied into one buffer that is kept,
 * so that hashing it allocates nothing; whoever has called `asciiInto` reads the buffer at once and keeps no
 * reference to it.
 */

/** A text is placed as its UTF-8 form. */
export type Key = string | Uint8Array;

const encoder = new TextEncoder();

/** Holds the text that is hashed at this moment, and nothing after that. */
export const asciiBuffer: Uint8Array = new Uint8Array(1_024);

/** Copies `text` into the buffer; the number of bytes, or -1 if it is too long or not ASCII. */
export function asciiInto(text: string): number {
  const { length } = text;
  if (length > asciiBuffer.length) return -1;
  let seen = 0;
  for (let at = 0; at < length; at += 1) {
    const unit = text.charCodeAt(at);
    seen |= unit;
    asciiBuffer[at] = unit;
  }
  return seen < 0x80 ? length : -1;
}

export function bytesOf(key: Key): Uint8Array {
  return typeof key === 'string' ? encoder.encode(key) : key;
}

/** Below 0 if `left` stands before `right` in the order of bytes, 0 if they are the same. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at += 1) {
    const difference = (left[at] as number) - (right[at] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
