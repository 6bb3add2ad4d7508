/**
 * Pickers that take turns. Round robin goes around; the smooth weighted one is nginx's: with each pick every slot gains
 * its weight, the richest is picked and pays the sum, so that a heavy one is spread out between the others instead of
 * being picked several times in a row.
 */
import type { Prng } from '../../base/index.ts';
import { isExcluded, type Picker, type PickRequest, type Pool } from './picker.ts';
import type { Slot } from './slot.ts';
import type { SlowStart } from './slow-start.ts';

export class RoundRobin implements Picker {
  readonly #random: Prng;
  #slots: readonly Slot[] = [];
  #next = -1;

  constructor(random: Prng) {
    this.#random = random;
  }

  /** Begins somewhere: many processes that start together would all begin with the same instance. */
  update({ usable }: Pool): void {
    if (this.#next < 0 && usable.length > 0) this.#next = this.#random.below(usable.length);
    this.#slots = usable;
  }

  pick(_nowMs: number, request: PickRequest): Slot | undefined {
    const slots = this.#slots;
    for (const _ of slots) {
      const place = this.#next < slots.length ? this.#next : 0;
      this.#next = place + 1;
      const slot = slots[place] as Slot;
      if (!isExcluded(request, slot)) return slot;
    }
    return undefined;
  }
}

export class SmoothWeighted implements Picker {
  readonly #slowStart: SlowStart;
  #slots: readonly Slot[] = [];

  constructor(slowStart: SlowStart) {
    this.#slowStart = slowStart;
  }

  /** What those that have left took with them is made up for, or who comes would have many turns at once. */
  update({ usable }: Pool): void {
    const known = new Set(this.#slots);
    const staying = usable.filter((slot) => known.has(slot));
    const mean = staying.reduce((sum, { turn }) => sum + turn, 0) / Math.max(1, staying.length);
    for (const slot of usable) slot.turn = known.has(slot) ? slot.turn - mean : 0;
    this.#slots = usable;
  }

  pick(nowMs: number, request: PickRequest): Slot | undefined {
    const isAny = request.excluding === undefined;
    let best: Slot | undefined;
    let total = 0;
    for (const slot of this.#slots) {
      if (!isAny && isExcluded(request, slot)) continue;
      const weight = this.#slowStart.weightOf(slot, nowMs);
      slot.turn += weight;
      total += weight;
      if (best === undefined || slot.turn > best.turn) best = slot;
    }
    if (best !== undefined) best.turn -= total;
    return best;
  }
}
