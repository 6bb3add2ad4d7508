/**
 * What waits for the disk. Batches are encoded as they come into the buffer of the next flush, while the last
 * one is being written from the other buffer; what does not fit there waits in order. Of much that comes at
 * once a part is encoded in each turn of the event loop, so that a flush which is done meanwhile is noticed and
 * the disk gets the next one. The bytes that wait are bounded: beyond the limit `queue-full` refuses at the door.
 */
import { type AnyQuorateError, assert, Deque, QuorateError } from '../../base/index.ts';
import type { Entry, GroupId } from '../../raft/index.ts';
import type { Checksum } from '../checksum.ts';
import { FlushBuffer } from './flush-buffer.ts';
import { recordSeed } from './flush-format.ts';
import type { GroupAppend } from './group-append.ts';
import type { LiveRange } from './segment-ledger.ts';

/** Called once: without an error when the batch is durable, else with the reason why nobody may rely on it. */
export type AppendDone = (error?: AnyQuorateError) => void;

/** Live parts of a group to be written forward, chosen when the batch is encoded. */
export interface Restatement {
  readonly group: GroupId;
  /** The segment that shall no longer be needed. */
  readonly from: number;
  readonly entries: readonly Entry[];
  /** Filled when encoded. */
  change: GroupAppend | undefined;
  copied: Omit<LiveRange, 'segment'>[];
}

export interface Batch {
  readonly appends: readonly GroupAppend[];
  readonly restatement: Restatement | undefined;
  readonly bytes: number;
  readonly done: AppendDone;
}

export interface PendingFlush {
  readonly buffer: FlushBuffer;
  readonly batches: readonly Batch[];
  readonly sequence: number;
}

export interface PipelineOptions {
  readonly identitySeed: number;
  readonly checksum: Checksum;
  readonly queueBytesMax: number;
  readonly flushBytesMax: number;
  /** Puts a batch into the buffer; called in the order of `add`. */
  readonly encode: (batch: Batch, buffer: FlushBuffer, sequence: number) => void;
  /** Calls back in the next turn of the event loop. */
  readonly afterTurn: (work: () => void) => void;
}

/** What is encoded in a row, unless a single batch is larger: about a tenth of a millisecond. */
const encodedBytesAim = 256 * 1024;

export class FlushPipeline {
  readonly #options: PipelineOptions;
  readonly #overflow = new Deque<Batch>();
  #filling: FlushBuffer;
  #resting: FlushBuffer;
  #batches: Batch[] = [];
  #waitingBytes = 0;
  #sequence = 0;
  /** Encoded since the last flush was taken, or since the event loop turned. */
  #encodedBytes = 0;
  #isRefillPlanned = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#filling = new FlushBuffer(options.checksum, options.flushBytesMax);
    this.#resting = new FlushBuffer(options.checksum, options.flushBytesMax);
  }

  /** Bytes of batches that are not settled, those under way included. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Batches that wait for the next flush and those behind it. */
  get waitingBatches(): number {
    return this.#batches.length + this.#overflow.size;
  }

  /** True when a batch waits for the next flush. */
  get waits(): boolean {
    return this.#batches.length > 0;
  }

  /** Starts over: the next flush has this sequence. Nothing may wait. */
  restart(sequence: number): void {
    assert(!this.waits && this.#overflow.size === 0, 'a pipeline is restarted empty');
    this.#sequence = sequence;
    this.#filling.begin(this.#seed());
  }

  /** Why a batch cannot wait here as well. One that comes alone is always taken. */
  refusal(bytes: number): QuorateError<'queue-full'> | undefined {
    const { queueBytesMax } = this.#options;
    if (this.#waitingBytes === 0 || this.#waitingBytes + bytes <= queueBytesMax) return undefined;
    return new QuorateError({
      code: 'queue-full',
      message: `the log has ${this.#waitingBytes} bytes waiting for the disk, of at most ${queueBytesMax}; slow down and try again`,
      data: { queue: 'write-ahead log', limit: queueBytesMax },
    });
  }

  add(batch: Batch): void {
    this.#waitingBytes += batch.bytes;
    this.#overflow.pushBack(batch);
    this.refill();
  }

  /** The next flush, which may be empty. The one before must have left its buffer. */
  take(): PendingFlush {
    const flush = {
      buffer: this.#filling,
      batches: this.#batches,
      sequence: this.#sequence,
    };
    this.#filling = this.#resting;
    this.#resting = flush.buffer;
    this.#batches = [];
    this.#sequence += 1;
    this.#encodedBytes = 0;
    this.#filling.begin(this.#seed());
    return flush;
  }

  /** Encodes what waits for room, at least one batch for an empty flush: called when the one that was taken is on its way. */
  refill(): void {
    for (let batch = this.#overflow.front(); batch !== undefined; batch = this.#overflow.front()) {
      if (!this.#fits(batch)) return;
      if (this.waits && this.#encodedBytes >= encodedBytesAim) {
        this.#refillLater();
        return;
      }
      this.#overflow.popFront();
      this.#encode(batch);
    }
  }

  /** A flush is settled one way or the other. */
  settled(batches: readonly Batch[]): void {
    for (const { bytes } of batches) this.#waitingBytes -= bytes;
    assert(this.#waitingBytes >= 0, 'more bytes settled than waited');
  }

  /** Takes everything out that waits, in order. */
  drain(): Batch[] {
    const batches = this.#batches;
    this.#batches = [];
    for (let batch = this.#overflow.popFront(); batch !== undefined; batch = this.#overflow.popFront()) {
      batches.push(batch);
    }
    this.settled(batches);
    return batches;
  }

  #fits(batch: Batch): boolean {
    if (this.#batches.length === 0) return true;
    return this.#filling.bodyBytes + batch.bytes <= this.#options.flushBytesMax;
  }

  #refillLater(): void {
    if (this.#isRefillPlanned) return;
    this.#isRefillPlanned = true;
    this.#options.afterTurn(() => {
      this.#isRefillPlanned = false;
      this.#encodedBytes = 0;
      this.refill();
    });
  }

  #encode(batch: Batch): void {
    this.#options.encode(batch, this.#filling, this.#sequence);
    this.#batches.push(batch);
    this.#encodedBytes += batch.bytes;
  }

  #seed(): number {
    return recordSeed(this.#options.identitySeed, this.#sequence);
  }
}
