/**
 * A random order in which the heavier come first more often: each place is drawn among those that are left, by weight.
 * Drawn at once, by a key for each: with u uniform in (0, 1), −ln u / weight is smallest for each in proportion to its
 * weight (Efraimidis and Spirakis, 2006).
 */
import type { Prng } from '../../base/index.ts';

export function weightedOrder<T extends { readonly weight: number }>(all: readonly T[], random: Prng): T[] {
  const drawn = all.map((one) => ({ one, key: -Math.log(1 - random.float()) / one.weight }));
  return drawn.sort((left, right) => left.key - right.key).map(({ one }) => one);
}
