/**
 * The time of one call of a recipe. What such a call asks of the engine, once or many times, shares one deadline, so
 * that a caller who named three seconds waits for three and not for three times as many as it took to win a race.
 */
import { durationMs, QuorateError } from '../base/index.ts';
import type { CallOptions } from '../engines/port/index.ts';
import type { Clock } from '../ports/index.ts';
import type { RecipeContext } from './recipe-context.ts';
import { TimeLimit } from './time-limit.ts';

/** What engines have by default. */
const deadlineMsDefault = 5_000;

export class Budget {
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #what: string;
  readonly #wholeMs: number;
  readonly #dueMs: number;

  /** `what` is for the error. */
  constructor(clock: Clock, { signal, deadline = deadlineMsDefault }: CallOptions, what: string) {
    this.#clock = clock;
    this.#signal = signal;
    this.#what = what;
    this.#wholeMs = durationMs(deadline, 'deadline');
    this.#dueMs = clock.now() + this.#wholeMs;
  }

  /** For the next call of the engine. Throws when nothing is left; what the calls before did is known by then. */
  next(): CallOptions {
    this.#signal?.throwIfAborted();
    const leftMs = this.#dueMs - this.#clock.now();
    if (leftMs <= 0) throw this.#exceeded();
    return { deadline: leftMs, ...(this.#signal === undefined ? {} : { signal: this.#signal }) };
  }

  #exceeded(): QuorateError<'deadline-exceeded'> {
    return new QuorateError({
      code: 'deadline-exceeded',
      message:
        `${this.#what} was not done within ${this.#wholeMs} ms, because others came between each time; ` +
        'try again, or give it a longer deadline',
      data: { milliseconds: this.#wholeMs },
      outcome: 'not-applied',
    });
  }
}

/** The same for a call that waits for something other than an answer: a signal that aborts at the deadline. */
export class CallLimit extends TimeLimit {
  readonly #what: string;
  readonly #wholeMs: number;

  constructor(context: RecipeContext, { signal, deadline = deadlineMsDefault }: CallOptions, what: string) {
    const wholeMs = durationMs(deadline, 'deadline');
    super({ context, forMs: wholeMs, signal });
    this.#what = what;
    this.#wholeMs = wholeMs;
  }

  protected override late(): QuorateError<'deadline-exceeded'> {
    return new QuorateError({
      code: 'deadline-exceeded',
      message: `${this.#what} got no answer within ${this.#wholeMs} ms; try again, or give it a longer deadline`,
      data: { milliseconds: this.#wholeMs },
      outcome: this.outcome,
    });
  }
}
