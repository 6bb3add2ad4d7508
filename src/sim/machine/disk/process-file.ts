/** An open file of one simulated process. */
import { assert, type Prng } from '../../../base/index.ts';
import type { DiskFile } from '../../../ports/index.ts';
import type { Incarnation } from '../kernel/index.ts';
import { closedFile, diskFailed, diskFull } from './disk-errors.ts';
import type { ArmedMishap } from './disk-faults.ts';
import type { SectorFile } from './sector-file.ts';
import type { CrashMode } from './sectors.ts';
import type { DiskRequest, SimDisk } from './sim-disk.ts';

export interface ProcessFileInit {
  readonly disk: SimDisk;
  readonly incarnation: Incarnation;
  readonly file: SectorFile;
  /** As the program gave it, for errors. */
  readonly path: string;
  readonly durableWrites: boolean;
}

export class ProcessFile implements DiskFile {
  readonly #disk: SimDisk;
  readonly #incarnation: Incarnation;
  readonly #file: SectorFile;
  readonly #path: string;
  readonly #durableWrites: boolean;
  #underWay = 0;
  #appendUnderWay = false;
  #closing: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;
  readonly #onAnswer = (): void => this.#answered();

  constructor(init: ProcessFileInit) {
    this.#disk = init.disk;
    this.#incarnation = init.incarnation;
    this.#file = init.file;
    this.#path = init.path;
    this.#durableWrites = init.durableWrites;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    assertPlace(position);
    return this.#submit({
      kind: 'read',
      path: this.#path,
      bytes: into.length,
      answered: this.#onAnswer,
      perform: () => {
        const length = Math.min(into.length, Math.max(0, this.#file.size - position));
        if (this.#file.isUnreadable(position, length)) throw diskFailed('read', this.#path, 'EIO');
        return this.#file.read(into, position);
      },
    });
  }

  write(bytes: Uint8Array, position: number): Promise<void> {
    assertPlace(position);
    return this.#submit(this.#writing(bytes, () => position));
  }

  writeNow(bytes: Uint8Array, position: number): void {
    assertPlace(position);
    if (this.#closing !== undefined) throw closedFile(this.#path);
    this.#disk.performNow(
      this.#incarnation,
      this.#writing(bytes, () => position),
    );
  }

  async append(bytes: Uint8Array): Promise<number> {
    assert(!this.#appendUnderWay, 'one append at a time');
    this.#appendUnderWay = true;
    try {
      let position = 0;
      const behindTheEnd = (): number => {
        position = this.#file.size;
        return position;
      };
      await this.#submit(this.#writing(bytes, behindTheEnd));
      return position;
    } finally {
      this.#appendUnderWay = false;
    }
  }

  sync(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closedFile(this.#path));
    const sync = this.#incarnation.alive ? this.#file.beginSync() : 0;
    return this.#submit({
      kind: 'sync',
      path: this.#path,
      bytes: 0,
      answered: this.#onAnswer,
      perform: (mishap) => {
        if (mishap === undefined) return this.#file.endSync(sync);
        this.#file.failSync(sync);
        throw diskFailed('sync', this.#path, 'EIO');
      },
      interrupted: (prng, mode) => {
        if (mode === 'keep' || (mode === 'random' && prng.chance(0.5))) this.#file.endSync(sync);
        else this.#file.abandonSync();
      },
    });
  }

  truncate(length: number): Promise<void> {
    assertPlace(length);
    return this.#submit({
      kind: 'truncate',
      path: this.#path,
      bytes: 0,
      answered: this.#onAnswer,
      perform: () => this.#file.truncate(length),
      interrupted: (prng, mode) => {
        if (mode === 'keep' || (mode === 'random' && prng.chance(0.5))) this.#file.truncate(length);
      },
    });
  }

  size(): Promise<number> {
    return this.#submit({
      kind: 'look',
      path: this.#path,
      bytes: 0,
      answered: this.#onAnswer,
      perform: () => this.#file.size,
    });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#whenIdle = resolve;
      if (this.#underWay === 0) resolve();
    });
    return this.#closing;
  }

  #submit<T>(request: DiskRequest<T>): Promise<T> {
    if (this.#closing !== undefined) return Promise.reject(closedFile(this.#path));
    this.#underWay += 1;
    return this.#disk.submit(this.#incarnation, request);
  }

  #answered(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#whenIdle?.();
  }

  #writing(bytes: Uint8Array, where: () => number): DiskRequest<void> {
    return {
      kind: 'write',
      path: this.#path,
      bytes: bytes.length,
      durable: this.#durableWrites,
      answered: this.#onAnswer,
      perform: (mishap) => {
        this.#write(bytes, where(), mishap);
        if (this.#durableWrites) this.#disk.calledDurable(this.#path, bytes);
      },
      interrupted: (prng, mode) => this.#writePart(bytes, where(), prng, mode),
    };
  }

  #write(bytes: Uint8Array, position: number, armed: ArmedMishap | undefined): void {
    if (bytes.length === 0) return;
    const end = position + bytes.length;
    if (!this.#disk.hasRoomFor(end - this.#file.size)) throw diskFull('write', this.#path);
    const mishap = armed?.mishap;
    if (mishap === 'write-is-short') {
      this.#file.write(bytes.subarray(0, this.#disk.shortLength(bytes.length)), position);
      throw diskFailed('write', this.#path, 'EIO');
    }
    if (mishap === 'write-is-lost') {
      if (armed?.provable === true) this.#lie(bytes, position, undefined);
      if (end > this.#file.size) this.#file.truncate(end);
    } else if (mishap === 'write-goes-astray') {
      const astray = this.#disk.strayBytes();
      const place = position + astray < 0 ? position - astray : position + astray;
      if (armed?.provable === true) this.#lie(bytes, position, place);
      this.#put(bytes, place);
    } else {
      this.#put(bytes, position);
      this.#disk.proved(this.#file, position);
    }
  }

  #put(bytes: Uint8Array, place: number): void {
    this.#file.write(bytes, place);
    if (this.#durableWrites) this.#file.syncRange(place, bytes.length);
  }

  /** Remembers how to make the lie about a write a truth; one that went astray hit what stood at `place`. */
  #lie(bytes: Uint8Array, position: number, place: number | undefined): void {
    const hit = new Uint8Array(place === undefined ? 0 : bytes.length);
    const hitBytes = place === undefined ? 0 : this.#file.read(hit, place);
    const copy = bytes.slice();
    const undo = (): void => {
      if (place !== undefined) this.#put(hit.subarray(0, hitBytes), place);
      this.#put(copy, position);
    };
    this.#disk.lied({ file: this.#file, position, undo });
  }

  /** A write that nobody lived to see end reached the file as a whole, by its beginning, or not at all. */
  #writePart(bytes: Uint8Array, position: number, prng: Prng, mode: CrashMode): void {
    if (mode === 'lose' || bytes.length === 0 || !this.#disk.hasRoomFor(bytes.length)) return;
    const drawn = mode === 'keep' ? 2 : prng.below(3);
    if (drawn === 0) return;
    this.#file.write(drawn === 1 ? bytes.subarray(0, 1 + prng.below(bytes.length)) : bytes, position);
  }
}

function assertPlace(position: number): void {
  assert(Number.isSafeInteger(position) && position >= 0, 'a place in a file is a whole number from 0 on');
}
