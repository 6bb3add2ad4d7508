/**
 * Between the groups and the one log of the node. What all groups want to persist in a turn goes into one
 * append; while that is being written the next gathers. A full disk is waited out: nothing was applied by
 * halves, so the same append is tried again until there is space. Any other failure ends the node, because
 * after a failed sync nobody knows what the disk holds.
 */
import { type AnyQuorateError, isQuorateError } from '../base/index.ts';
import type { Clock, Timer } from '../ports/index.ts';
import type { GroupAppend } from '../storage/index.ts';

export interface PersistQueueOptions {
  readonly clock: Clock;
  readonly append: (appends: readonly GroupAppend[], done: (error?: AnyQuorateError) => void) => void;
  readonly onDiskFull: (error: AnyQuorateError) => void;
  readonly onFailure: (error: AnyQuorateError) => void;
  /** How long to wait before a full disk is tried again. */
  readonly diskFullRetryMs: number;
}

interface Gathered {
  readonly appends: GroupAppend[];
  /** Called when these appends are durable, in the order of the calls to `add`. */
  readonly done: (() => void)[];
}

export class PersistQueue {
  readonly #options: PersistQueueOptions;
  #gathering = empty();
  #writing: Gathered | undefined;
  #retry: Timer | undefined;
  #closed = false;

  constructor(options: PersistQueueOptions) {
    this.#options = options;
  }

  /** Adds to the next append; `onDurable` is called when it is on the disk, and never when the queue was closed before. */
  add(append: GroupAppend, onDurable?: () => void): void {
    this.#gathering.appends.push(append);
    if (onDurable !== undefined) this.#gathering.done.push(onDurable);
  }

  /** Starts writing what was gathered, unless a write is under way. */
  flush(): void {
    if (this.#writing !== undefined || this.#closed || this.#gathering.appends.length === 0) return;
    this.#writing = this.#gathering;
    this.#gathering = empty();
    this.#write(this.#writing);
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
  }

  #write(batch: Gathered): void {
    const done = (error?: AnyQuorateError): void => {
      if (this.#closed) return;
      if (error === undefined) this.#written(batch);
      else if (error.code === 'disk-full') this.#waitForSpace(batch, error);
      else this.#options.onFailure(error);
    };
    try {
      this.#options.append(batch.appends, done);
    } catch (error) {
      // Refused at the door, so `done` is not called.
      if (!isQuorateError(error)) throw error;
      done(error);
    }
  }

  #written({ done }: Gathered): void {
    this.#writing = undefined;
    for (const onDurable of done) onDurable();
    this.flush();
  }

  #waitForSpace(batch: Gathered, error: AnyQuorateError): void {
    this.#options.onDiskFull(error);
    this.#retry = this.#options.clock.setTimer(this.#options.diskFullRetryMs, () => this.#write(batch));
  }
}

function empty(): Gathered {
  return { appends: [], done: [] };
}
