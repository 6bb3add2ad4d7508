/**
 * A lock: one holder at a time, in the order in which they came. An item for each who wants it, in one directory, gone
 * with its session: the form that etcd's and Curator's locks have too.
 */
import { type Duration, durationMs } from '../base/index.ts';
import { Hold, type HoldOptions } from './hold.ts';
import { Line, untilGone } from './line.ts';
import { LockDelay } from './lock-delay.ts';
import type { RecipeContext } from './recipe-context.ts';
import { Turnstile } from './turnstile.ts';

const utf8 = new TextDecoder();

export interface LockOptions {
  /**
   * How long nobody gets it after a holder that vanished without releasing it, counted from when that is seen; for
   * what cannot check a fence. It costs each holder three more requests, and all who use the lock must give it. Default 0.
   */
  readonly delay?: Duration;
}

export class HeldLock extends Hold {}

export class Lock extends Turnstile<HeldLock> {
  readonly #delay: LockDelay | undefined;

  constructor(context: RecipeContext, name: string, { delay = 0 }: LockOptions = {}) {
    const delayMs = durationMs(delay, 'delay');
    const key = context.pathOf('lock-delays', name);
    const lockDelay = delayMs === 0 ? undefined : new LockDelay({ context, key, delayMs });
    const line = new Line(context, {
      what: `lock ${name}`,
      directory: context.pathOf('locks', name),
      label: 'lock',
      value: context.holder,
      heads: 1,
      aheadMax: 1,
      isTurn: ([first], own) => first?.key === own,
      obstacle: ({ items: [nearest], mark }) => nearest && untilGone(nearest.key, mark),
      holderOf: (value) => utf8.decode(value),
      ...(lockDelay && { onTurn: (arrival) => lockDelay.pass(arrival) }),
    });
    super(context, name, line);
    this.#delay = lockDelay;
  }

  protected override hold(options: HoldOptions): HeldLock {
    const delay = this.#delay;
    if (delay === undefined) return new HeldLock(options);
    return new HeldLock({ ...options, onRelease: () => delay.clear(options.turn.place) });
  }
}
