/**
 * The segments of an open log: the one that is being filled, a spare that is ready to follow, and those
 * behind that are still needed. The spare is made in the background, out of a segment that is no longer
 * needed where there is one, so that a flush hardly ever waits for it; when the disk is full there is none,
 * and what is left of the active segment is kept for what helps to free space.
 */
import { type AnyQuorateError, assertFigures, isQuorateError, QuorateError } from '../../base/index.ts';
import type { Disk, DiskFile, Log } from '../../ports/index.ts';
import {
  createSegment,
  openSegment,
  recycleSegment,
  type SegmentFile,
  segmentPath,
} from './segment-files.ts';
import { type SegmentHeader, sectorBytes } from './segment-format.ts';

/** Left at a segment's end for the flushes that the log itself needs: openings, seals, releases. */
const ownReserveBytes = 8 * sectorBytes;

export interface ChainOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly identity: Uint8Array;
  readonly segmentBytes: number;
  readonly log: Log | undefined;
}

export interface KnownSegment {
  readonly number: number;
  readonly capacityBytes: number;
}

export interface ChainStart {
  readonly active: SegmentFile;
  /** Where the next flush goes; 0: the segment has not been begun. */
  readonly position: number;
  readonly previousEnd: number;
  readonly previousCheck: number;
  readonly oldest: number;
  /** Needed segments before the active one. */
  readonly behind: readonly KnownSegment[];
  /** Segments behind the active one that are not in use yet. */
  readonly spares: readonly KnownSegment[];
  /** Segments before the oldest needed one. */
  readonly leftOver: readonly KnownSegment[];
}

export class SegmentChain {
  /** The lowest segment that is needed, as the next flush will say. */
  oldest: number;
  readonly #options: ChainOptions;
  #active: SegmentFile;
  #position: number;
  #previousEnd: number;
  #previousCheck: number;
  #behind: KnownSegment[];
  readonly #spares: KnownSegment[];
  #leftOver: KnownSegment[];
  #spare: SegmentFile | undefined;
  #preparing: Promise<void> | undefined;
  /** Stops what is being prepared. */
  #stop = new AbortController();
  #shortage: AnyQuorateError | undefined;
  #closed = false;

  constructor(options: ChainOptions, start: ChainStart) {
    this.#options = options;
    this.oldest = start.oldest;
    this.#active = start.active;
    this.#position = start.position;
    this.#previousEnd = start.previousEnd;
    this.#previousCheck = start.previousCheck;
    this.#behind = [...start.behind];
    this.#spares = [...start.spares];
    this.#leftOver = [...start.leftOver];
  }

  get active(): number {
    return this.#active.number;
  }

  get file(): DiskFile {
    return this.#active.file;
  }

  /** The highest segment that is durable in the directory. */
  get newest(): number {
    return this.#spares.at(-1)?.number ?? this.#spare?.number ?? this.#active.number;
  }

  /** Where the next flush begins, behind the segment's header. */
  get position(): number {
    return this.#position === 0 ? sectorBytes : this.#position;
  }

  /** True when the active segment's header goes out with the next flush. */
  get isUnbegun(): boolean {
    return this.#position === 0;
  }

  get leftBytes(): number {
    return this.#active.capacityBytes - this.position;
  }

  /** Why there is no spare; undefined while there is one or it is being made. */
  get shortage(): AnyQuorateError | undefined {
    return this.#shortage;
  }

  /** Kept free for changes without entries when no spare can be made. */
  get reserveBytes(): number {
    return Math.max(Math.floor(this.#active.capacityBytes / 16), 2 * ownReserveBytes);
  }

  get ownReserveBytes(): number {
    return ownReserveBytes;
  }

  /** The bytes of all needed segments, the active one included. */
  get bytes(): number {
    return this.#behind.reduce((sum, { capacityBytes }) => sum + capacityBytes, this.#active.capacityBytes);
  }

  capacityOf(number: number): number {
    if (number === this.#active.number) return this.#active.capacityBytes;
    const found = this.#behind.find((segment) => segment.number === number);
    assertFigures(found !== undefined, 'a segment is known', number, this.#active.number);
    return found.capacityBytes;
  }

  segmentHeader(firstSequence: number): SegmentHeader {
    return {
      identity: this.#options.identity,
      number: this.#active.number,
      capacityBytes: this.#active.capacityBytes,
      firstSequence,
      previousEnd: this.#previousEnd,
      previousCheck: this.#previousCheck,
    };
  }

  /** A flush that begins at `position` and ends at `end` is durable. */
  wrote(end: number, check: number): void {
    const fits = end > this.#position && end <= this.#active.capacityBytes;
    assertFigures(fits, 'a flush ends within its segment', end, this.#active.capacityBytes);
    this.#position = end;
    this.#previousCheck = check;
  }

  /** Makes the spare the active segment. Rejects with the reason when there is none; then nothing has changed. */
  async advance(): Promise<void> {
    const next = this.#spare ?? (await this.#awaitSpare());
    const full = this.#active;
    this.#behind.push({ number: full.number, capacityBytes: full.capacityBytes });
    this.#previousEnd = this.#position;
    this.#active = next;
    this.#position = 0;
    this.#spare = undefined;
    full.file.close().catch((cause) => {
      this.#options.log?.warn('log segment not closed', { segment: full.number, cause });
    });
  }

  /** Makes a spare unless there is one or one is being made. Resolves in any case; `shortage` tells. */
  prepare(): Promise<void> {
    if (this.#spare !== undefined || this.#closed) return Promise.resolve();
    if (this.#preparing !== undefined) return this.#preparing;
    this.#stop = new AbortController();
    this.#preparing = this.#prepareOne(this.#stop.signal).finally(() => {
      this.#preparing = undefined;
    });
    return this.#preparing;
  }

  /** The log is about to end, and zeros take a while: a spare is made only if a flush still turns out to need it. */
  stopPreparing(): void {
    this.#stop.abort();
  }

  /** Lets go of the segments below `oldest`, which a durable flush has announced. */
  async release(): Promise<void> {
    const released = this.#behind.filter(({ number }) => number < this.oldest);
    this.#behind = this.#behind.filter(({ number }) => number >= this.oldest);
    this.#leftOver.push(...released);
    if (this.#shortage !== undefined) await this.prepare();
    const usable = this.#leftOver.filter(({ capacityBytes }) => capacityBytes === this.#options.segmentBytes);
    const kept = usable[0];
    const surplus = this.#leftOver.filter((segment) => segment !== kept);
    this.#leftOver = kept === undefined ? [] : [kept];
    for (const { number } of surplus) await this.#remove(number);
  }

  /** Waits for a spare under way and gives the files back. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#preparing;
    await this.#active.file.close();
    await this.#spare?.file.close();
  }

  /** One that was stopped while it was made is begun again. */
  async #awaitSpare(): Promise<SegmentFile> {
    do await this.prepare();
    while (this.#spare === undefined && this.#shortage === undefined && !this.#closed);
    if (this.#spare === undefined) throw this.#shortage ?? closedError();
    return this.#spare;
  }

  async #remove(number: number): Promise<void> {
    const path = segmentPath(this.#options.directory, number);
    try {
      await this.#options.disk.remove(path);
    } catch (cause) {
      this.#options.log?.warn('log segment not removed', { path, cause });
    }
  }

  async #prepareOne(signal: AbortSignal): Promise<void> {
    try {
      this.#spare = await this.#makeSpare(signal);
      this.#shortage = undefined;
    } catch (cause) {
      if (cause === signal.reason) return;
      if (!isQuorateError(cause)) throw cause;
      this.#shortage = cause;
      this.#options.log?.warn('no spare log segment', { directory: this.#options.directory, cause });
    }
  }

  async #makeSpare(signal: AbortSignal): Promise<SegmentFile> {
    const { disk, directory, segmentBytes } = this.#options;
    const known = this.#spares.shift();
    if (known !== undefined) return openSegment(disk, directory, known.number, known.capacityBytes);
    const number = this.#active.number + 1;
    const recycled = this.#leftOver.findIndex(({ capacityBytes }) => capacityBytes === segmentBytes);
    const [old] = recycled < 0 ? [] : this.#leftOver.splice(recycled, 1);
    if (old !== undefined) return recycleSegment(disk, directory, old, number);
    const free = await disk.freeBytes(directory);
    if (free < segmentBytes) throw noSpace(directory, free, segmentBytes);
    return createSegment(disk, directory, number, segmentBytes, signal);
  }
}

function noSpace(directory: string, free: number, wanted: number): QuorateError<'disk-full'> {
  return new QuorateError({
    code: 'disk-full',
    message: `${directory} has ${free} bytes left, but the next segment of the log takes ${wanted}; free some and try again`,
    data: { operation: 'preallocate', path: directory },
  });
}

function closedError(): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: 'the log is closed',
    data: { what: 'write-ahead log' },
  });
}
