/**
 * A disk in memory that fails as real ones do. A write is torn by sectors when the power goes, operations
 * that are under way at that moment happen or do not, and what was written can be flipped, lost or brought
 * back afterwards. Everything follows from one seed.
 */
import { assert, Prng, QuorateError } from '../../src/base/index.ts';
import type { Disk, DiskFile, DiskLock, OpenOptions } from '../../src/ports/index.ts';

const sectorBytes = 512;

/** What becomes of a write that the power overtakes: by sectors, except `bytes`, which tears inside one. */
export type Tear = 'none' | 'all' | 'first-half' | 'last-half' | 'scattered' | 'bytes';
export const tears: readonly Tear[] = ['none', 'all', 'first-half', 'last-half', 'scattered', 'bytes'];

export type Operation = 'open' | 'read' | 'write' | 'sync' | 'truncate' | 'rename' | 'remove';

interface Content {
  bytes: Uint8Array;
  /** Writes that no sync has covered, oldest first. */
  unsynced: { readonly position: number; readonly before: Uint8Array }[];
  poisoned: boolean;
}

interface WriteUnderWay {
  readonly content: Content;
  readonly position: number;
  readonly bytes: Uint8Array;
}

export interface FaultDiskOptions {
  readonly seed: number;
  /** The operation at which the power goes, counted from 1. */
  readonly crashAt?: number;
  readonly tear?: Tear;
  /** True: only the process dies. */
  readonly kill?: boolean;
  readonly capacityBytes?: number;
}

export class FaultDisk implements Disk {
  readonly random: Prng;
  /** Operations begun so far. */
  operations = 0;
  capacityBytes: number;
  /** Called before each operation; what it throws, the operation fails with. */
  fail: (operation: Operation, path: string) => void = () => undefined;
  /** Called by each write that blocks. */
  onBlockingWrite: () => void = () => undefined;
  /** Asked before each operation: does the crash come here? */
  crashWhen: (operation: Operation, path: string) => boolean = () => false;
  readonly crashed: Promise<'crashed'>;
  readonly #options: FaultDiskOptions;
  readonly #files: Map<string, Content>;
  readonly #directories = new Set<string>();
  readonly #underWay = new Set<WriteUnderWay>();
  #isDead = false;
  #reportCrash: () => void = () => undefined;

  constructor(options: FaultDiskOptions, files: Map<string, Content> = new Map()) {
    this.random = new Prng(options.seed);
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
    this.#options = options;
    this.#files = files;
    for (const path of files.keys()) this.#directories.add(path.slice(0, path.lastIndexOf('/')));
    this.crashed = new Promise((resolve) => {
      this.#reportCrash = () => resolve('crashed');
    });
  }

  /**
   * The same medium for the next process. What a killed process had written and not synced is still seen, and
   * lost with the power later unless the next process syncs it; after a power failure there is nothing of it.
   */
  reboot(options: FaultDiskOptions): FaultDisk {
    if (!this.#isDead) this.crash();
    return this.copy(options);
  }

  /** Another disk with the same content; this one goes on. */
  copy(options: FaultDiskOptions): FaultDisk {
    const files = new Map<string, Content>();
    for (const [path, { bytes, unsynced }] of this.#files) {
      files.set(path, { bytes: bytes.slice(), unsynced: unsynced.slice(), poisoned: false });
    }
    return new FaultDisk({ capacityBytes: this.capacityBytes, ...options }, files);
  }

  /** The power goes, or the process is killed. Nothing that is under way ever resolves. */
  crash(): void {
    this.#isDead = true;
    if (this.#options.kill !== true) {
      for (const content of this.#files.values()) this.#loseUnsynced(content);
    }
    for (const write of this.#underWay) {
      const { content, position, bytes } = write;
      const before = oldBytes(content, position, bytes.length);
      this.#tear(write);
      if (this.#options.kill === true) content.unsynced.push({ position, before });
    }
    this.#reportCrash();
  }

  paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  bytesOf(path: string): Uint8Array {
    const content = this.#files.get(path);
    assert(content !== undefined, `no file ${path}`);
    return content.bytes;
  }

  flipBit(path: string, position: number, bit = 0): void {
    const bytes = this.bytesOf(path);
    bytes[position] = (bytes[position] as number) ^ (1 << bit);
  }

  lose(path: string): void {
    this.#files.delete(path);
  }

  async open(path: string, options: OpenOptions): Promise<DiskFile> {
    await this.#begin('open', path);
    let content = this.#files.get(path);
    if (content === undefined && options.create === 'never') throw notFound(path);
    if (content !== undefined && options.create === 'must-be-new') throw alreadyExists(path);
    if (content === undefined) {
      content = { bytes: new Uint8Array(0), unsynced: [], poisoned: false };
      this.#files.set(path, content);
    }
    return new FaultFile(this, path, content, options.durableWrites === true);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#begin('rename', from);
    const content = this.#files.get(from);
    if (content === undefined) throw notFound(from);
    this.#files.delete(from);
    this.#files.set(to, content);
  }

  async remove(path: string): Promise<void> {
    await this.#begin('remove', path);
    if (!this.#files.delete(path)) throw notFound(path);
  }

  async list(path: string): Promise<readonly string[]> {
    if (!this.#directories.has(path)) throw notFound(path);
    const names: string[] = [];
    for (const file of this.#files.keys())
      if (file.startsWith(`${path}/`)) names.push(file.slice(path.length + 1));
    return names.sort();
  }

  async makeDirectory(path: string): Promise<void> {
    this.#directories.add(path);
  }

  async freeBytes(): Promise<number> {
    return Math.max(0, this.capacityBytes - this.usedBytes());
  }

  lock(): Promise<DiskLock> {
    return Promise.reject(new Error('these tests take no locks'));
  }

  usedBytes(): number {
    let used = 0;
    for (const { bytes } of this.#files.values()) used += bytes.length;
    return used;
  }

  /** Counts the operation, lets others come between, and never returns once the power is gone. */
  async #begin(operation: Operation, path: string): Promise<void> {
    await this.count(operation, path);
    if (this.#isDead) await new Promise<never>(() => undefined);
  }

  async count(operation: Operation, path: string): Promise<void> {
    if (this.#isDead) await new Promise<never>(() => undefined);
    this.operations += 1;
    if (this.#crashesAt(operation, path)) this.crash();
    if (this.#isDead) await new Promise<never>(() => undefined);
    this.fail(operation, path);
    for (let turns = this.random.below(2); turns >= 0; turns -= 1) await new Promise(setImmediate);
  }

  async write(
    path: string,
    content: Content,
    bytes: Uint8Array,
    position: number,
    durable: boolean,
  ): Promise<void> {
    const write = { content, position, bytes: bytes.slice() };
    this.#underWay.add(write);
    try {
      await this.#begin('write', path);
    } finally {
      if (!this.#isDead) this.#underWay.delete(write);
    }
    const grown = Math.max(0, position + bytes.length - content.bytes.length);
    if (grown > this.capacityBytes - this.usedBytes()) throw diskFull(path);
    if (!durable) content.unsynced.push({ position, before: oldBytes(content, position, bytes.length) });
    else overlay(content, position, bytes);
    put(content, position, bytes);
  }

  /** A durable write that blocks. When the power goes, nothing can hang here: what it throws, nobody hears. */
  writeNow(path: string, content: Content, bytes: Uint8Array, position: number): void {
    this.operations += 1;
    if (this.#crashesAt('write', path)) {
      this.#underWay.add({ content, position, bytes });
      this.crash();
    }
    if (this.#isDead) throw diskFailed('write', path);
    this.onBlockingWrite();
    this.fail('write', path);
    overlay(content, position, bytes);
    put(content, position, bytes);
  }

  /** Throws where a test wants reading to fail. */
  readable(_path: string, _position: number, _length: number): void {
    return undefined;
  }

  async otherOperation(operation: Operation, path: string): Promise<void> {
    await this.#begin(operation, path);
  }

  #crashesAt(operation: Operation, path: string): boolean {
    return this.operations === this.#options.crashAt || this.crashWhen(operation, path);
  }

  /** Each unsynced write is kept, or undone as far as nothing newer lies over it. */
  #loseUnsynced(content: Content): void {
    for (const { position, before } of content.unsynced.splice(0).reverse()) {
      if (this.random.chance(0.5)) put(content, position, before);
    }
  }

  #tear({ content, position, bytes }: WriteUnderWay): void {
    const tear = this.#options.tear ?? this.random.pick(tears);
    if (tear === 'bytes') {
      put(content, position, bytes.subarray(0, this.random.below(bytes.length + 1)));
      return;
    }
    const sectors = Math.ceil(bytes.length / sectorBytes);
    for (let sector = 0; sector < sectors; sector += 1) {
      if (!this.#keeps(tear, sector, sectors)) continue;
      const start = sector * sectorBytes;
      put(content, position + start, bytes.subarray(start, start + sectorBytes));
    }
  }

  #keeps(tear: Tear, sector: number, sectors: number): boolean {
    if (tear === 'scattered') return this.random.chance(0.5);
    if (tear === 'first-half') return sector < sectors / 2;
    if (tear === 'last-half') return sector >= sectors / 2;
    return tear === 'all';
  }
}

class FaultFile implements DiskFile {
  readonly #disk: FaultDisk;
  readonly #path: string;
  readonly #content: Content;
  readonly #durable: boolean;

  constructor(disk: FaultDisk, path: string, content: Content, durable: boolean) {
    this.#disk = disk;
    this.#path = path;
    this.#content = content;
    this.#durable = durable;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    await this.#disk.otherOperation('read', this.#path);
    this.#disk.readable(this.#path, position, into.length);
    const found = this.#content.bytes.subarray(position, position + into.length);
    into.set(found);
    return found.length;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    if (this.#content.poisoned) throw diskFailed('write', this.#path);
    try {
      await this.#disk.write(this.#path, this.#content, bytes, position, this.#durable);
    } catch (error) {
      if (this.#durable && !(error instanceof QuorateError && error.code === 'disk-full'))
        this.#content.poisoned = true;
      throw error;
    }
  }

  writeNow(bytes: Uint8Array, position: number): void {
    if (this.#content.poisoned) throw diskFailed('write', this.#path);
    try {
      this.#disk.writeNow(this.#path, this.#content, bytes, position);
    } catch (error) {
      if (!(error instanceof QuorateError && error.code === 'disk-full')) this.#content.poisoned = true;
      throw error;
    }
  }

  append(): Promise<number> {
    return Promise.reject(new Error('the log writes at positions'));
  }

  async sync(): Promise<void> {
    if (this.#content.poisoned) throw diskFailed('sync', this.#path);
    try {
      await this.#disk.otherOperation('sync', this.#path);
    } catch (error) {
      this.#content.poisoned = true;
      throw error;
    }
    this.#content.unsynced = [];
  }

  async truncate(length: number): Promise<void> {
    await this.#disk.otherOperation('truncate', this.#path);
    const resized = new Uint8Array(length);
    resized.set(this.#content.bytes.subarray(0, length));
    this.#content.bytes = resized;
    this.#content.unsynced = [];
  }

  async size(): Promise<number> {
    return this.#content.bytes.length;
  }

  async close(): Promise<void> {
    return undefined;
  }
}

function put(content: Content, position: number, bytes: Uint8Array): void {
  const needed = position + bytes.length;
  if (needed > content.bytes.length) {
    const grown = new Uint8Array(needed);
    grown.set(content.bytes);
    content.bytes = grown;
  }
  content.bytes.set(bytes, position);
}

/** Durable bytes: undoing an older write does not reach them. */
function overlay(content: Content, position: number, bytes: Uint8Array): void {
  for (const { position: start, before } of content.unsynced) {
    const from = Math.max(start, position);
    const to = Math.min(start + before.length, position + bytes.length);
    if (from < to) before.set(bytes.subarray(from - position, to - position), from - start);
  }
}

function oldBytes(content: Content, position: number, length: number): Uint8Array {
  const old = new Uint8Array(length);
  old.set(content.bytes.subarray(position, position + length));
  return old;
}

function notFound(path: string): QuorateError {
  return new QuorateError({ code: 'not-found', message: `no ${path}`, data: { what: 'file', path } });
}

function alreadyExists(path: string): QuorateError {
  return new QuorateError({
    code: 'already-exists',
    message: `there is ${path}`,
    data: { what: 'file', path },
  });
}

export function diskFull(path: string): QuorateError {
  return new QuorateError({
    code: 'disk-full',
    message: `no space for ${path}`,
    data: { operation: 'write', path },
  });
}

export function diskFailed(operation: string, path: string): QuorateError {
  const data = { operation, path, system: 'EIO' };
  return new QuorateError({ code: 'disk-failed', message: `${operation} ${path}: EIO`, data });
}
