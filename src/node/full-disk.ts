/** A commit that finds the disk full is tried again now and then, until there is room or the end. */
import type { Clock, Log, Timer } from '../ports/index.ts';

interface FullDiskOptions {
  readonly clock: Clock;
  readonly log: Log;
}

const fullRetryMs = 500;

export class FullDisk {
  readonly #options: FullDiskOptions;
  #isFull = false;
  #retry: Timer | undefined;
  #giveUp: (() => void) | undefined;
  #hasEnded = false;

  constructor(options: FullDiskOptions) {
    this.#options = options;
  }

  /** A commit waits. */
  get isFull(): boolean {
    return this.#isFull;
  }

  wait(error: Error): Promise<void> {
    const { clock, log } = this.#options;
    if (!this.#isFull) log.warn('disk is full', { error });
    this.#isFull = true;
    if (this.#hasEnded) return Promise.reject(error);
    return new Promise((resolve, reject) => {
      this.#giveUp = () => reject(error);
      this.#retry = clock.setTimer(fullRetryMs, resolve);
    });
  }

  /** A commit got through. */
  passed(): void {
    this.#isFull = false;
  }

  end(): void {
    this.#hasEnded = true;
    this.#retry?.cancel();
    this.#giveUp?.();
  }
}
