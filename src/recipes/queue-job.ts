/**
 * An item of a queue in the hands of one taker, who finishes it or gives it back. It is given back by itself when its
 * time is over, and when the session ends.
 */
import {
  type Duration,
  durationMs,
  linkSignals,
  type Outcome,
  QuorateError,
  watchfulSignal,
} from '../base/index.ts';
import type { CallOptions, Fence } from '../engines/port/index.ts';
import { pause, type Timer } from '../ports/index.ts';
import { Budget } from './budget.ts';
import { inDoubt, leavesDoubt } from './doubt.ts';
import type { OwnItem } from './own-item.ts';
import type { QueueLayout } from './queue-layout.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface QueueJob<T> extends AsyncDisposable {
  readonly value: T;
  /** How often it was taken, this time included. */
  readonly tries: number;
  /** Goes with a write that must not come from anybody whose time is over. */
  readonly fence: Fence;
  /** By the clock: false when somebody else may have it. */
  readonly isHeld: boolean;
  /**
   * Aborts when it is over: its time, its session, or because it was finished or given back. To read it is to look at
   * the clock.
   */
  readonly signal: AbortSignal;
  /** It is done, and leaves the queue. Rejects with `not-held` where somebody else may have it by now. */
  done(call?: CallOptions): Promise<void>;
  /** Somebody else may take it, at its old place in line. Does nothing when it is over. */
  giveBack(): Promise<void>;
  /** Its time begins anew. */
  extend(visibility: Duration): void;
}

export interface QueueJobOptions<T> {
  readonly context: RecipeContext;
  readonly queue: string;
  readonly layout: QueueLayout;
  readonly itemKey: string;
  readonly lease: OwnItem;
  readonly value: T;
  readonly tries: number;
  readonly visibility?: Duration;
}

/** Before an attempt to finish is made again whose answer was lost. */
const pauseMs = 50;

export class QueueJobHandle<T> implements QueueJob<T> {
  readonly #options: QueueJobOptions<T>;
  readonly #over;
  #timer: Timer | undefined;

  constructor(options: QueueJobOptions<T>) {
    this.#options = options;
    const { lease } = options;
    this.#over = linkSignals(lease.over);
    watchfulSignal(this.#over.signal, () => {
      if (lease.over.aborted) this.#over.abort(lease.over.reason);
    });
    this.#over.signal.addEventListener('abort', () => this.#timer?.cancel(), { once: true });
    if (options.visibility !== undefined) this.extend(options.visibility);
  }

  get value(): T {
    return this.#options.value;
  }

  get tries(): number {
    return this.#options.tries;
  }

  get fence(): Fence {
    return this.#options.lease.fence;
  }

  get isHeld(): boolean {
    return this.#options.lease.isLive && !this.#over.signal.aborted;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  async done(call: CallOptions = {}): Promise<void> {
    const { context, lease, layout, itemKey } = this.#options;
    const { clock } = context.engine;
    const budget = new Budget(clock, call, `finishing ${itemKey}`);
    const operations = [
      { kind: 'delete', key: itemKey },
      { kind: 'add', key: layout.count, amount: -1 },
    ] as const;
    let isUnsure = false;
    while (this.isHeld) {
      try {
        if (await lease.removeWith(operations, budget.next())) return this.#end('it is done');
        if (isUnsure && (await this.#isGone(budget))) return this.#end('it is done');
        break;
      } catch (error) {
        if (!leavesDoubt(error)) throw isUnsure ? inDoubt(error) : error;
        isUnsure = true;
      }
      await pause(clock, pauseMs, this.#rest(budget).signal ?? context.closed);
    }
    await this.giveBack();
    const why = isUnsure ? 'it may be done, or somebody else may have it' : 'somebody else may have it';
    throw this.#notHeld(why, isUnsure ? 'unknown' : 'not-applied');
  }

  async giveBack(): Promise<void> {
    this.#end('it was given back');
    await this.#options.lease.remove();
  }

  extend(visibility: Duration): void {
    if (!this.isHeld) throw this.#notHeld('it cannot be prolonged');
    const { context, lease } = this.#options;
    const forMs = durationMs(visibility, 'visibility');
    this.#timer?.cancel();
    const onTime = (): void => context.inBackground(`giving back ${lease.key}`, () => this.giveBack());
    this.#timer = context.engine.clock.setTimer(forMs, onTime, { background: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.giveBack();
  }

  /** What is left of the time, behind a try of which nobody knows what became. */
  #rest(budget: Budget): CallOptions {
    try {
      return budget.next();
    } catch (error) {
      throw inDoubt(error);
    }
  }

  /** While the session lives nobody else can have finished it: it was ours that did. */
  async #isGone(budget: Budget): Promise<boolean> {
    const { context, lease, itemKey } = this.#options;
    const item = await context.engine.get(itemKey, budget.next());
    return item === undefined && lease.isLive;
  }

  #end(why: string): void {
    this.#over.abort(this.#notHeld(why));
  }

  #notHeld(why: string, outcome: Outcome = 'not-applied'): QuorateError<'not-held'> {
    const { queue, lease } = this.#options;
    const { key, token } = lease.fence;
    return new QuorateError({
      code: 'not-held',
      message: `the job of queue ${queue} is over: ${why}; stop what it guards, and take the next one`,
      data: { what: `job of queue ${queue}`, key, token },
      outcome,
    });
  }
}
