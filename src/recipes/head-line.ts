/** Values that are content behind one line of our own: an identity, or how often an item was taken. */

const lineEnd = 10;
const text = new TextDecoder();
const utf8 = new TextEncoder();

export interface HeadedValue {
  readonly head: string;
  readonly content: Uint8Array;
}

export function withHead(head: string, content: Uint8Array): Uint8Array {
  const line = utf8.encode(`${head}\n`);
  const whole = new Uint8Array(line.length + content.length);
  whole.set(line);
  whole.set(content, line.length);
  return whole;
}

/** Where there is no line, everything is head, and the content is empty, which is no JSON. */
export function splitHead(whole: Uint8Array): HeadedValue {
  const at = whole.indexOf(lineEnd);
  const end = at < 0 ? whole.length : at;
  return { head: text.decode(whole.subarray(0, end)), content: whole.subarray(end + 1) };
}
