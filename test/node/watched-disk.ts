/** The real disk, watched: how many files and locks are open, what was done last; and it fails where a test says so. */
import type { Disk, DiskFile, DiskLock, OpenOptions } from '../../src/ports/index.ts';

type Watched = 'open' | 'rename' | 'remove' | 'read' | 'write' | 'sync';

export class WatchedDisk implements Disk {
  openFiles = 0;
  locks = 0;
  operations = 0;
  /** Called before each operation; what it throws, the operation fails with. */
  fail: (operation: Watched, path: string) => void = () => undefined;
  readonly #disk: Disk;
  readonly #onOperation: () => void;

  constructor(disk: Disk, onOperation: () => void) {
    this.#disk = disk;
    this.#onOperation = onOperation;
  }

  async open(path: string, options: OpenOptions): Promise<DiskFile> {
    this.begin('open', path);
    const file = await this.#disk.open(path, options);
    this.openFiles += 1;
    return new WatchedFile(this, path, file);
  }

  async rename(from: string, to: string): Promise<void> {
    this.begin('rename', from);
    await this.#disk.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    this.begin('remove', path);
    await this.#disk.remove(path);
  }

  list(path: string): Promise<readonly string[]> {
    return this.#disk.list(path);
  }

  makeDirectory(path: string): Promise<void> {
    return this.#disk.makeDirectory(path);
  }

  freeBytes(path: string): Promise<number> {
    return this.#disk.freeBytes(path);
  }

  async lock(path: string): Promise<DiskLock> {
    const lock = await this.#disk.lock(path);
    this.locks += 1;
    let isHeld = true;
    return {
      release: async () => {
        if (isHeld) this.locks -= 1;
        isHeld = false;
        await lock.release();
      },
    };
  }

  begin(operation: Watched, path: string): void {
    this.operations += 1;
    this.#onOperation();
    this.fail(operation, path);
  }
}

class WatchedFile implements DiskFile {
  readonly #disk: WatchedDisk;
  readonly #path: string;
  readonly #file: DiskFile;
  #isOpen = true;

  constructor(disk: WatchedDisk, path: string, file: DiskFile) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    this.#disk.begin('read', this.#path);
    return await this.#file.read(into, position);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    this.#disk.begin('write', this.#path);
    await this.#file.write(bytes, position);
  }

  writeNow(bytes: Uint8Array, position: number): void {
    this.#disk.begin('write', this.#path);
    this.#file.writeNow(bytes, position);
  }

  async append(bytes: Uint8Array): Promise<number> {
    this.#disk.begin('write', this.#path);
    return await this.#file.append(bytes);
  }

  async sync(): Promise<void> {
    this.#disk.begin('sync', this.#path);
    await this.#file.sync();
  }

  truncate(length: number): Promise<void> {
    return this.#file.truncate(length);
  }

  size(): Promise<number> {
    return this.#file.size();
  }

  async close(): Promise<void> {
    if (this.#isOpen) this.#disk.openFiles -= 1;
    this.#isOpen = false;
    await this.#file.close();
  }
}
