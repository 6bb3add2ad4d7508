/** The disk port of one simulated process. */
import { assert, type Prng } from '../../../base/index.ts';
import type { Disk, DiskFile, DiskLock, OpenOptions } from '../../../ports/index.ts';
import type { Incarnation } from '../kernel/index.ts';
import { alreadyExists, directoryInUse, diskFailed, diskFull, notFound } from './disk-errors.ts';
import { Directory, type NameChange, pathParts } from './name-tree.ts';
import { ProcessFile } from './process-file.ts';
import { SectorFile } from './sector-file.ts';
import type { CrashMode } from './sectors.ts';
import type { SimDisk } from './sim-disk.ts';

/** What `freeBytes` answers where no capacity was set: a tebibyte. */
const plentyBytes = 2 ** 40;

/** The one operation that syncs every directory on its path. */
const makesDirectories = 'make directory';

export class ProcessDisk implements Disk {
  readonly #disk: SimDisk;
  readonly #incarnation: Incarnation;

  constructor(disk: SimDisk, incarnation: Incarnation) {
    this.#disk = disk;
    this.#incarnation = incarnation;
  }

  async open(path: string, options: OpenOptions): Promise<DiskFile> {
    const { durableWrites = false, durableName = true } = options;
    const file = await this.#changeNames('open', path, () => this.#findOrMake(path, options), durableName);
    return new ProcessFile({
      disk: this.#disk,
      incarnation: this.#incarnation,
      file,
      path,
      durableWrites,
    });
  }

  async rename(from: string, to: string): Promise<void> {
    const sameDirectory = pathParts(from).slice(0, -1).join('/') === pathParts(to).slice(0, -1).join('/');
    assert(sameDirectory, `rename within one directory: ${from} to ${to}`);
    await this.#changeNames('rename', from, () => this.#rename(from, to));
  }

  async remove(path: string): Promise<void> {
    await this.#changeNames('remove', path, () => {
      const { directory, name, entry } = this.#disk.names.find(path);
      if (directory === undefined || entry === undefined) throw notFound('remove', path);
      if (entry instanceof Directory) throw diskFailed('remove', path, 'EISDIR');
      this.#disk.names.apply([{ directory, name, after: undefined }]);
    });
  }

  async list(path: string): Promise<readonly string[]> {
    return this.#look(path, () => [...this.#directory('list', path).entries.keys()].sort());
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#changeNames(makesDirectories, path, () => this.#makeDirectories(path));
  }

  async freeBytes(path: string): Promise<number> {
    return this.#look(path, () => {
      if (this.#disk.names.find(path).entry === undefined) throw notFound('measure', path);
      return Math.max(0, Math.min(this.#disk.capacityBytes, plentyBytes) - this.#disk.usedBytes);
    });
  }

  async lock(path: string): Promise<DiskLock> {
    const release = await this.#look(path, () => {
      this.#directory('lock', path);
      const place = pathParts(path).join('/');
      const holder = this.#disk.lockHolder(place);
      if (holder !== undefined) throw directoryInUse(path, holder.name);
      return this.#disk.lock(place, this.#incarnation);
    });
    return {
      release: async () => {
        if (this.#incarnation.alive) release();
      },
    };
  }

  #look<T>(path: string, perform: () => T): Promise<T> {
    return this.#disk.submit(this.#incarnation, { kind: 'look', path, bytes: 0, perform });
  }

  /** The effect is seen half-way; the directory's sync, which makes it durable where that is wanted, is the other half. */
  #changeNames<T>(what: string, path: string, perform: () => T, isDurable = true): Promise<T> {
    let changes = 0;
    return this.#disk.submit(this.#incarnation, {
      kind: 'names',
      what,
      path,
      bytes: 0,
      perform: () => {
        const result = perform();
        changes = this.#disk.names.changes;
        return result;
      },
      settle: () => {
        if (isDurable) this.#settle(path, changes, what === makesDirectories);
      },
      interrupted: (prng, mode) => interruptedChange(perform, prng, mode),
    });
  }

  /** The directories of the path were synced after so many changes: the last one, or all. */
  #settle(path: string, changes: number, allParents: boolean): void {
    const parts = pathParts(path);
    for (let depth = allParents ? 0 : parts.length - 1; depth < parts.length; depth += 1) {
      const { entry } = this.#disk.names.find(parts.slice(0, depth).join('/'));
      if (entry instanceof Directory) this.#disk.names.settle(entry, changes);
    }
  }

  #directory(operation: string, path: string): Directory {
    const { entry } = this.#disk.names.find(path);
    if (entry === undefined) throw notFound(operation, path);
    if (!(entry instanceof Directory)) throw diskFailed(operation, path, 'ENOTDIR');
    return entry;
  }

  #findOrMake(path: string, { create }: OpenOptions): SectorFile {
    const { directory, name, entry } = this.#disk.names.find(path);
    if (directory === undefined) throw notFound('open', path);
    if (entry === undefined) {
      if (create === 'never') throw notFound('open', path);
      if (!this.#disk.hasRoomFor(1)) throw diskFull('open', path);
      const file = new SectorFile(this.#disk.names.pool);
      this.#disk.names.apply([{ directory, name, after: file }]);
      return file;
    }
    if (create === 'must-be-new') throw alreadyExists('open', path);
    if (entry instanceof Directory) throw diskFailed('open', path, 'EISDIR');
    return entry;
  }

  #rename(from: string, to: string): void {
    const source = this.#disk.names.find(from);
    const target = this.#disk.names.find(to);
    if (source.directory === undefined || source.entry === undefined) throw notFound('rename', from);
    if (target.entry instanceof Directory) throw diskFailed('rename', to, 'EISDIR');
    if (source.name === target.name) return;
    const { directory } = source;
    const changes: NameChange[] = [
      { directory, name: target.name, after: source.entry },
      { directory, name: source.name, after: undefined },
    ];
    this.#disk.names.apply(changes);
  }

  #makeDirectories(path: string): void {
    const parts = pathParts(path);
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const { directory, name, entry } = this.#disk.names.find(parts.slice(0, depth).join('/'));
      if (entry instanceof Directory || directory === undefined) continue;
      if (entry !== undefined) throw alreadyExists('make directory', path);
      if (!this.#disk.hasRoomFor(1)) throw diskFull('make directory', path);
      this.#disk.names.apply([{ directory, name, after: new Directory() }]);
    }
  }
}

function interruptedChange(perform: () => unknown, prng: Prng, mode: CrashMode): void {
  if (mode === 'lose' || (mode === 'random' && prng.chance(0.5))) return;
  try {
    perform();
  } catch {
    // It would have failed; nobody is left to hear it.
  }
}
