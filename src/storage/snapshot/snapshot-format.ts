/**
 * A snapshot file: a header that names group and position, chunks of the state machine's own bytes, an end
 * that states how long all of it is. Each chunk's checksum begins with that of the chunk before, so a file
 * whose end fits is whole and in order; a file without an end was never finished.
 */
import { ByteReader, ByteWriter, isQuorateError, QuorateError } from '../../base/index.ts';
import {
  decodeConfiguration,
  encodeConfiguration,
  type GroupId,
  type SnapshotMark,
} from '../../raft/index.ts';
import type { Checksum } from '../checksum.ts';

const magic = 0x7173_6e70;
const formatVersion = 1;

/** Length and checksum of what follows. */
export const frameBytes = 8;
/** A frame of length 0, then the length of the whole file. */
export const endBytes: number = frameBytes + 8;
/** No header is longer: groups and configurations are small. */
export const headerBytesMax: number = 64 * 1024;
/** No chunk is longer: room for the largest value that any frame can bring, with what a state machine adds. */
export const chunkBytesMax: number = 128 << 20;

/** Which bytes these are: equal identities mean equal files, wherever they came from. */
export interface SnapshotIdentity {
  readonly group: GroupId;
  readonly mark: SnapshotMark;
  /** The file's length. */
  readonly bytes: number;
  /** The checksum at its end. */
  readonly check: number;
}

export function encodeHeader(group: GroupId, mark: SnapshotMark): Uint8Array {
  const writer = new ByteWriter(256);
  writer.u32(magic);
  writer.u16(formatVersion);
  writer.varint(group);
  writer.varint(mark.index);
  writer.varint(mark.term);
  writer.block(encodeConfiguration(mark.configuration));
  return writer.copy();
}

/** Reads a header whose checksum fits. `path` is for errors. */
export function decodeHeader(
  bytes: Uint8Array,
  path: string,
): { readonly group: GroupId; readonly mark: SnapshotMark } {
  const reader = new ByteReader(bytes, 'snapshot header');
  try {
    if (reader.u32() !== magic) throw reader.malformed('not a snapshot', 0);
    const version = reader.u16();
    if (version !== formatVersion) throw unsupported(path, version);
    const group = reader.varint();
    const mark = {
      index: reader.varint(),
      term: reader.varint(),
      configuration: decodeConfiguration(reader.block()),
    };
    reader.end();
    return { group, mark };
  } catch (cause) {
    if (!isQuorateError(cause) || cause.code === 'unsupported-format') throw cause;
    throw snapshotDamaged(path, cause.message);
  }
}

/** True when both name one state of one group with one configuration. */
export function isSameSnapshot(
  left: { readonly group: GroupId; readonly mark: SnapshotMark },
  right: { readonly group: GroupId; readonly mark: SnapshotMark },
): boolean {
  const [one, other] = [encodeHeader(left.group, left.mark), encodeHeader(right.group, right.mark)];
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/** Puts a frame in front of `bytes`; returns the checksum that the next one begins with. */
export function writeFramed(writer: ByteWriter, bytes: Uint8Array, seed: number, checksum: Checksum): number {
  const check = checksum(bytes, seed);
  writer.u32(bytes.length);
  writer.u32(check);
  writer.raw(bytes);
  return check;
}

/** `length` is that of the file with this end. */
export function writeEnd(writer: ByteWriter, check: number, length: number): void {
  writer.u32(0);
  writer.u32(check);
  writer.u64(length);
}

export function snapshotDamaged(path: string, problem: string): QuorateError<'snapshot-damaged'> {
  return new QuorateError({
    code: 'snapshot-damaged',
    message: `snapshot ${path} is damaged: ${problem}; the member must be repaired from its peers or replaced`,
    data: { path, problem },
  });
}

function unsupported(path: string, version: number): QuorateError<'unsupported-format'> {
  return new QuorateError({
    code: 'unsupported-format',
    message: `snapshot ${path} has format ${version}, and this program knows format ${formatVersion}; run the release that wrote it or a newer one`,
    data: { path, version, supported: formatVersion },
  });
}
