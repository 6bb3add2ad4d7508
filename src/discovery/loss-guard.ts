/**
 * Against a registry that forgets everybody at once. Where it could not be reached for longer than sessions live, or
 * has lost what it had, every instance expires in one moment although all of them serve; who believes that has nobody
 * left to call. So instances that vanish without having said goodbye are remembered for a while, and as long as those
 * are nearly all that there were, they stay in the list.
 *
 * Eureka does the like in the server and without a bound: when too few renewals come it lets nobody expire until they
 * come again. Here each view judges for itself, so it needs nothing of the engine, and for `holdMs` at most: longer
 * than a live instance takes to register again, and no longer than callers can live with a list that is wrong. What
 * an instance says itself, by `close` or by draining before, is always believed.
 */
import type { Instance } from './instance.ts';

export interface LossGuardSettings {
  /** Of all that there were: where so much is lost at once, above 0 and at most 1, it is not believed. */
  readonly share: number;
  /** Each is kept for so long from when it was lost. */
  readonly holdMs: number;
}

interface Lost {
  readonly instance: Instance;
  readonly untilMs: number;
}

const none: readonly Instance[] = [];

export class LossGuard {
  readonly #settings: LossGuardSettings;
  /** By id, in the order in which they were lost. */
  readonly #lost = new Map<string, Lost>();
  /** Then it goes on until half of that share is back: the first to come back is no proof that the others do not. */
  #isHolding = false;

  constructor(settings: LossGuardSettings) {
    this.#settings = settings;
  }

  lose(instance: Instance, nowMs: number): void {
    this.#lost.delete(instance.id);
    this.#lost.set(instance.id, { instance, untilMs: nowMs + this.#settings.holdMs });
  }

  /** It is there again, or has said that it goes. */
  forget(id: string): void {
    this.#lost.delete(id);
  }

  /** Those that stay in the list although the registry does not have them, beside so many that it has. */
  held(present: number, nowMs: number): readonly Instance[] {
    for (const [id, { untilMs }] of this.#lost) {
      if (untilMs > nowMs) break;
      this.#lost.delete(id);
    }
    const { size } = this.#lost;
    const share = this.#isHolding ? this.#settings.share / 2 : this.#settings.share;
    this.#isHolding = size > 0 && size >= share * (present + size);
    if (!this.#isHolding) return none;
    return [...this.#lost.values()].map(({ instance }) => instance);
  }

  /** When the next one is let go; undefined where there is none. */
  get nextMs(): number | undefined {
    for (const { untilMs } of this.#lost.values()) return untilMs;
    return undefined;
  }
}
