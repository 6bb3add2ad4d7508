/** Pauses between tries: each a quarter longer than the one before up to a bound, and half of each is chance. */
import type { Clock, Random } from '../../ports/index.ts';

const firstMs = 20;
const growth = 1.25;
const pauseMsMax = 500;

interface PauseOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** How many there were before. */
  readonly before: number;
  /** Not longer than until then, by the clock. */
  readonly until?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Resolves also when the signal aborts, which whoever goes on asks first. */
export function pauseBetweenTries({ clock, random, before, until, signal }: PauseOptions): Promise<void> {
  const longestMs = Math.min(pauseMsMax, firstMs * growth ** before);
  const share = random.uint32() / 2 ** 33;
  const leftMs = until === undefined ? longestMs : Math.max(0, until - clock.now());
  return new Promise((resolve) => {
    const over = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', over);
      resolve();
    };
    const timer = clock.setTimer(Math.min(leftMs, longestMs * (0.5 + share)), over);
    if (signal?.aborted === true) over();
    else signal?.addEventListener('abort', over, { once: true });
  });
}
