/**
 * What a member says of itself: where it stands, what it can do, how busy it is. It travels with each claim that the
 * member is healthy, so it is written compactly and its bytes are bounded: a member that says too much would crowd
 * out the news of the others.
 */
import { ByteReader, ByteWriter, invalidOption } from '../base/index.ts';

export interface MemberMetadata {
  readonly zone?: string;
  readonly region?: string;
  /** Of the program, such as `2.1.0`. */
  readonly version?: string;
  /** What others may ask it for, each once. */
  readonly capabilities?: readonly string[];
  /** Share of what it can take that is taken: 0 idle, 1 full; told in thousandths, at most 65. */
  readonly load?: number;
  /** Anything else, few and short. */
  readonly labels?: Readonly<Record<string, string>>;
}

const encoder = new TextEncoder();
const loadMax = 65;
const loadSteps = 1000;

/** The presence of each part is a bit. */
const zoneBit = 1;
const regionBit = 2;
const versionBit = 4;
const capabilitiesBit = 8;
const loadBit = 16;
const labelsBit = 32;

/** In a form in which equal metadata has equal bytes: lists in order, each entry once. */
export function encodeMetadata(metadata: MemberMetadata): Uint8Array {
  const { zone, region, version, load } = metadata;
  const capabilities = [...new Set(metadata.capabilities ?? [])].sort();
  const labels = Object.entries(metadata.labels ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
  const writer = new ByteWriter(64);
  const bits =
    (zone === undefined ? 0 : zoneBit) |
    (region === undefined ? 0 : regionBit) |
    (version === undefined ? 0 : versionBit) |
    (capabilities.length === 0 ? 0 : capabilitiesBit) |
    (load === undefined ? 0 : loadBit) |
    (labels.length === 0 ? 0 : labelsBit);
  writer.u8(bits);
  for (const text of [zone, region, version]) if (text !== undefined) writer.text(text);
  if (capabilities.length > 0) writeList(writer, capabilities);
  if (load !== undefined) writer.u16(Math.round(load * loadSteps));
  if (labels.length > 0) {
    writer.varint(labels.length);
    for (const pair of labels) for (const text of pair) writer.text(text);
  }
  return writer.copy();
}

/** Refuses bytes that are no metadata. */
export function decodeMetadata(bytes: Uint8Array): MemberMetadata {
  const reader = new ByteReader(bytes, 'member metadata');
  const bits = reader.u8();
  if (bits >= labelsBit * 2) throw reader.malformed('a part that this version does not know', 0);
  const metadata: { -readonly [Part in keyof MemberMetadata]: MemberMetadata[Part] } = {};
  if (bits & zoneBit) metadata.zone = reader.text();
  if (bits & regionBit) metadata.region = reader.text();
  if (bits & versionBit) metadata.version = reader.text();
  if (bits & capabilitiesBit) {
    metadata.capabilities = Array.from({ length: entryCount(reader, 1) }, () => reader.text());
  }
  if (bits & loadBit) metadata.load = reader.u16() / loadSteps;
  if (bits & labelsBit) {
    const labels = Array.from(
      { length: entryCount(reader, 2) },
      () => [reader.text(), reader.text()] as const,
    );
    metadata.labels = Object.fromEntries(labels);
  }
  reader.end();
  return metadata;
}

/** The bytes of a user’s metadata; refuses what cannot be told, or is too much of it. */
export function checkedMetadata(metadata: MemberMetadata, bytesMax: number): Uint8Array {
  const { zone, region, version, capabilities = [], labels = {}, load } = metadata;
  const texts = [zone, region, version, ...capabilities, ...Object.entries(labels).flat()];
  for (const text of texts) {
    if (text === undefined || (typeof text === 'string' && text.isWellFormed())) continue;
    throw invalidOption('metadata', text, 'made of texts without lone surrogates');
  }
  if (load !== undefined && !(load >= 0 && load <= loadMax)) {
    throw invalidOption('metadata.load', load, `a number from 0 to ${loadMax}`);
  }
  const bytes = encodeMetadata(metadata);
  if (bytes.length <= bytesMax) return bytes;
  throw invalidOption(
    'metadata',
    `${bytes.length} bytes`,
    `at most ${bytesMax} bytes; say less, or raise metadataBytesMax on every member`,
  );
}

/** In bytes of UTF-8, as names and addresses are bounded. */
export function textBytes(text: string): number {
  return encoder.encode(text).length;
}

function writeList(writer: ByteWriter, texts: readonly string[]): void {
  writer.varint(texts.length);
  for (const text of texts) writer.text(text);
}

/** More entries than the bytes can hold are refused before they are believed. */
function entryCount(reader: ByteReader, bytesEach: number): number {
  const start = reader.offset;
  const count = reader.varint();
  if (count * bytesEach > reader.remaining)
    throw reader.malformed(`${count} entries in too few bytes`, start);
  return count;
}
