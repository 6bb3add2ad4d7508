/**
 * Turns to the seeds at the start, and again for as long as this member is alone, with growing pauses: the seeds may
 * start later than it does, and a function that gives them may have to wait for others.
 */
import type { Log } from '../ports/index.ts';
import type { RaisedCounters } from './counters.ts';
import { type Seed, type Seeds, seedTexts } from './seeds.ts';

export interface SeedSearchOptions {
  readonly seeds: Seeds;
  readonly log: Log;
  readonly counters: RaisedCounters;
  readonly found: (seeds: readonly string[]) => void;
}

const pauseMsMin = 1_000;
const pauseMsMax = 15_000;

export class SeedSearch {
  readonly #options: SeedSearchOptions;
  #isAsking = false;
  #isClosed = false;
  #pauseMs = pauseMsMin;
  #dueMs = 0;

  constructor(options: SeedSearchOptions) {
    this.#options = options;
    const { seeds } = options;
    if (typeof seeds !== 'function' && seeds.length === 0) this.#dueMs = Number.POSITIVE_INFINITY;
  }

  /** When it wants to be looked at again. */
  get dueMs(): number {
    return this.#dueMs;
  }

  look(nowMs: number, hasCompany: boolean): void {
    if (this.#isClosed || nowMs < this.#dueMs) return;
    this.#dueMs = nowMs + this.#pauseMs;
    this.#pauseMs = hasCompany ? pauseMsMin : Math.min(2 * this.#pauseMs, pauseMsMax);
    if (hasCompany) return;
    const { seeds } = this.#options;
    if (typeof seeds === 'function') this.#ask(seeds);
    else this.#options.found(seedTexts(seeds));
  }

  close(): void {
    this.#isClosed = true;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  /** One question at a time; one that is never answered costs nothing but itself. */
  #ask(seeds: () => readonly Seed[] | Promise<readonly Seed[]>): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const { log, counters, found } = this.#options;
    (async () => seedTexts(await seeds()))().then(
      (texts) => {
        this.#isAsking = false;
        if (!this.#isClosed && texts.length > 0) found(texts);
      },
      (error: unknown) => {
        this.#isAsking = false;
        if (this.#isClosed) return;
        counters.seedFailures += 1;
        log.warn('seeds could not be found', { error });
      },
    );
  }
}
