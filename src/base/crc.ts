/**
 * CRC-32 with the polynomial of zlib and Ethernet (IEEE 802.3), so that shells may compute the same value
 * with the platform's native routine. Eight tables let one step take eight bytes (slicing by eight, Kounavis
 * and Berry 2005).
 */

const tables: readonly Uint32Array[] = buildTables();

/** The checksum of `bytes`; `seed` is the checksum of what stood before them, 0 at the start. */
export function crc32(bytes: Uint8Array, seed = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as TableSet;
  let crc = ~seed;
  let index = 0;
  const sliced = bytes.length - (bytes.length % 8);
  while (index < sliced) {
    const low =
      crc ^
      (byte(bytes, index) |
        (byte(bytes, index + 1) << 8) |
        (byte(bytes, index + 2) << 16) |
        (byte(bytes, index + 3) << 24));
    crc =
      word(t7, low & 0xff) ^
      word(t6, (low >>> 8) & 0xff) ^
      word(t5, (low >>> 16) & 0xff) ^
      word(t4, low >>> 24) ^
      word(t3, byte(bytes, index + 4)) ^
      word(t2, byte(bytes, index + 5)) ^
      word(t1, byte(bytes, index + 6)) ^
      word(t0, byte(bytes, index + 7));
    index += 8;
  }
  for (; index < bytes.length; index += 1) crc = word(t0, (crc ^ byte(bytes, index)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

type TableSet = readonly [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

function byte(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

function word(table: Uint32Array, index: number): number {
  return table[index] as number;
}

function buildTables(): Uint32Array[] {
  const first = new Uint32Array(256);
  for (let value = 0; value < 256; value += 1) {
    let crc = value;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
    first[value] = crc >>> 0;
  }
  const built = [first];
  for (let slice = 1; slice < 8; slice += 1) {
    const before = built[slice - 1] as Uint32Array;
    built.push(before.map((crc) => word(first, crc & 0xff) ^ (crc >>> 8)));
  }
  return built;
}
