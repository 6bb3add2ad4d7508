/**
 * Between the groups and the one log of the node. What all groups want to persist in a turn goes into one
 * append, as far as it fits; while that is being written the next gathers. A full disk is waited out: nothing was applied by
 * halves, so the same append is tried again until there is space. Any other failure ends the node, because
 * after a failed sync nobody knows what the disk holds.
 */
import { type AnyQuorateError, Deque, isQuorateError } from '../base/index.ts';
import type { Clock, Timer } from '../ports/index.ts';
import type { GroupAppend } from '../storage/index.ts';
import { appendBytes, splitAppend } from './append-split.ts';

export interface PersistQueueOptions {
  readonly clock: Clock;
  readonly append: (appends: readonly GroupAppend[], done: (error?: AnyQuorateError) => void) => void;
  readonly onDiskFull: (error: AnyQuorateError) => void;
  readonly onFailure: (error: AnyQuorateError) => void;
  /** How long to wait before a full disk is tried again. */
  readonly diskFullRetryMs: number;
  /** What one append of the log may hold. */
  readonly appendBytesMax: number;
}

interface Waiting {
  readonly append: GroupAppend;
  readonly bytes: number;
  /** Called when this append, and all before it, are durable. */
  readonly onDurable: (() => void) | undefined;
}

export class PersistQueue {
  readonly #options: PersistQueueOptions;
  readonly #waiting = new Deque<Waiting>();
  #writing: readonly Waiting[] | undefined;
  #retry: Timer | undefined;
  #closed = false;

  constructor(options: PersistQueueOptions) {
    this.#options = options;
  }

  /** Adds to the next append; `onDurable` is called when it is on the disk, and never when the queue was closed before. */
  add(append: GroupAppend, onDurable?: () => void): void {
    const parts = splitAppend(append, this.#options.appendBytesMax);
    for (const [place, part] of parts.entries()) {
      const isLast = place === parts.length - 1;
      this.#waiting.pushBack({
        append: part,
        bytes: appendBytes(part),
        onDurable: isLast ? onDurable : undefined,
      });
    }
  }

  /** Starts writing what was gathered, unless a write is under way. */
  flush(): void {
    if (this.#writing !== undefined || this.#closed || this.#waiting.size === 0) return;
    this.#writing = this.#take();
    this.#write(this.#writing);
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
  }

  /** As many as fit into one append of the log, and at least one. */
  #take(): Waiting[] {
    const batch: Waiting[] = [];
    let bytes = 0;
    for (let first = this.#waiting.front(); first !== undefined; first = this.#waiting.front()) {
      bytes += first.bytes;
      if (batch.length > 0 && bytes > this.#options.appendBytesMax) break;
      batch.push(first);
      this.#waiting.popFront();
    }
    return batch;
  }

  #write(batch: readonly Waiting[]): void {
    const done = (error?: AnyQuorateError): void => {
      if (this.#closed) return;
      if (error === undefined) this.#written(batch);
      else if (error.code === 'disk-full') this.#waitForSpace(batch, error);
      else this.#options.onFailure(error);
    };
    try {
      this.#options.append(
        batch.map(({ append }) => append),
        done,
      );
    } catch (error) {
      // Refused at the door, so `done` is not called.
      if (!isQuorateError(error)) throw error;
      done(error);
    }
  }

  #written(batch: readonly Waiting[]): void {
    this.#writing = undefined;
    for (const { onDurable } of batch) onDurable?.();
    this.flush();
  }

  #waitForSpace(batch: readonly Waiting[], error: AnyQuorateError): void {
    this.#options.onDiskFull(error);
    this.#retry = this.#options.clock.setTimer(this.#options.diskFullRetryMs, () => this.#write(batch));
  }
}
