/**
 * Who waits, by priority: a higher one before a lower one, and within one in the order of coming. Strictly so, a low
 * priority waits for as long as higher ones keep coming; with an age, each such span of waiting lifts one rank, and of
 * equal ranks the one who has waited longer goes first, so that nobody waits for ever.
 */
import type { Priority } from './call.ts';
import { priorities } from './execution.ts';
import { Line, type LinePlace } from './line.ts';

export interface PriorityPlace<Place> extends LinePlace<Place> {
  readonly priority: Priority;
  /** When it came; only read where there is an age. */
  readonly sinceMs: number;
}

const rankOf: Readonly<Record<Priority, number>> = { critical: 0, high: 1, normal: 2, low: 3 };

export class PriorityLine<Place extends PriorityPlace<Place>> {
  readonly #lines: readonly Line<Place>[] = priorities.map(() => new Line<Place>());
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(place: Place): void {
    this.#lineOf(place).add(place);
    this.#size += 1;
  }

  remove(place: Place): void {
    this.#lineOf(place).remove(place);
    this.#size -= 1;
  }

  /** Whose turn it is among the `count` highest priorities. */
  turn(count: number): Place | undefined {
    for (let rank = 0; rank < count; rank += 1) {
      const first = this.#lines[rank]?.first;
      if (first !== undefined) return first;
    }
    return undefined;
  }

  /** The same where `ageMs` of waiting lift one rank. */
  agedTurn(count: number, ageMs: number, nowMs: number): Place | undefined {
    let best: Place | undefined;
    let bestRank = Number.POSITIVE_INFINITY;
    for (let rank = 0; rank < count; rank += 1) {
      const first = this.#lines[rank]?.first;
      if (first === undefined) continue;
      const agedRank = Math.max(0, rank - Math.floor((nowMs - first.sinceMs) / ageMs));
      const isEarlier = best === undefined || first.sinceMs < best.sinceMs;
      if (agedRank < bestRank || (agedRank === bestRank && isEarlier)) [best, bestRank] = [first, agedRank];
    }
    return best;
  }

  /** Who has to go first for somebody of `priority`: the last to come of the lowest one below it. */
  leastBelow(priority: Priority): Place | undefined {
    for (let rank = priorities.length - 1; rank > rankOf[priority]; rank -= 1) {
      const last = this.#lines[rank]?.last;
      if (last !== undefined) return last;
    }
    return undefined;
  }

  #lineOf(place: Place): Line<Place> {
    return this.#lines[rankOf[place.priority]] as Line<Place>;
  }
}
