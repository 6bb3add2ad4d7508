/** What the tests of backups share: small backups as bytes, files of them on a disk, and what can be read of one. */
import { crc32 } from 'node:zlib';
import { isQuorateError } from '../../src/base/index.ts';
import type { Disk } from '../../src/ports/index.ts';
import { realCryptography } from '../../src/ports/real/index.ts';
import {
  BackupFile,
  BackupFrames,
  type BackupHeader,
  type BackupSummary,
  type BackupTools,
  readBackup,
} from '../../src/storage/index.ts';

export const tools: BackupTools = {
  cryptography: realCryptography(),
  checksum: (bytes, seed) => crc32(bytes, seed),
};

export const header: BackupHeader = {
  cluster: 'a cluster',
  group: 0,
  index: 2 ** 40,
  revision: 7,
  level: 1,
  bytesAbout: 300,
  madeMs: 1_760_000_000_000,
};

/** The frames of a backup with these chunks. */
export function framesOf(chunks: readonly Uint8Array[], about: Partial<BackupHeader> = {}): Uint8Array[] {
  const frames = new BackupFrames(tools);
  const first = frames.header({ ...header, ...about });
  return [first, ...chunks.map((chunk) => frames.chunk(chunk)), frames.end()];
}

export async function putFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path, { create: 'if-missing' });
  await file.truncate(0);
  await file.write(bytes, 0);
  await file.sync();
  await file.close();
}

export interface ReadBackup {
  readonly header: BackupHeader | undefined;
  readonly chunks: readonly string[];
  readonly summary: BackupSummary | undefined;
  /** Of the error that ended the reading. */
  readonly code: string | undefined;
}

export async function readable(disk: Disk, path: string): Promise<ReadBackup> {
  let found: BackupHeader | undefined;
  let summary: BackupSummary | undefined;
  const chunks: string[] = [];
  try {
    for await (const part of readBackup({ disk, path, ...tools })) {
      if (part.kind === 'header') found = part.header;
      else if (part.kind === 'chunk') chunks.push(Buffer.from(part.chunk).toString('base64'));
      else summary = part.summary;
    }
    return { header: found, chunks, summary, code: undefined };
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    return { header: found, chunks, summary, code: error.code };
  }
}

export async function writeBackup(
  disk: Disk,
  path: string,
  frames: readonly Uint8Array[],
  isForced = false,
): Promise<BackupSummary> {
  const file = await BackupFile.create({ ...tools, disk, path, isForced });
  for (const frame of frames) await file.add(frame);
  return await file.finish();
}
