/**
 * A backup in a file. It is written under another name, read again as a whole, and has its own name only when every
 * byte of it is durable and proved; so whatever bears the name is a backup, and an interruption leaves none. A file
 * that is there is not overwritten unless that is asked for.
 */
import { assert, isQuorateError, QuorateError } from '../../base/index.ts';
import type { Disk, DiskFile } from '../../ports/index.ts';
import { type BackupSummary, backupDamaged, frameBytesOf, frameHeadBytes } from './backup-format.ts';
import { type BackupPart, BackupProof, type BackupTools } from './backup-frames.ts';

export interface BackupFileOptions extends BackupTools {
  readonly disk: Disk;
  readonly path: string;
  /** True: a file of this name is replaced when the backup is whole. */
  readonly isForced: boolean;
}

const partSuffix = '.part';

export class BackupFile {
  readonly #options: BackupFileOptions;
  readonly #file: DiskFile;
  #bytes = 0;

  /** `already-exists` where there is such a file and it must stay. */
  static async create(options: BackupFileOptions): Promise<BackupFile> {
    await checkAbsent(options);
    const file = await options.disk.open(options.path + partSuffix, { create: 'if-missing' });
    try {
      await file.truncate(0);
      return new BackupFile(options, file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private constructor(options: BackupFileOptions, file: DiskFile) {
    this.#options = options;
    this.#file = file;
  }

  /** The next frame; one call at a time. */
  async add(frame: Uint8Array): Promise<void> {
    await this.#file.write(frame, this.#bytes);
    this.#bytes += frame.length;
  }

  /** Durable, proved and under its name when it resolves. */
  async finish(): Promise<BackupSummary> {
    const { disk, path } = this.#options;
    await this.#file.sync();
    await this.#file.close();
    let summary: BackupSummary | undefined;
    for await (const part of readBackup({ ...this.#options, path: path + partSuffix }))
      if (part.kind === 'end') summary = part.summary;
    assert(summary !== undefined, 'a backup that is read to its end has one');
    await checkAbsent(this.#options);
    await disk.rename(path + partSuffix, path);
    return summary;
  }

  /** Nothing of it stays. */
  async discard(): Promise<void> {
    const { disk, path } = this.#options;
    await this.#file.close();
    try {
      await disk.remove(path + partSuffix);
    } catch (error) {
      if (!isQuorateError(error) || error.code !== 'not-found') throw error;
    }
  }
}

/** The parts of a backup in a file, each proved before it is given out; the last one proves that they were all. */
export async function* readBackup({
  disk,
  path,
  ...tools
}: Omit<BackupFileOptions, 'isForced'>): AsyncGenerator<BackupPart> {
  const file = await disk.open(path, { create: 'never' });
  try {
    const size = await file.size();
    const proof = new BackupProof(path, tools);
    for (let at = 0; ; ) {
      const head = await readAt(file, path, at, Math.min(frameHeadBytes, size - at));
      if (head.length < frameHeadBytes) throw backupDamaged(path, `it ends at ${size}, before its end`);
      const bytes = frameBytesOf(head, path);
      if (bytes > size - at) throw backupDamaged(path, `it ends at ${size}, before its end`);
      const part = proof.accept(await readAt(file, path, at, bytes));
      at += bytes;
      if (part.kind === 'end' && at !== size) throw backupDamaged(path, 'something follows its end');
      yield part;
      if (part.kind === 'end') return;
    }
  } finally {
    await file.close();
  }
}

async function readAt(file: DiskFile, path: string, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  if ((await file.read(bytes, position)) < length) throw backupDamaged(path, 'it became shorter');
  return bytes;
}

async function checkAbsent({ disk, path, isForced }: BackupFileOptions): Promise<void> {
  if (isForced) return;
  const slash = path.lastIndexOf('/');
  const directory = slash < 0 ? '.' : path.slice(0, slash) || '/';
  if (!(await disk.list(directory)).includes(path.slice(slash + 1))) return;
  throw new QuorateError({
    code: 'already-exists',
    message: `${path} exists and is not overwritten; choose another name, or say that it may be replaced`,
    data: { what: 'file', path },
  });
}
