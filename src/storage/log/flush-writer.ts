/**
 * Puts one flush after the other into the segments and says what became of each: durable, refused because
 * the disk is full with nothing left behind, or failed, after which nobody knows.
 */
import { type AnyQuorateError, isQuorateError, QuorateError } from '../../base/index.ts';
import { FlushBuffer, flushBytes } from './flush-buffer.ts';
import type { PendingFlush } from './flush-pipeline.ts';
import type { Settings } from './options.ts';
import type { SegmentChain } from './segment-chain.ts';
import { WritePace } from './write-pace.ts';

export type FlushOutcome =
  | { readonly kind: 'durable'; readonly segment: number }
  /** Nothing of the flush can ever come back; the next one has this sequence. */
  | { readonly kind: 'refused'; readonly error: AnyQuorateError; readonly sequence: number }
  | { readonly kind: 'failed'; readonly error: AnyQuorateError };

type Numbered = Pick<PendingFlush, 'buffer' | 'sequence'>;

interface Placed {
  readonly bytes: Uint8Array;
  readonly check: number;
  /** Where the bytes go: the flush, with the segment's header before it in a new segment. */
  readonly position: number;
}

export class FlushWriter {
  readonly #settings: Settings;
  readonly #chain: SegmentChain;
  readonly #identitySeed: number;
  #previousCheck: number;
  #previousBodyBytes: number;
  readonly #pace: WritePace;
  #flushes = 0;
  #writtenBytes = 0;

  constructor(
    start: { readonly settings: Settings; readonly chain: SegmentChain; readonly identitySeed: number },
    previous: { readonly check: number; readonly bodyBytes: number },
  ) {
    this.#settings = start.settings;
    this.#chain = start.chain;
    this.#identitySeed = start.identitySeed;
    this.#pace = new WritePace(start.settings.blockingWriteMsMax);
    this.#previousCheck = previous.check;
    this.#previousBodyBytes = previous.bodyBytes;
  }

  get flushes(): number {
    return this.#flushes;
  }

  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /**
   * One at a time. With `mayBlock` the write may be done before this returns, where the disk was measured to
   * be fast enough for it.
   */
  write(flush: PendingFlush, mayBlock: boolean): FlushOutcome | Promise<FlushOutcome> {
    const bytes = flushBytes(flush.buffer.bodyBytes);
    if (this.#chain.leftBytes < bytes) return this.#writeBehind(flush, bytes);
    if (mayBlock && this.#pace.mayBlock(bytes)) return this.#writeNow(flush);
    return this.#writeSoon(flush);
  }

  /** Goes on in the next segment first. */
  async #writeBehind(flush: PendingFlush, bytes: number): Promise<FlushOutcome> {
    try {
      while (this.#chain.leftBytes < bytes) await this.#chain.advance();
    } catch (cause) {
      const error = knownError(cause);
      if (error.code !== 'disk-full') return { kind: 'failed', error: this.#failed(error) };
      return { kind: 'refused', error, sequence: flush.sequence };
    }
    return this.#writeSoon(flush);
  }

  async #writeSoon(flush: PendingFlush): Promise<FlushOutcome> {
    const placed = this.#place(flush);
    const start = this.#settings.clock.now();
    try {
      await this.#chain.file.write(placed.bytes, placed.position);
    } catch (cause) {
      return this.#notWritten(flush, cause);
    }
    this.#pace.awaited(this.#settings.clock.now() - start);
    return this.#wrote(flush, placed);
  }

  #writeNow(flush: PendingFlush): FlushOutcome | Promise<FlushOutcome> {
    const placed = this.#place(flush);
    const start = this.#settings.clock.now();
    try {
      this.#chain.file.writeNow(placed.bytes, placed.position);
    } catch (cause) {
      return this.#notWritten(flush, cause);
    }
    this.#pace.blocked(this.#settings.clock.now() - start);
    return this.#wrote(flush, placed);
  }

  /**
   * What a full disk left of the flush might still come back whole after a crash, although its callers are
   * told that it was not applied. So an empty flush takes its place and its sequence first.
   */
  async #notWritten(flush: PendingFlush, cause: unknown): Promise<FlushOutcome> {
    const error = knownError(cause);
    if (error.code !== 'disk-full') return { kind: 'failed', error: this.#failed(error) };
    const buffer = new FlushBuffer(this.#settings.checksum, 0);
    buffer.begin(0);
    const empty = { buffer, sequence: flush.sequence };
    const placed = this.#place(empty);
    try {
      await this.#chain.file.write(placed.bytes, placed.position);
    } catch (voidCause) {
      return { kind: 'failed', error: this.#failed(knownError(voidCause)) };
    }
    this.#wrote(empty, placed);
    return { kind: 'refused', error, sequence: empty.sequence + 1 };
  }

  /** Completes the flush for the place where it goes. */
  #place({ buffer, sequence }: Numbered): Placed {
    const chain = this.#chain;
    const { position, isUnbegun } = chain;
    const header = {
      sequence,
      segment: chain.active,
      position,
      oldestSegment: chain.oldest,
      newestSegment: chain.newest,
      previousCheck: this.#previousCheck,
      previousBodyBytes: this.#previousBodyBytes,
    };
    const segmentHeader = isUnbegun ? chain.segmentHeader(sequence) : undefined;
    const { bytes, check } = buffer.finish(header, this.#identitySeed, segmentHeader);
    return { bytes, check, position: isUnbegun ? 0 : position };
  }

  #wrote({ buffer }: Numbered, { bytes, check, position }: Placed): FlushOutcome {
    this.#chain.wrote(position + bytes.length, check);
    this.#previousCheck = check;
    this.#previousBodyBytes = buffer.bodyBytes;
    this.#flushes += 1;
    this.#writtenBytes += bytes.length;
    return { kind: 'durable', segment: this.#chain.active };
  }

  #failed(cause: AnyQuorateError): QuorateError<'log-failed'> {
    const { directory } = this.#settings;
    return new QuorateError({
      code: 'log-failed',
      message: `the log in ${directory} has stopped for good: ${cause.message}; mend the disk and restart the node`,
      data: { directory, cause: cause.code },
      cause,
    });
  }
}

function knownError(cause: unknown): AnyQuorateError {
  if (isQuorateError(cause)) return cause;
  throw cause;
}
