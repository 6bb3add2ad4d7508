/** How long somebody waits for his turn, and what he is told of who has it when he did not come to his. */
import { type Duration, durationMs, QuorateError } from '../base/index.ts';
import type { RecipeContext } from './recipe-context.ts';
import { TimeLimit } from './time-limit.ts';

export interface WaitOptions {
  /** How long to wait at most, before it rejects with `not-granted`. 0: not at all. Default: as long as `signal` lets it. */
  readonly wait?: Duration;
  /** Ends the wait; it rejects with the reason, and leaves nothing behind in the line. */
  readonly signal?: AbortSignal;
}

export class WaitLimit extends TimeLimit {
  readonly #what: string;
  readonly #context: RecipeContext;
  readonly #beganAt: number;
  /** Who has the turn, as far as it was seen. */
  holder = '';
  /** No wait at all: the first answer decides. */
  readonly #isNone: boolean;

  constructor(context: RecipeContext, what: string, { wait, signal }: WaitOptions) {
    const waitMs = wait === undefined ? undefined : durationMs(wait, 'wait');
    const forMs = waitMs === 0 ? undefined : waitMs;
    super({ context, forMs, signal });
    this.#context = context;
    this.#what = what;
    this.#isNone = waitMs === 0;
    this.#beganAt = context.engine.clock.now();
  }

  /** Throws `not-granted` for who does not wait at all. */
  checkMayWait(): void {
    if (this.#isNone) throw this.late();
  }

  /** What it says of not having come to its turn. */
  protected override late(): QuorateError<'not-granted'> {
    const waitedMs = Math.round(this.#context.engine.clock.now() - this.#beganAt);
    const { holder } = this;
    const by = holder === '' ? 'who holds it is not known' : `${holder} held it when that was last seen`;
    return new QuorateError({
      code: 'not-granted',
      message: `${this.#what} was not granted within ${waitedMs} ms; ${by}; try again, or wait longer`,
      data: { what: this.#what, waitedMs, holder },
    });
  }
}
