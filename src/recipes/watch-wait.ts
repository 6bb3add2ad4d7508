/**
 * A wait for something that others bring about: a watch is read until what it shows is what is waited for, until the
 * caller's time or signal ends it, or until the coordination is closed.
 */
import { type Duration, durationMs, QuorateError } from '../base/index.ts';
import type { WatchTarget } from '../engines/port/index.ts';
import { PresentItems } from './present-items.ts';
import type { RecipeContext } from './recipe-context.ts';
import { TimeLimit } from './time-limit.ts';

/** So long who does not wait at all waits for what is there, as for any other answer. */
const answerMsMax = 5_000;

export interface WatchLimitOptions {
  /**
   * How long to wait at most, before it rejects with `deadline-exceeded`. 0: what is there at first decides. Default: as
   * long as `signal` lets it.
   */
  readonly wait?: Duration | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Made when a call begins, so that what it asks for before it can watch is in it as well. */
export class WatchLimit extends TimeLimit {
  /** No wait at all: what is there at first decides. */
  readonly isNone: boolean;
  readonly #what: string;
  readonly #forMs: number;

  /** `what` is waited for, for the error: `barrier start to open`. */
  constructor(context: RecipeContext, what: string, { wait, signal }: WatchLimitOptions) {
    const waitMs = wait === undefined ? undefined : durationMs(wait, 'wait');
    const forMs = waitMs === 0 ? answerMsMax : waitMs;
    super({ context, forMs, signal });
    this.#forMs = forMs ?? 0;
    this.isNone = waitMs === 0;
    this.#what = what;
  }

  /** Throws `deadline-exceeded` for who does not wait at all. */
  checkMayWait(): void {
    if (this.isNone) throw this.#inVain(0);
  }

  protected override late(): QuorateError<'deadline-exceeded'> {
    return this.#inVain(this.#forMs);
  }

  #inVain(waitMs: number): QuorateError<'deadline-exceeded'> {
    return new QuorateError({
      code: 'deadline-exceeded',
      message: `waited ${waitMs} ms for ${this.#what}, in vain; wait again, or longer`,
      data: { milliseconds: waitMs },
      outcome: this.outcome,
    });
  }
}

/** What `look` makes of what is there, as soon as it makes something of it. It is asked after each change. */
export async function untilSeen<T>(
  { engine }: RecipeContext,
  target: WatchTarget,
  limit: WatchLimit,
  look: (present: PresentItems) => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const { signal } = limit;
  const present = new PresentItems();
  for await (const batch of engine.watch(target, { signal })) {
    present.apply(batch);
    const seen = await look(present);
    if (seen !== undefined) return seen;
    limit.checkMayWait();
  }
  throw signal.reason;
}
