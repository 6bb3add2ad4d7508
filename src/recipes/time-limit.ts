/**
 * Until when a call of a recipe goes on: until its time is over, until its caller wants no more, until the coordination
 * is closed. One signal for all of these, from the beginning of the call and for all that it asks of the engine; it
 * takes its listeners with it when the call is over. They are kept in sets where there may be many, because an abort
 * signal looks through all of its own to forget one.
 *
 * It also knows what is to be said of the outcome when the time is over, which changes on the way.
 */
import { isQuorateError, type Outcome, type QuorateError } from '../base/index.ts';
import type { Timer } from '../ports/index.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface TimeLimitOptions {
  readonly context: RecipeContext;
  /** Undefined: without end. */
  readonly forMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

export abstract class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #removals: (() => void)[] = [];
  readonly #timer: Timer | undefined;
  #outcome: Outcome = 'not-applied';
  #isLate = false;

  constructor({ context, forMs, signal }: TimeLimitOptions) {
    const onTime = (): void => {
      this.#isLate = !this.signal.aborted;
      this.abort(this.late());
    };
    this.#removals.push(context.whenClosed((reason) => this.abort(reason)));
    if (context.closed.aborted) this.abort(context.closed.reason);
    this.follow(signal);
    if (forMs !== undefined) this.#timer = context.engine.clock.setTimer(forMs, onTime);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether it was the time that ended it, and nothing else. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** What is known, if the time is over now. */
  get outcome(): Outcome {
    return this.#outcome;
  }

  /** The first reason stays. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** It ends with `source` too, from now on. */
  follow(source: AbortSignal | undefined): void {
    if (source === undefined) return;
    if (source.aborted) {
      this.abort(source.reason);
      return;
    }
    const onAbort = (): void => this.abort(source.reason);
    source.addEventListener('abort', onAbort, { once: true });
    this.#removals.push(() => source.removeEventListener('abort', onAbort));
  }

  /**
   * What a call ends with that has failed with `error`. Behind its end it fails because of that, whatever it says: who
   * closes a coordination ends the sessions as well, and a request under one of them is refused for either.
   */
  endOf(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }

  /** What `ask` asks for may have been done when the time is over, until it is answered. */
  async doubt<T>(ask: () => Promise<T>): Promise<T> {
    const before = this.#outcome;
    this.#outcome = 'unknown';
    try {
      const answer = await ask();
      this.#outcome = before;
      return answer;
    } catch (error) {
      // The reason of a signal speaks of the wait and not of what was asked.
      const isSure = !this.signal.aborted && isQuorateError(error) && error.outcome === 'not-applied';
      if (isSure) this.#outcome = before;
      throw this.endOf(error);
    }
  }

  /** What it aborts with when the time is over, made then. */
  protected abstract late(): QuorateError;

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    for (const remove of this.#removals) remove();
  }
}
