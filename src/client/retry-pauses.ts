/**
 * How long a call waits between two tries. Most troubles are short, as a leader that has died has a successor within
 * some hundred milliseconds, so the first pauses are short as well. Each further one is a quarter longer than the one
 * before, up to a bound: a call notices the end of a trouble late by a small part of what the trouble has lasted, and
 * a cluster that stays without a leader is asked a few times a second. Half of every pause is random, so that
 * clients do not come in step. Who waits for a leader is woken when another call of the same client has found one.
 *
 * Twice as long each time would ask less still, but a call that was refused for 300 ms would then sleep through as
 * much again on the average half of the time.
 */
import type { Prng } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';

export interface RetryPausesOptions {
  readonly clock: Clock;
  readonly prng: Prng;
  /** The longest that the first pause may be. */
  readonly firstMs: number;
}

export interface Pause {
  /** How many pauses this call has had before. */
  readonly before: number;
  /** True: it waits for whoever leads, and not for a busy node to have room. */
  readonly isForLeader: boolean;
  /** The node wants to be left alone for so long; the pause may be longer by a half, so that not all come at once. */
  readonly leastMs?: number;
  readonly signal: AbortSignal;
}

const growth = 1.25;
const pauseMsMax = 250;

export class RetryPauses {
  readonly #options: RetryPausesOptions;
  /** Ends the pauses of those who wait for a leader. */
  readonly #leaderless = new Set<() => void>();

  constructor(options: RetryPausesOptions) {
    this.#options = options;
  }

  /** Resolves when it is time for the next try; also when the signal aborts, which whoever goes on asks first. */
  wait({ before, isForLeader, leastMs = 0, signal }: Pause): Promise<void> {
    const { clock, prng, firstMs } = this.#options;
    const share = prng.float() / 2;
    const pauseMs = Math.max(longestMs(before, firstMs) * (0.5 + share), leastMs * (1 + share));
    return new Promise((resolve) => {
      const over = (): void => {
        timer.cancel();
        this.#leaderless.delete(over);
        signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = clock.setTimer(pauseMs, over);
      if (isForLeader) this.#leaderless.add(over);
      if (signal.aborted) over();
      else signal.addEventListener('abort', over, { once: true });
    });
  }

  /** A leader has answered. */
  found(): void {
    if (this.#leaderless.size === 0) return;
    for (const over of [...this.#leaderless]) over();
  }
}

function longestMs(before: number, firstMs: number): number {
  return Math.min(Math.max(firstMs, pauseMsMax), firstMs * growth ** before);
}
