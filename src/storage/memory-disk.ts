/**
 * A disk that is memory: for `memory:`, where a node shall run as it always does and leave nothing behind.
 * Everything is done when a call returns, and durable for as long as the process lives.
 */
import { assert, QuorateError } from '../base/index.ts';
import type { Disk, DiskFile, DiskLock, OpenOptions } from '../ports/index.ts';

/** Bytes that several openings share, and that outlive their name while one of them is open. */
interface Content {
  bytes: Uint8Array;
  length: number;
}

const bytesFirst = 4096;

export class MemoryDisk implements Disk {
  readonly #files = new Map<string, Content>();
  readonly #directories = new Set<string>(['']);
  readonly #locked = new Set<string>();
  readonly #freeBytes: number;

  /** `freeBytes` is only told; what is written is bounded by the machine's memory. */
  constructor(freeBytes: number = 2 ** 40) {
    this.#freeBytes = freeBytes;
  }

  async open(path: string, { create }: OpenOptions): Promise<DiskFile> {
    const name = normal(path);
    const found = this.#files.get(name);
    if (found !== undefined) {
      if (create === 'must-be-new') throw alreadyExists('open', path);
      return new MemoryFile(found, path);
    }
    if (create === 'never' || !this.#directories.has(parentOf(name))) throw notFound('open', path);
    if (this.#directories.has(name)) throw alreadyExists('open', path);
    const made: Content = { bytes: new Uint8Array(0), length: 0 };
    this.#files.set(name, made);
    return new MemoryFile(made, path);
  }

  async rename(from: string, to: string): Promise<void> {
    const content = this.#files.get(normal(from));
    if (content === undefined) throw notFound('rename', from);
    assert(parentOf(normal(from)) === parentOf(normal(to)), 'a file is renamed within its directory');
    this.#files.delete(normal(from));
    this.#files.set(normal(to), content);
  }

  async remove(path: string): Promise<void> {
    if (!this.#files.delete(normal(path))) throw notFound('remove', path);
  }

  async list(path: string): Promise<readonly string[]> {
    const directory = normal(path);
    if (!this.#directories.has(directory)) throw notFound('list', path);
    const names: string[] = [];
    for (const name of [...this.#files.keys(), ...this.#directories])
      if (name !== '' && parentOf(name) === directory) names.push(name.slice(directory.length + 1));
    return names.sort((left, right) => (left < right ? -1 : 1));
  }

  async makeDirectory(path: string): Promise<void> {
    const name = normal(path);
    const made: string[] = [];
    for (let at = name; at !== ''; at = parentOf(at)) {
      if (this.#files.has(at)) throw alreadyExists('make directory', path);
      made.push(at);
    }
    for (const directory of made) this.#directories.add(directory);
  }

  async freeBytes(path: string): Promise<number> {
    const name = normal(path);
    if (!this.#files.has(name) && !this.#directories.has(name)) throw notFound('free space', path);
    return this.#freeBytes;
  }

  async lock(path: string): Promise<DiskLock> {
    const name = normal(path);
    if (!this.#directories.has(name)) throw notFound('lock', path);
    if (this.#locked.has(name)) throw inUse(path);
    this.#locked.add(name);
    let isHeld = true;
    return {
      release: () => {
        if (isHeld) this.#locked.delete(name);
        isHeld = false;
        return Promise.resolve();
      },
    };
  }
}

class MemoryFile implements DiskFile {
  readonly #content: Content;
  readonly #path: string;
  #isClosed = false;

  constructor(content: Content, path: string) {
    this.#content = content;
    this.#path = path;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    this.#checkOpen();
    const { bytes, length } = this.#content;
    const count = Math.max(0, Math.min(into.length, length - position));
    if (count > 0) into.set(bytes.subarray(position, position + count));
    return count;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    this.writeNow(bytes, position);
  }

  writeNow(bytes: Uint8Array, position: number): void {
    this.#checkOpen();
    if (bytes.length === 0) return;
    this.#reach(position + bytes.length);
    this.#content.bytes.set(bytes, position);
  }

  async append(bytes: Uint8Array): Promise<number> {
    this.#checkOpen();
    const position = this.#content.length;
    this.writeNow(bytes, position);
    return position;
  }

  async sync(): Promise<void> {
    this.#checkOpen();
  }

  async truncate(length: number): Promise<void> {
    this.#checkOpen();
    const content = this.#content;
    if (length < content.length) {
      content.bytes.fill(0, length, content.length);
      content.length = length;
    } else this.#reach(length);
  }

  async size(): Promise<number> {
    this.#checkOpen();
    return this.#content.length;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }

  /** What lies between the old end and a new one is zeros. */
  #reach(length: number): void {
    const content = this.#content;
    if (length > content.bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * content.bytes.length, bytesFirst));
      grown.set(content.bytes.subarray(0, content.length));
      content.bytes = grown;
    }
    content.length = Math.max(content.length, length);
  }

  #checkOpen(): void {
    if (!this.#isClosed) return;
    throw new QuorateError({
      code: 'closed',
      message: `the file ${this.#path} is closed`,
      data: { what: this.#path },
    });
  }
}

/** Without `.`, doubled and trailing slashes; the root is the empty text. */
function normal(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.map((part) => `/${part}`).join('');
}

function parentOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

function notFound(operation: string, path: string): QuorateError<'not-found'> {
  return new QuorateError({
    code: 'not-found',
    message: `${operation} ${path}: there is no such file or directory`,
    data: { what: 'file or directory', path },
  });
}

function alreadyExists(operation: string, path: string): QuorateError<'already-exists'> {
  return new QuorateError({
    code: 'already-exists',
    message: `${operation} ${path}: it exists already; remove it or choose another path`,
    data: { what: 'file or directory', path },
  });
}

function inUse(path: string): QuorateError<'in-use'> {
  return new QuorateError({
    code: 'in-use',
    message: `the directory ${path} is held in this process; close whoever holds it, or choose another directory`,
    data: { what: path, holder: 'this process' },
  });
}
