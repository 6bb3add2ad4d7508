/**
 * A backup as bytes: a header that says of what it is, the state machine's own chunks, an end that states how long
 * all of it is. Each lies in a frame, and the frames hang together twice. Each one's checksum begins with that of
 * the one before, which finds what disks and networks do; and each is taken up into a digest, which stands at the
 * end and names the whole: two backups with one digest are one, whoever made them. So the bytes can leave a node
 * while the state is read, are proved wherever they arrive, and a copy that ends too early has no end.
 *
 *     frame   length u32 · checksum u32 · bytes
 *     end     0 u32 · checksum u32 · length of the whole u64 · digest, 32 bytes
 */
import { ByteReader, ByteWriter, isQuorateError, QuorateError } from '../../base/index.ts';
import type { GroupId } from '../../raft/index.ts';

const magic = 0x7162_616b;
const formatVersion = 1;

/** Length and checksum. */
export const frameHeadBytes = 8;
export const digestBytes = 32;
const endBytes: number = frameHeadBytes + 8 + digestBytes;
/** A frame has to fit into a reply of a node. */
export const frameBytesMax: number = 48 << 20;

/** Of what a backup is. */
export interface BackupHeader {
  /** The cluster that it was made of. */
  readonly cluster: string;
  readonly group: GroupId;
  /** The last command of the log that is in it. */
  readonly index: number;
  /** The state's revision. */
  readonly revision: number;
  /** The level of the group: what a release must support to read it. */
  readonly level: number;
  /** About how long all of it will be, for who waits. */
  readonly bytesAbout: number;
  /** When it was made, by the wall clock of the node. */
  readonly madeMs: number;
}

/** What the end says. */
export interface BackupSummary {
  readonly bytes: number;
  /** 64 digits. */
  readonly digest: string;
}

export function encodeBackupHeader(header: BackupHeader): Uint8Array {
  const writer = new ByteWriter(128);
  writer.u32(magic);
  writer.u16(formatVersion);
  writer.text(header.cluster);
  for (const number of [header.group, header.index, header.revision, header.level]) writer.varint(number);
  writer.varint(header.bytesAbout);
  writer.varint(header.madeMs);
  return writer.copy();
}

/** Reads a header whose checksum fits. `path` is for errors. */
export function decodeBackupHeader(bytes: Uint8Array, path: string): BackupHeader {
  const reader = new ByteReader(bytes, 'header of a backup');
  try {
    if (reader.u32() !== magic) throw reader.malformed('not a backup', 0);
    const version = reader.u16();
    if (version !== formatVersion) throw unsupported(path, version);
    const cluster = reader.text();
    const [group, index, revision, level] = [
      reader.varint(),
      reader.varint(),
      reader.varint(),
      reader.varint(),
    ];
    const header = {
      cluster,
      group,
      index,
      revision,
      level,
      bytesAbout: reader.varint(),
      madeMs: reader.varint(),
    };
    reader.end();
    return header;
  } catch (cause) {
    if (!isQuorateError(cause) || cause.code === 'unsupported-format') throw cause;
    throw backupDamaged(path, cause.message);
  }
}

/** The end without its digest, which covers this too. */
export function encodeBackupEnd(check: number, bytes: number): Uint8Array {
  const writer = new ByteWriter(endBytes);
  writer.u32(0);
  writer.u32(check);
  writer.u64(bytes + endBytes);
  return writer.copy();
}

/** The bytes of a frame that begins with `head`. Throws for a length that no backup has. */
export function frameBytesOf(head: Uint8Array, path: string): number {
  const length = new ByteReader(head, 'frame of a backup').u32();
  if (length > frameBytesMax) throw backupDamaged(path, `a frame of ${length} bytes`);
  return length === 0 ? endBytes : frameHeadBytes + length;
}

export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function backupDamaged(path: string, problem: string): QuorateError<'backup-damaged'> {
  return new QuorateError({
    code: 'backup-damaged',
    message: `${path} is no whole backup: ${problem}; use another copy of it, or another backup`,
    data: { path, problem },
  });
}

function unsupported(path: string, version: number): QuorateError<'unsupported-format'> {
  return new QuorateError({
    code: 'unsupported-format',
    message: `backup ${path} has format ${version}, and this program knows format ${formatVersion}; run the release that wrote it or a newer one`,
    data: { path, version, supported: formatVersion },
  });
}
