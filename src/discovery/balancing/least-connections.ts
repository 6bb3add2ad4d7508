/**
 * The instance with the fewest calls under way for its weight. Where several have as few, which under light load is
 * nearly always, they take turns: each turn costs one against the weight, and the cheapest is next. Without that, the
 * first of the list would be given every call that comes alone.
 */
import { isExcluded, type Picker, type PickRequest, type Pool } from './picker.ts';
import type { Slot } from './slot.ts';
import type { SlowStart } from './slow-start.ts';

export class LeastConnections implements Picker {
  readonly #slowStart: SlowStart;
  #slots: readonly Slot[] = [];
  /** Where the latest one stood that was picked. */
  #turn = 0;

  constructor(slowStart: SlowStart) {
    this.#slowStart = slowStart;
  }

  /** Who comes begins where the others stand, or all turns until then would be its own. */
  update({ usable }: Pool): void {
    for (const slot of usable) slot.turn = Math.max(slot.turn, this.#turn);
    this.#slots = usable;
  }

  pick(nowMs: number, request: PickRequest): Slot | undefined {
    const isAny = request.excluding === undefined;
    let best: Slot | undefined;
    let bestLoad = Number.POSITIVE_INFINITY;
    for (const slot of this.#slots) {
      const load = slot.inFlight === 0 ? 0 : slot.inFlight / this.#slowStart.weightOf(slot, nowMs);
      if (load > bestLoad || (!isAny && isExcluded(request, slot))) continue;
      if (load === bestLoad && best !== undefined && slot.turn >= best.turn) continue;
      best = slot;
      bestLoad = load;
    }
    if (best === undefined) return undefined;
    this.#turn = Math.max(this.#turn, best.turn);
    best.turn = this.#turn + 1 / this.#slowStart.weightOf(best, nowMs);
    return best;
  }
}
