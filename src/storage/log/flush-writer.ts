/**
 * Puts one flush after the other into the segments and says what became of each: durable, refused because
 * the disk is full with nothing left behind, or failed, after which nobody knows.
 */
import { type AnyQuorateError, assert, isQuorateError, QuorateError } from '../../base/index.ts';
import { FlushBuffer, flushBytes } from './flush-buffer.ts';
import { flushHeaderBytes } from './flush-format.ts';
import type { PendingFlush } from './flush-pipeline.ts';
import type { Settings } from './options.ts';
import type { SegmentChain } from './segment-chain.ts';
import { segmentSeed } from './segment-format.ts';

export type FlushOutcome =
  | { readonly kind: 'durable'; readonly segment: number }
  /** Nothing of the flush can ever come back; the next one has this sequence and epoch. */
  | {
      readonly kind: 'refused';
      readonly error: AnyQuorateError;
      readonly sequence: number;
      readonly epoch: number;
    }
  | { readonly kind: 'failed'; readonly error: AnyQuorateError };

type Placed = Pick<PendingFlush, 'buffer' | 'sequence' | 'epoch'>;

export class FlushWriter {
  readonly #settings: Settings;
  readonly #chain: SegmentChain;
  readonly #identitySeed: number;
  #previousCheck: number;
  #previousBodyBytes: number;
  #flushes = 0;
  #writtenBytes = 0;

  constructor(
    start: { readonly settings: Settings; readonly chain: SegmentChain; readonly identitySeed: number },
    previous: { readonly check: number; readonly bodyBytes: number },
  ) {
    this.#settings = start.settings;
    this.#chain = start.chain;
    this.#identitySeed = start.identitySeed;
    this.#previousCheck = previous.check;
    this.#previousBodyBytes = previous.bodyBytes;
  }

  get flushes(): number {
    return this.#flushes;
  }

  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** One at a time. */
  async write(flush: PendingFlush): Promise<FlushOutcome> {
    try {
      while (this.#chain.leftBytes < flushBytes(flush.buffer.bodyBytes)) await this.#chain.advance();
    } catch (cause) {
      const error = knownError(cause);
      if (error.code !== 'disk-full') return { kind: 'failed', error: this.#failed(error) };
      return { kind: 'refused', error, sequence: flush.sequence, epoch: flush.epoch };
    }
    try {
      await this.#place(flush);
      return { kind: 'durable', segment: this.#chain.active };
    } catch (cause) {
      const error = knownError(cause);
      if (error.code !== 'disk-full') return { kind: 'failed', error: this.#failed(error) };
      return this.#voided(flush, error);
    }
  }

  /**
   * What a full disk left of the flush might still come back whole after a crash, although its callers are
   * told that it was not applied. So an empty flush takes its place first, under a new epoch.
   */
  async #voided(flush: PendingFlush, error: AnyQuorateError): Promise<FlushOutcome> {
    const buffer = new FlushBuffer(this.#settings.checksum, 0);
    buffer.begin(0);
    const epoch = flush.epoch + 1;
    try {
      await this.#place({ buffer, sequence: flush.sequence, epoch });
      return { kind: 'refused', error, sequence: flush.sequence + 1, epoch };
    } catch (cause) {
      return { kind: 'failed', error: this.#failed(knownError(cause)) };
    }
  }

  async #place(flush: Placed): Promise<void> {
    const chain = this.#chain;
    const { buffer, sequence, epoch } = flush;
    const { position, isUnbegun } = chain;
    const header = {
      sequence,
      epoch,
      segment: chain.active,
      position,
      oldestSegment: chain.oldest,
      newestSegment: chain.newest,
      previousCheck: this.#previousCheck,
      previousBodyBytes: this.#previousBodyBytes,
    };
    const seed = segmentSeed(this.#identitySeed, chain.active);
    const { bytes, check } = buffer.finish(
      header,
      seed,
      isUnbegun ? chain.segmentHeader(sequence) : undefined,
    );
    assert(bytes.length >= flushHeaderBytes, 'a flush has a header');
    await chain.file.write(bytes, isUnbegun ? 0 : position);
    chain.wrote(position + flushBytes(buffer.bodyBytes), check);
    this.#previousCheck = check;
    this.#previousBodyBytes = buffer.bodyBytes;
    this.#flushes += 1;
    this.#writtenBytes += bytes.length;
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
