/** What the tests of snapshot files share: marks, a directory on a disk that fails, chunks to and from text. */
import { crc32 } from 'node:zlib';
import { isQuorateError } from '../../src/base/index.ts';
import { emptyConfiguration, type SnapshotMark } from '../../src/raft/index.ts';
import { SnapshotFiles, type SnapshotIdentity, type SnapshotReceiver } from '../../src/storage/index.ts';
import { FaultDisk, type FaultDiskOptions } from './fault-disk.ts';

export const snapshotDirectory = 'data/snapshots';

export function mark(index: number, term = 1, voters: readonly number[] = [1, 2, 3]): SnapshotMark {
  return { index, term, configuration: { ...emptyConfiguration, voters } };
}

export function disk(options: Partial<FaultDiskOptions> = {}): FaultDisk {
  return new FaultDisk({ seed: 1, ...options });
}

export function openFiles(on: FaultDisk): Promise<SnapshotFiles> {
  const checksum = (bytes: Uint8Array, seed: number): number => crc32(bytes, seed);
  return SnapshotFiles.open({ disk: on, directory: snapshotDirectory, checksum });
}

export function chunksOf(...texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => new TextEncoder().encode(text));
}

/** The chunks that can be read, and the code of the error that ended them, if one did. */
export async function readable(
  files: SnapshotFiles,
  group: number,
  at: SnapshotMark,
): Promise<{ readonly chunks: readonly Uint8Array[]; readonly code: string | undefined }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of files.read(group, at)) chunks.push(chunk);
    return { chunks, code: undefined };
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    return { chunks, code: error.code };
  }
}

/** Chunks as short texts: to tell the difference of two large arrays, byte by byte, takes the assertion hours. */
export function summaries(chunks: readonly Uint8Array[]): string[] {
  return chunks.map((chunk) => `${chunk.length} bytes with checksum ${crc32(chunk)}`);
}

/** The file of a snapshot as it would travel. */
export async function travelling(
  files: SnapshotFiles,
  group: number,
  at: SnapshotMark,
): Promise<{ readonly identity: SnapshotIdentity; readonly bytes: Uint8Array }> {
  await using source = await files.source(group, at);
  const bytes = new Uint8Array(source.identity.bytes);
  await source.read(bytes, 0);
  return { identity: source.identity, bytes };
}

/** Hands over what the receiver lacks, in pieces. */
export async function deliver(
  receiver: SnapshotReceiver,
  bytes: Uint8Array,
  pieceBytes: number,
): Promise<void> {
  while (!receiver.isComplete) await receiver.add(bytes.slice(receiver.offset, receiver.offset + pieceBytes));
}
