/** As much of Protocol Buffers as etcd's requests need, and a look into its answers. */

/** A field whose value has a length: text, bytes, or a message. */
export function lengthField(number: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([varint(number * 8 + 2), varint(value.length), value]);
}

export function varintField(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

/** Whether a field is there at the top level, which in this format means: is not zero or empty. */
export function hasField(message: Uint8Array, number: number): boolean {
  let at = 0;
  while (at < message.length) {
    const [tag, next] = readVarint(message, at);
    if (Math.floor(tag / 8) === number) return true;
    at = afterValue(message, next, tag % 8);
  }
  return false;
}

/** How often a field is there at the top level. */
export function countFields(message: Uint8Array, number: number): number {
  let count = 0;
  let at = 0;
  while (at < message.length) {
    const [tag, next] = readVarint(message, at);
    if (Math.floor(tag / 8) === number) count += 1;
    at = afterValue(message, next, tag % 8);
  }
  return count;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function afterValue(message: Uint8Array, at: number, wireType: number): number {
  if (wireType === 0) return readVarint(message, at)[1];
  if (wireType !== 2) throw new Error(`a field of wire type ${wireType}, which etcd does not use here`);
  const [length, next] = readVarint(message, at);
  return next + length;
}

function readVarint(message: Uint8Array, start: number): readonly [number, number] {
  let value = 0;
  let scale = 1;
  let at = start;
  while (true) {
    const byte = message[at] as number;
    at += 1;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at];
    scale *= 0x80;
  }
}
