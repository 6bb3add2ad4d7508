/**
 * Decides whether a flush is written by a call that blocks. On a fast disk the trip through the thread pool
 * costs more than it hides, and when one caller waits alone nobody else is delayed; on a slow disk, or under
 * load, blocking the event loop is never worth it. So it follows what was measured, both ways.
 */

/** Larger flushes always go through the pool. */
const blockingBytesMax = 32 * 1024;
/** A write through the pool costs this much more, at most, than one that blocks. */
const poolFactor = 2;
/** After slow blocking writes, so many others go through the pool before one is tried again. */
const pauseFlushes = 1000;
/** One hiccup says little about the disk: a longer write counts as this many times the limit. */
const outlierFactor = 3;
/** The weight of the newest measurement in the moving averages. */
const newestWeight = 1 / 16;

export class WritePace {
  readonly #blockingMsMax: number;
  #awaitedMs: number | undefined;
  #blockedMs = 0;
  #pause = 0;

  /** `blockingMsMax` 0: never block. */
  constructor(blockingMsMax: number) {
    this.#blockingMsMax = blockingMsMax;
  }

  mayBlock(bytes: number): boolean {
    if (this.#blockingMsMax === 0 || bytes > blockingBytesMax || this.#awaitedMs === undefined) return false;
    if (this.#pause > 0) {
      this.#pause -= 1;
      return false;
    }
    return this.#awaitedMs <= poolFactor * this.#blockingMsMax;
  }

  /** A write through the pool took so long. */
  awaited(milliseconds: number): void {
    const before = this.#awaitedMs ?? milliseconds;
    this.#awaitedMs = before + (milliseconds - before) * newestWeight;
  }

  /** A blocking write took so long. */
  blocked(milliseconds: number): void {
    const counted = Math.min(milliseconds, outlierFactor * this.#blockingMsMax);
    this.#blockedMs += (counted - this.#blockedMs) * newestWeight;
    if (this.#blockedMs <= this.#blockingMsMax) return;
    this.#pause = pauseFlushes;
    this.#blockedMs = 0;
  }
}
