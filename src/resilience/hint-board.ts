/**
 * Who says at present that a circuit is open. A report counts for as long as it said it would, from when it was first
 * seen: one whose process has no more calls to find out with must not count for ever.
 */
import type { OthersReport } from './breaker-hints.ts';

interface Standing {
  readonly id: string;
  readonly untilMs: number;
}

export class HintBoard {
  #open = new Map<string, Standing>();

  /** `reports` are all there are. */
  update(reports: readonly OthersReport[], nowMs: number): void {
    const open = new Map<string, Standing>();
    for (const { reporter, id, state, forMs } of reports) {
      if (state !== 'open') continue;
      const before = this.#open.get(reporter);
      open.set(reporter, before?.id === id ? before : { id, untilMs: nowMs + forMs });
    }
    this.#open = open;
  }

  /** Those whose report counts at `nowMs`. */
  reporters(nowMs: number): number {
    let count = 0;
    for (const { untilMs } of this.#open.values()) if (nowMs < untilMs) count += 1;
    return count;
  }

  clear(): void {
    this.#open.clear();
  }
}
