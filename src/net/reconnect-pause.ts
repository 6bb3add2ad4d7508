/**
 * How long to wait before a peer is tried again. Pauses double from the first to the last, and half of each is
 * random, so that those who lost a peer together do not come back together.
 */
import type { Prng } from '../base/index.ts';

export interface ReconnectPauses {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** `failures`: attempts in a row, before the one that failed now, of which none came to anything. */
export function reconnectPauseMs(failures: number, { leastMs, mostMs }: ReconnectPauses, prng: Prng): number {
  const longestMs = Math.min(mostMs, leastMs * 2 ** Math.min(failures, 30));
  return longestMs * (0.5 + prng.float() / 2);
}
