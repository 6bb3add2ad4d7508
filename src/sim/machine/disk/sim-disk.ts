/**
 * The disk of one simulated machine. It outlives processes and crashes. Operations take effect when they end,
 * so overlapping ones are truly unordered; one that its process or the power does not live to see has
 * happened, has not, or has by a part.
 */
import type { Prng } from '../../../base/index.ts';
import {
  drawMs,
  happening,
  type Incarnation,
  type Latency,
  ScheduledEvent,
  type Scheduler,
} from '../kernel/index.ts';
import { diskFailed } from './disk-errors.ts';
import { type ArmedMishap, DiskFaults, type DiskOperationKind } from './disk-faults.ts';
import { NameTree } from './name-tree.ts';
import type { SectorFile } from './sector-file.ts';
import type { CrashMode } from './sectors.ts';

export interface DiskOptions {
  readonly readLatency: Latency;
  readonly writeLatency: Latency;
  readonly syncLatency: Latency;
  /** For making, renaming and removing, the sync of the directory included. */
  readonly namesLatency: Latency;
  /** How many bytes move in a millisecond. */
  readonly bytesPerMs: number;
  /** Default `Infinity`. */
  readonly capacityBytes: number;
}

/** A good network-attached disk: syncs of a millisecond, and now and then twenty. */
export const diskDefaults: DiskOptions = {
  readLatency: { leastMs: 0.02, spreadMs: 0.1, tailChance: 0.01, tailMs: 5 },
  writeLatency: { leastMs: 0.01, spreadMs: 0.04 },
  syncLatency: { leastMs: 0.4, spreadMs: 0.8, tailChance: 0.01, tailMs: 20 },
  namesLatency: { leastMs: 0.5, spreadMs: 1.5, tailChance: 0.01, tailMs: 20 },
  bytesPerMs: 200_000,
  capacityBytes: Number.POSITIVE_INFINITY,
};

/** Faults that overlap multiply. A disk slower than that does not answer within a run, and hanging is a fault of its own. */
const slownessMax = 300;

export interface DiskRequest<T> {
  readonly kind: DiskOperationKind;
  /** What the story calls it. Default: its kind. */
  readonly what?: string;
  readonly path: string;
  /** How many bytes move. */
  readonly bytes: number;
  /** True when the bytes are durable before the operation ends. */
  readonly durable?: boolean;
  /** The effect, or the error that it throws. */
  perform(mishap: ArmedMishap | undefined): T;
  /** Names only: the directory's sync, which ends later than the effect is seen. */
  settle?(): void;
  /** The answer was given to the process. */
  answered?(): void;
  /** Whoever asked died while it was under way: what is left of the effect. Absent: nothing. */
  interrupted?(prng: Prng, mode: CrashMode): void;
}

interface Lie {
  readonly file: SectorFile;
  readonly position: number;
  readonly undo: () => void;
}

export interface SimDiskInit {
  readonly scheduler: Scheduler;
  /** The machine's name and index. */
  readonly name: string;
  readonly machine: number;
  readonly options: DiskOptions;
  /** Hears of each write at the moment at which the disk says that its bytes are durable. */
  readonly durableWrite?: DurableWrite | undefined;
}

export type DurableWrite = (path: string, bytes: Uint8Array) => void;

export class SimDisk {
  readonly names: NameTree = new NameTree();
  readonly faults: DiskFaults = new DiskFaults();
  readonly #init: SimDiskInit;
  readonly #prng: Prng;
  readonly #underWay = new Set<DiskOperation>();
  /** Those that nothing has shown yet, oldest first. */
  #lies: Lie[] = [];
  readonly #hanging: DiskOperation[] = [];
  /** Processes that wait in a synchronous call for a disk that hangs. */
  readonly #blocked: (() => void)[] = [];
  /** Who holds which directory. */
  readonly #locks = new Map<string, { readonly holder: Incarnation; readonly key: object }>();

  constructor(init: SimDiskInit) {
    this.#init = init;
    this.#prng = init.scheduler.prng(`disk of ${init.name}`);
  }

  /** What the file would hold if the power went now and all that is not synced were lost. */
  durableContent(path: string): Uint8Array | undefined {
    return this.names.file(path)?.durableContent();
  }

  /** What programs read from the file now. */
  content(path: string): Uint8Array | undefined {
    return this.names.file(path)?.content();
  }

  /** All files' paths, sorted. */
  paths(): string[] {
    return [...this.names.files()].map(([path]) => path);
  }

  get usedBytes(): number {
    let bytes = 0;
    for (const [, file] of this.names.files()) bytes += file.size;
    return bytes;
  }

  get capacityBytes(): number {
    return Math.min(this.#init.options.capacityBytes, this.faults.capacityBytes);
  }

  /** True when `growth` more bytes fit. */
  hasRoomFor(growth: number): boolean {
    if (growth <= 0 || this.capacityBytes === Number.POSITIVE_INFINITY) return true;
    return this.usedBytes + growth <= this.capacityBytes;
  }

  /** Begins an operation. The promise settles when it ends, and never for a process that is dead by then. */
  submit<T>(incarnation: Incarnation, request: DiskRequest<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!incarnation.alive) return;
      const answer: Answer = { resolve: resolve as (value: unknown) => void, reject };
      const operation = new DiskOperation(this, incarnation, request, answer);
      this.#underWay.add(operation);
      this.#init.scheduler.trace.note(happening.disk, this.#init.machine, request.bytes);
      // Dying at this point is dying in the middle of the operation: it is under way already.
      if (incarnation.point()) return;
      const durationMs = this.durationMs(request);
      operation.endMs = incarnation.nowMs + durationMs;
      const firstMs = request.settle === undefined ? durationMs : durationMs / 2;
      this.#init.scheduler.add(operation, incarnation.nowMs + firstMs);
    });
  }

  /**
   * Does it before it returns, and keeps the process busy for as long as it takes. `undefined` when the process
   * died in the middle.
   */
  performNow<T>(incarnation: Incarnation, request: DiskRequest<T>): T | undefined {
    if (!incarnation.alive) return undefined;
    const operation = new DiskOperation(this, incarnation, request, noAnswer);
    this.#underWay.add(operation);
    this.#init.scheduler.trace.note(happening.disk, this.#init.machine, request.bytes);
    if (incarnation.point()) return undefined;
    incarnation.busy(this.durationMs(request));
    if (this.faults.hangs) this.#blocked.push(incarnation.hold(true));
    operation.takeEffect();
    this.forget(operation);
    return operation.valueNow() as T;
  }

  /** Called by an operation that takes effect: the effect, or what goes wrong instead. */
  perform<T>(request: DiskRequest<T>): T {
    const mishap = this.faults.strike(request.kind, request.path);
    if (mishap?.mishap === 'read-fails' || mishap?.mishap === 'write-fails') {
      throw diskFailed(request.kind, request.path, 'EIO');
    }
    return request.perform(mishap);
  }

  durationMs({ kind, bytes, durable }: DiskRequest<unknown>): number {
    const { options } = this.#init;
    let durationMs = bytes / options.bytesPerMs;
    if (kind === 'read' || kind === 'look') durationMs += drawMs(options.readLatency, this.#prng);
    else if (kind === 'names') durationMs += drawMs(options.namesLatency, this.#prng);
    else if (kind === 'sync') durationMs += drawMs(options.syncLatency, this.#prng);
    else durationMs += drawMs(options.writeLatency, this.#prng);
    if (durable) durationMs += drawMs(options.syncLatency, this.#prng);
    return durationMs * Math.min(this.faults.slowness.product, slownessMax);
  }

  /** Called for a write that the disk calls durable, whether it tells the truth or not. */
  calledDurable(path: string, bytes: Uint8Array): void {
    this.#init.durableWrite?.(path, bytes);
  }

  /** A write was called done and is not where it should be; `undo` puts it there. */
  lied(lie: Lie): void {
    this.#lies.push(lie);
  }

  /** A write at this place ended well: it shows what is missing before it. */
  proved(file: SectorFile, position: number): void {
    if (this.#lies.length === 0) return;
    this.#lies = this.#lies.filter((lie) => lie.file !== file || lie.position >= position);
  }

  /** Something that lies at rest in a file whose path contains `path`. */
  sectorAtRest(
    path: string,
    prng: Prng,
  ): { readonly file: SectorFile; readonly position: number } | undefined {
    const found = [...this.names.files()].flatMap(([name, file]) =>
      name.includes(path) ? file.sectorsAtRest().map((sector) => ({ file, position: sector * 512 })) : [],
    );
    return found.length === 0 ? undefined : prng.pick(found);
  }

  /** How far a write goes astray: some sectors up or down. */
  strayBytes(): number {
    return 512 * this.#prng.between(1, 16) * (this.#prng.chance(0.5) ? 1 : -1);
  }

  /** A place within `length` bytes at which a write stops short. */
  shortLength(length: number): number {
    return this.#prng.below(Math.max(1, length));
  }

  /** Lets operations end no more, until the result is called. */
  hang(): () => void {
    const release = this.faults.hang();
    return () => {
      release();
      if (this.faults.hangs) return;
      for (const unblock of this.#blocked.splice(0)) unblock();
      for (const operation of this.#hanging.splice(0)) this.#init.scheduler.soon(() => operation.fire());
    };
  }

  /** The living process that holds a directory. */
  lockHolder(path: string): Incarnation | undefined {
    const held = this.#locks.get(path);
    return held?.holder.alive ? held.holder : undefined;
  }

  /** Holds a directory that nobody holds, until the result is called or the holder dies. */
  lock(path: string, holder: Incarnation): () => void {
    const key = {};
    this.#locks.set(path, { holder, key });
    return () => {
      if (this.#locks.get(path)?.key === key) this.#locks.delete(path);
    };
  }

  /** A process died, its machine lives: what it had under way ends by chance, and what it had written stays. */
  kill(incarnation: Incarnation): void {
    this.#takeLiesBack();
    for (const operation of [...this.#underWay]) {
      if (operation.incarnation === incarnation) this.#interrupt(operation, 'random');
    }
  }

  /** The power went. */
  crash(mode: CrashMode): void {
    this.#takeLiesBack();
    for (const operation of [...this.#underWay]) this.#interrupt(operation, mode);
    this.names.crash(this.#prng, mode);
    for (const [, file] of this.names.files()) file.crash(this.#prng, mode);
    this.#locks.clear();
  }

  /** Called by an operation whose time has come: true when it has to wait, because the disk hangs. */
  holdBack(operation: DiskOperation): boolean {
    if (!this.faults.hangs) return false;
    this.#hanging.push(operation);
    return true;
  }

  /** Called by an operation that ends. */
  forget(operation: DiskOperation): void {
    this.#underWay.delete(operation);
    const { trace } = this.#init.scheduler;
    if (trace.recording) trace.line(operation.incarnation.name, operation.told());
  }

  #takeLiesBack(): void {
    for (const { undo } of this.#lies.splice(0).reverse()) undo();
  }

  #interrupt(operation: DiskOperation, mode: CrashMode): void {
    operation.cancelled = true;
    this.#underWay.delete(operation);
    if (!operation.performed) operation.request.interrupted?.(this.#prng, mode);
  }
}

interface Answer {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const noAnswer: Answer = { resolve: () => undefined, reject: () => undefined };

class DiskOperation extends ScheduledEvent {
  readonly incarnation: Incarnation;
  readonly request: DiskRequest<unknown>;
  endMs = 0;
  performed = false;
  readonly #disk: SimDisk;
  readonly #answer: Answer;
  #failed = false;
  /** The value, or the error when it failed. */
  #outcome: unknown;

  constructor(disk: SimDisk, incarnation: Incarnation, request: DiskRequest<unknown>, answer: Answer) {
    super();
    this.#disk = disk;
    this.incarnation = incarnation;
    this.request = request;
    this.#answer = answer;
  }

  fire(): void {
    if (this.cancelled || this.#disk.holdBack(this)) return;
    if (!this.performed) this.takeEffect();
    const { request, incarnation } = this;
    if (request.settle !== undefined && this.endMs > incarnation.scheduler.nowMs) {
      incarnation.scheduler.add(this, this.endMs);
      return;
    }
    if (!this.#failed) request.settle?.();
    this.#disk.forget(this);
    incarnation.deliverInput(() => this.#settle());
  }

  takeEffect(): void {
    this.performed = true;
    try {
      this.#outcome = this.#disk.perform(this.request);
    } catch (error) {
      this.#failed = true;
      this.#outcome = error;
    }
  }

  /** The outcome, for who waited in the call. */
  valueNow(): unknown {
    if (this.#failed) throw this.#outcome;
    return this.#outcome;
  }

  /** A line of the story. */
  told(): string {
    const { kind, what = kind, path, bytes } = this.request;
    const size = bytes > 0 ? ` (${bytes} bytes)` : '';
    return `disk: ${what} ${path}${size}${this.#failed ? `, but ${String(this.#outcome)}` : ''}`;
  }

  #settle(): void {
    if (this.#failed) this.#answer.reject(this.#outcome);
    else this.#answer.resolve(this.#outcome);
    this.request.answered?.();
  }
}
