/**
 * Between the groups and the one log of the node. What all groups want to persist in a turn goes into one
 * append, as far as the log takes that much at once; while it is being written the next gathers. A full disk is
 * waited out: nothing was applied by halves, so the same append is tried again until there is space. Any other
 * failure ends the node, because after a failed sync nobody knows what the disk holds.
 */
import { type AnyQuorateError, Deque, isQuorateError } from '../base/index.ts';
import type { Clock, Timer } from '../ports/index.ts';
import type { GroupAppend } from '../storage/index.ts';
import { appendBytes, splitAppend } from './append-split.ts';

export interface PersistQueueOptions {
  readonly clock: Clock;
  readonly append: (appends: readonly GroupAppend[], done: (error?: AnyQuorateError) => void) => void;
  /** An append has become durable, so long after it was handed over. */
  readonly onWritten?: (elapsedMs: number) => void;
  /** There is no room since now; the same append is tried again until there is. */
  readonly onDiskFull: (error: AnyQuorateError) => void;
  /** Called once, at the first failure; nothing is durable any more after it. */
  readonly onFailure: (error: unknown) => void;
  /** How long to wait before a full disk is tried again. */
  readonly diskFullRetryMs: number;
  /** About the most bytes of one append; a single entry above it goes alone. */
  readonly appendBytesMax: number;
}

interface Part {
  readonly append: GroupAppend;
  readonly bytes: number;
  readonly onDurable: (() => void) | undefined;
}

export class PersistQueue {
  readonly #options: PersistQueueOptions;
  readonly #gathered = new Deque<Part>();
  #isWriting = false;
  #isFull = false;
  #retry: Timer | undefined;
  /** Closed or failed: nothing is written and nobody is told any more. */
  #isOver = false;

  constructor(options: PersistQueueOptions) {
    this.#options = options;
  }

  /** Adds to the next append; `onDurable` is called when it is on the disk, in the order of the calls, and never after a failure or `close`. */
  add(append: GroupAppend, onDurable?: () => void): void {
    const parts = splitAppend(append, this.#options.appendBytesMax);
    for (const [place, part] of parts.entries()) {
      const isLast = place === parts.length - 1;
      this.#gathered.pushBack({
        append: part,
        bytes: appendBytes(part),
        onDurable: isLast ? onDurable : undefined,
      });
    }
  }

  /** Starts writing what was gathered, unless a write is under way. */
  flush(): void {
    if (this.#isWriting || this.#isOver || this.#gathered.size === 0) return;
    this.#isWriting = true;
    this.#write(this.#take());
  }

  close(): void {
    this.#isOver = true;
    this.#retry?.cancel();
  }

  #take(): readonly Part[] {
    const batch: Part[] = [];
    let bytes = 0;
    for (let first = this.#gathered.front(); first !== undefined; first = this.#gathered.front()) {
      bytes += first.bytes;
      if (batch.length > 0 && bytes > this.#options.appendBytesMax) break;
      this.#gathered.popFront();
      batch.push(first);
    }
    return batch;
  }

  #write(batch: readonly Part[]): void {
    const { clock, onWritten } = this.#options;
    const startedAtMs = clock.now();
    const done = (error?: AnyQuorateError): void => {
      if (this.#isOver) return;
      if (error === undefined) {
        onWritten?.(clock.now() - startedAtMs);
        this.#written(batch);
      } else if (isTemporary(error)) this.#waitForRoom(batch, error);
      else this.#fail(error);
    };
    try {
      this.#options.append(
        batch.map(({ append }) => append),
        done,
      );
    } catch (error) {
      if (isQuorateError(error)) done(error);
      else this.#fail(error);
    }
  }

  #written(batch: readonly Part[]): void {
    this.#isWriting = false;
    this.#isFull = false;
    for (const { onDurable } of batch) {
      // Hearing of one can end the node, and then the others are nobody's business.
      if (!this.#isOver) onDurable?.();
    }
    this.flush();
  }

  #waitForRoom(batch: readonly Part[], error: AnyQuorateError): void {
    if (!this.#isFull) this.#options.onDiskFull(error);
    this.#isFull = true;
    this.#retry = this.#options.clock.setTimer(this.#options.diskFullRetryMs, () => this.#write(batch));
  }

  #fail(error: unknown): void {
    this.close();
    this.#options.onFailure(error);
  }
}

/** Refused as a whole and without a trace, so the same append may come again. */
function isTemporary(error: AnyQuorateError): boolean {
  return error.code === 'disk-full' || error.code === 'queue-full';
}
