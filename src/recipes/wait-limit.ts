/**
 * How long somebody waits for his turn: until the time that he gave is over, until his own signal, until the
 * coordination is closed. One signal for all three, which takes its listeners with it when the wait is over; the
 * listeners are kept in sets, because an abort signal looks through all of its own to forget one.
 */
import { type Duration, durationMs, QuorateError } from '../base/index.ts';
import type { Timer } from '../ports/index.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface WaitOptions {
  /** How long to wait at most, before it rejects with `not-granted`. 0: not at all. Default: as long as `signal` lets it. */
  readonly wait?: Duration;
  /** Ends the wait; it rejects with the reason, and leaves nothing behind in the line. */
  readonly signal?: AbortSignal;
}

export class WaitLimit implements Disposable {
  readonly #what: string;
  readonly #context: RecipeContext;
  readonly #controller = new AbortController();
  readonly #beganAt: number;
  readonly #removals: (() => void)[] = [];
  /** Who has the turn, as far as it was seen. */
  holder = '';
  /** No wait at all: the first answer decides. */
  readonly #isNone: boolean;
  readonly #timer: Timer | undefined;

  constructor(context: RecipeContext, what: string, { wait, signal }: WaitOptions) {
    this.#context = context;
    this.#what = what;
    const { clock } = context.engine;
    const waitMs = wait === undefined ? undefined : durationMs(wait, 'wait');
    this.#isNone = waitMs === 0;
    this.#beganAt = clock.now();
    this.#removals.push(context.whenClosed((reason) => this.abort(reason)));
    if (context.closed.aborted) this.abort(context.closed.reason);
    if (signal !== undefined) this.#follow(signal);
    if (waitMs !== undefined && waitMs > 0)
      this.#timer = clock.setTimer(waitMs, () => this.abort(this.#notGranted()));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Throws `not-granted` for who does not wait at all. */
  checkMayWait(): void {
    if (this.#isNone) throw this.#notGranted();
  }

  /** What it says of not having come to its turn. */
  #notGranted(): QuorateError<'not-granted'> {
    const waitedMs = Math.round(this.#context.engine.clock.now() - this.#beganAt);
    const { holder } = this;
    const by = holder === '' ? 'who holds it is not known' : `${holder} held it when that was last seen`;
    return new QuorateError({
      code: 'not-granted',
      message: `${this.#what} was not granted within ${waitedMs} ms; ${by}; try again, or wait longer`,
      data: { what: this.#what, waitedMs, holder },
    });
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    for (const remove of this.#removals) remove();
  }

  #follow(signal: AbortSignal): void {
    if (signal.aborted) {
      this.abort(signal.reason);
      return;
    }
    const onAbort = (): void => this.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#removals.push(() => signal.removeEventListener('abort', onAbort));
  }
}
