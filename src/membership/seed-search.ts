/**
 * Turns to the seeds at the start, and again for as long as this member is alone, with growing pauses: the seeds may
 * start later than it does, and a function that gives them may have to wait for others.
 */
import { untilAborted } from '../base/index.ts';
import type { Log } from '../ports/index.ts';
import type { RaisedCounters } from './counters.ts';
import { type Seeds, type SeedsFunction, seedTexts } from './seeds.ts';

export interface SeedSearchOptions {
  readonly seeds: Seeds;
  readonly log: Log;
  readonly counters: RaisedCounters;
  readonly found: (seeds: readonly string[]) => void;
}

const pauseMsMin = 1_000;
const pauseMsMax = 15_000;

/** How long a function that gives seeds has; then it has failed, and is asked again. */
const patienceMs = 30_000;

interface Question {
  readonly dueMs: number;
  readonly giveUp: AbortController;
}

export class SeedSearch {
  readonly #options: SeedSearchOptions;
  #question: Question | undefined;
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
    if (typeof seeds === 'function') this.#ask(seeds, nowMs);
    else this.#options.found(seedTexts(seeds));
  }

  close(): void {
    this.#isClosed = true;
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#question?.giveUp.abort(new Error('this member was closed'));
  }

  /** One question at a time: one that is not answered is given up before the next. */
  #ask(seeds: SeedsFunction, nowMs: number): void {
    if (this.#question !== undefined && nowMs < this.#question.dueMs) return;
    this.#question?.giveUp.abort(new Error(`no seeds were found within ${patienceMs} ms`));
    const question: Question = { dueMs: nowMs + patienceMs, giveUp: new AbortController() };
    this.#question = question;
    const { signal } = question.giveUp;
    untilAborted((async () => seedTexts(await seeds({ signal })))(), signal).then(
      (texts) => {
        if (this.#question === question) this.#question = undefined;
        if (!this.#isClosed && texts.length > 0) this.#options.found(texts);
      },
      (error: unknown) => {
        if (this.#question === question) this.#question = undefined;
        if (!this.#isClosed) this.#failed(error);
      },
    );
  }

  #failed(error: unknown): void {
    const { log, counters } = this.#options;
    counters.seedFailures += 1;
    log.warn('seeds could not be found', { error });
  }
}
