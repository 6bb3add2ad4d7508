/**
 * Who says at present that a circuit is open. A report counts for as long as it said it would, from when it was first
 * seen: one whose process has no more calls to find out with must not count for ever.
 */
import type { OthersReport } from './breaker-hints.ts';

interface Standing {
  readonly id: string;
  readonly untilMs: number;
}

/** Those who say that one circuit is open, by reporter. */
type Standings = ReadonlyMap<string, Standing>;

export class HintBoard {
  /** Circuits of which nobody says anything have no place in it. */
  readonly #byKey = new Map<string | undefined, Standings>();
  /** Circuits of which a quorum spoke when reports were lost, until they have been told anew. */
  readonly #before = new Set<string | undefined>();
  readonly #quorum: number;

  constructor(quorum: number) {
    this.#quorum = quorum;
  }

  /** `reports` are all there are of a circuit. True: with them those who say that it is open have become a quorum. */
  update(key: string | undefined, reports: readonly OthersReport[], nowMs: number): boolean {
    const before = this.#byKey.get(key);
    const wasQuorum = this.#before.has(key) || countOpen(before, nowMs) >= this.#quorum;
    const open = new Map<string, Standing>();
    for (const { reporter, id, state, forMs } of reports) {
      if (state !== 'open') continue;
      const standing = before?.get(reporter);
      open.set(reporter, standing?.id === id ? standing : { id, untilMs: nowMs + forMs });
    }
    if (open.size === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, open);
    return !wasQuorum && countOpen(open, nowMs) >= this.#quorum;
  }

  /** Whether somebody's report counts at `nowMs`. */
  isOpen(key: string | undefined, nowMs: number): boolean {
    return countOpen(this.#byKey.get(key), nowMs) > 0;
  }

  /** What was said counts no more; who were a quorum are none anew when they say so again. */
  lose(nowMs: number): void {
    for (const [key, open] of this.#byKey) if (countOpen(open, nowMs) >= this.#quorum) this.#before.add(key);
    this.#byKey.clear();
  }

  /** Everything that is there has been told anew. */
  find(): void {
    this.#before.clear();
  }
}

function countOpen(open: Standings | undefined, nowMs: number): number {
  if (open === undefined) return 0;
  let count = 0;
  for (const { untilMs } of open.values()) if (nowMs < untilMs) count += 1;
  return count;
}
