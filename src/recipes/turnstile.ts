/**
 * What is held in turn: the part that locks, both sides of a read-write lock and semaphores share, for those who use
 * them. What makes it somebody's turn is the line's business.
 */
import { type Duration, invalidOption } from '../base/index.ts';
import { Hold, type HoldOptions } from './hold.ts';
import type { Line } from './line.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { WaitOptions } from './wait-limit.ts';

export interface TryOptions {
  /** How long the server keeps it for a holder that is not heard of any more. Default: that of the coordination. */
  readonly ttl?: Duration;
  readonly signal?: AbortSignal;
}

export interface AcquireOptions extends TryOptions, WaitOptions {
  /** One that is held already: one more handle of it, at once. It is given back when all of its handles are released. */
  readonly holding?: Hold;
}

export abstract class Turnstile<H extends Hold> {
  readonly name: string;
  readonly #context: RecipeContext;
  readonly #line: Line;

  constructor(context: RecipeContext, name: string, line: Line) {
    this.name = name;
    this.#context = context;
    this.#line = line;
  }

  /** Waits for its turn. Rejects with `not-granted`, with the signal's reason, or as the engine does. */
  async acquire({ holding, ttl, ...limits }: AcquireOptions = {}): Promise<H> {
    if (holding !== undefined) return this.#again(holding);
    const turn = await this.#line.enter(this.#context.ttlMsOf(ttl), limits);
    return this.hold({ context: this.#context, turn });
  }

  /** Undefined when somebody would have to be waited for. */
  async tryAcquire({ ttl, ...limits }: TryOptions = {}): Promise<H | undefined> {
    const turn = await this.#line.tryEnter(this.#context.ttlMsOf(ttl), limits);
    return turn && this.hold({ context: this.#context, turn });
  }

  /**
   * Calls `task` while it is held, and releases it behind that. Rejects with `not-held` when it was lost before the
   * task was over, whatever the task has returned: somebody else may have been at work as well.
   */
  async run<T>(task: (held: H) => T | Promise<T>, options: AcquireOptions = {}): Promise<T> {
    await using held = await this.acquire(options);
    const result = await task(held);
    held.assertHeld();
    return result;
  }

  protected abstract hold(options: HoldOptions): H;

  /** Throws for a handle with which one cannot enter here once more. */
  protected checkHolding(_holding: Hold): void {
    // Any handle of the same line will do, unless a recipe knows better.
  }

  #again(holding: Hold): H {
    if (!this.#line.holds(holding.key))
      throw invalidOption('holding', holding.key, `a handle of ${this.#line.what}`);
    this.checkHolding(holding);
    return this.hold(Hold.share(holding));
  }
}
