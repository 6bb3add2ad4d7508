/**
 * A lock: one holder at a time, in the order in which they came. Its items are those that etcd's and Curator's locks
 * would recognise as such: one for each who wants it, in one directory, gone with its session.
 */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';
import { Hold } from './hold.ts';
import { Line, type Turn, untilGone } from './line.ts';
import { LockDelay } from './lock-delay.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { WaitOptions } from './wait-limit.ts';

const utf8 = new TextDecoder();

export interface TryOptions {
  /** How long the server keeps it for a holder that is not heard of any more. Default: that of the coordination. */
  readonly ttl?: Duration;
  readonly signal?: AbortSignal;
}

export interface AcquireOptions extends TryOptions, WaitOptions {
  /** One that is held already: one more handle of it, at once. It is released when all of its handles are. */
  readonly holding?: HeldLock;
}

export interface LockOptions {
  /**
   * How long nobody gets it after a holder that vanished without releasing it, counted from when that is seen; for
   * what cannot check a fence. It costs each holder three more requests, and all who use the lock must give it. Default 0.
   */
  readonly delay?: Duration;
}

/** A lock that is held. */
export class HeldLock extends Hold {
  /** One more handle. */
  again(): HeldLock {
    return new HeldLock(this.shared());
  }
}

export class Lock {
  readonly name: string;
  readonly #context: RecipeContext;
  readonly #line: Line;
  readonly #delay: LockDelay | undefined;

  constructor(context: RecipeContext, name: string, { delay = 0 }: LockOptions = {}) {
    const delayMs = durationMs(delay, 'delay');
    const key = context.pathOf('lock-delays', name);
    const lockDelay = delayMs === 0 ? undefined : new LockDelay({ context, key, delayMs });
    this.name = name;
    this.#context = context;
    this.#delay = lockDelay;
    this.#line = new Line(context, {
      what: `lock ${name}`,
      directory: context.pathOf('locks', name),
      label: 'lock',
      value: context.holder,
      heads: 1,
      aheadMax: 1,
      obstacle: ({ items: [nearest], mark }) => nearest && untilGone(nearest.key, mark),
      holderOf: (value) => utf8.decode(value),
      ...(lockDelay && { onTurn: (place, signal) => lockDelay.pass(place, signal) }),
    });
  }

  /** Waits for its turn. Rejects with `not-granted`, with the signal's reason, or as the engine does. */
  async acquire({ holding, ttl, ...limits }: AcquireOptions = {}): Promise<HeldLock> {
    if (holding !== undefined) return this.#again(holding);
    return this.#held(await this.#line.enter(this.#context.ttlMsOf(ttl), limits));
  }

  /** Undefined when somebody else has it, or stands in line for it. */
  async tryAcquire({ ttl, ...limits }: TryOptions = {}): Promise<HeldLock | undefined> {
    const turn = await this.#line.tryEnter(this.#context.ttlMsOf(ttl), limits);
    return turn && this.#held(turn);
  }

  /**
   * Calls `task` while the lock is held, and releases it behind that. Rejects with `not-held` when it was lost
   * before the task was over, whatever the task has returned: somebody else may have been at work as well.
   */
  async run<T>(task: (held: HeldLock) => T | Promise<T>, options: AcquireOptions = {}): Promise<T> {
    await using held = await this.acquire(options);
    const result = await task(held);
    held.assertHeld();
    return result;
  }

  #held(turn: Turn): HeldLock {
    const delay = this.#delay;
    const onRelease = delay && { onRelease: () => delay.clear(turn.place) };
    return new HeldLock({ context: this.#context, turn, ...onRelease });
  }

  #again(holding: HeldLock): HeldLock {
    if (this.#line.holds(holding.key)) return holding.again();
    throw invalidOption('holding', holding.key, `a handle of lock ${this.name}`);
  }
}
