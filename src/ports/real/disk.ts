/**
 * The disk on Node. A file's name becomes durable by a sync of its directory, and that is done here, so that
 * no room can forget it; also by an `open` that finds the file there, because whoever made it may have died
 * before its own sync.
 */
import { constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { assert } from '../../base/index.ts';
import type { Disk, DiskFile, DiskLock, OpenOptions } from '../index.ts';
import { type DirectoryStats, type DiskCalls, nodeCalls } from './disk-calls.ts';
import { diskError, diskFailure } from './disk-errors.ts';
import { RealDiskFile, type WriteDurability } from './disk-file.ts';
import { lockDirectory, lockFileNames } from './disk-lock.ts';
import { systemCode } from './system-code.ts';

export interface RealDiskOptions {
  /** The system's calls. Default: Node's `fs`. For tests that need a call to fail. */
  readonly calls?: DiskCalls;
  /**
   * How writes of a `durableWrites` file become durable. Default: `descriptor` (one call, `O_DSYNC`) on Linux,
   * else `fdatasync` behind each write, because elsewhere `O_DSYNC` may stop at the drive's own cache.
   */
  readonly durableWrites?: Exclude<WriteDurability, 'none'>;
}

/** Data may hold secrets: only the user of the process reads it. */
const fileMode = 0o600;
const directoryMode = 0o700;

const createFlags: Readonly<Record<OpenOptions['create'], number>> = {
  never: 0,
  'if-missing': constants.O_CREAT,
  'must-be-new': constants.O_CREAT | constants.O_EXCL,
};

export function realDisk(options: RealDiskOptions = {}): Disk {
  const platformDefault = process.platform === 'linux' ? 'descriptor' : 'fdatasync';
  return new RealDisk(options.calls ?? nodeCalls, options.durableWrites ?? platformDefault);
}

class RealDisk implements Disk {
  readonly #calls: DiskCalls;
  readonly #durableWrites: WriteDurability;
  /**
   * Directories whose own entries this process has synced, each with what tells it from another one of the same
   * name. Rooms ask again and again for the same few, and each sync would be a commit of the file system's journal.
   */
  readonly #synced = new Map<string, string>();

  constructor(calls: DiskCalls, durableWrites: WriteDurability) {
    this.#calls = calls;
    this.#durableWrites = durableWrites;
  }

  async open(path: string, options: OpenOptions): Promise<DiskFile> {
    const durability = options.durableWrites ? this.#durableWrites : 'none';
    const durableFlag = durability === 'descriptor' ? constants.O_DSYNC : 0;
    const flags = constants.O_RDWR | createFlags[options.create] | durableFlag;
    const descriptor = await called<number>('open', path, (done) =>
      this.#calls.open(path, flags, fileMode, done),
    );
    try {
      if (options.durableName !== false) await this.#syncDirectory(dirname(path));
    } catch (error) {
      await this.#close(descriptor, path);
      throw error;
    }
    return new RealDiskFile({ calls: this.#calls, descriptor, path, durability });
  }

  async rename(from: string, to: string): Promise<void> {
    assert(dirname(resolve(from)) === dirname(resolve(to)), `rename within one directory: ${from} to ${to}`);
    await called<void>('rename', from, (done) => this.#calls.rename(from, to, done));
    await this.#syncDirectory(dirname(to));
  }

  async remove(path: string): Promise<void> {
    await called<void>('remove', path, (done) => this.#calls.unlink(path, done));
    await this.#syncDirectory(dirname(path));
  }

  async list(path: string): Promise<readonly string[]> {
    const names = await called<string[]>('list', path, (done) => this.#calls.readdir(path, done));
    return names.filter((name) => !lockFileNames.has(name)).sort(byCodeUnit);
  }

  /**
   * Parents first, each entry synced before the next level is made. So a directory that exists has durable
   * parents, except that whoever made it may have died before its own entry was synced: that one is synced
   * again, once.
   */
  async makeDirectory(path: string): Promise<void> {
    const absolute = resolve(path);
    const found = await this.#directoryAt(absolute);
    if (found !== undefined && this.#synced.get(absolute) === found) return;
    if (found === undefined) {
      const parent = dirname(absolute);
      await this.makeDirectory(parent);
      const made = await this.#makeOneDirectory(absolute);
      await this.#syncDirectory(parent);
      this.#synced.set(absolute, made);
    } else {
      await this.#syncForeignEntry(absolute);
      this.#synced.set(absolute, found);
    }
  }

  async freeBytes(path: string): Promise<number> {
    const stats = await called<{ readonly bavail: number; readonly bsize: number }>('measure', path, (done) =>
      this.#calls.statfs(path, done),
    );
    return stats.bavail * stats.bsize;
  }

  async lock(path: string): Promise<DiskLock> {
    const stats = await called<{ isDirectory(): boolean }>('lock', path, (done) =>
      this.#calls.stat(path, done),
    );
    if (!stats.isDirectory()) throw diskError('lock', path, systemError('ENOTDIR', 'it is not a directory'));
    return lockDirectory(path);
  }

  /** What tells the directory from every other one; `undefined` when nothing has this name. */
  async #directoryAt(path: string): Promise<string | undefined> {
    try {
      const stats = await promised<DirectoryStats>((done) => this.#calls.stat(path, done));
      // The number alone is given again to the next one that is made.
      if (stats.isDirectory()) return `${stats.dev} ${stats.ino} ${stats.birthtimeMs}`;
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined;
      throw diskError('make directory', path, cause);
    }
    throw diskError('make directory', path, systemError('EEXIST', 'a file has this name'));
  }

  /** Another process may make the same directory between our look and our call. */
  async #makeOneDirectory(path: string): Promise<string> {
    let failure: unknown;
    try {
      await promised<void>((done) => this.#calls.mkdir(path, directoryMode, done));
    } catch (cause) {
      if (systemCode(cause) !== 'EEXIST') throw diskError('make directory', path, cause);
      failure = cause;
    }
    const made = await this.#directoryAt(path);
    if (made === undefined)
      throw diskError('make directory', path, failure ?? systemError('ENOENT', 'it was removed at once'));
    return made;
  }

  /** The parent of a directory that an administrator made may be closed to this user, who then cannot have made it. */
  async #syncForeignEntry(directory: string): Promise<void> {
    try {
      await this.#syncDirectory(dirname(directory));
    } catch (error) {
      if (!['EACCES', 'EPERM'].includes(systemCode((error as Error).cause))) throw error;
    }
  }

  async #syncDirectory(path: string): Promise<void> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY;
    const descriptor = await called<number>('sync directory', path, (done) =>
      this.#calls.open(path, flags, 0, done),
    );
    try {
      await promised<void>((done) => this.#calls.fsync(descriptor, done));
    } catch (cause) {
      throw diskFailure('sync directory', path, cause);
    } finally {
      await this.#close(descriptor, path);
    }
  }

  #close(descriptor: number, path: string): Promise<void> {
    return called<void>('close', path, (done) => this.#calls.close(descriptor, done));
  }
}

function byCodeUnit(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

type Call<T> = (done: (error: NodeJS.ErrnoException | null, result: T) => void) => void;

/** A call of the system as a promise. */
function promised<T>(call: Call<T>): Promise<T> {
  return new Promise<T>((fulfil, reject) => {
    call((error, result) => {
      if (error === null) fulfil(result);
      else reject(error);
    });
  });
}

/** The same, with failures as the port's errors. */
async function called<T>(operation: string, path: string, call: Call<T>): Promise<T> {
  try {
    return await promised(call);
  } catch (cause) {
    throw diskError(operation, path, cause);
  }
}

function systemError(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
