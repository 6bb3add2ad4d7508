/** Pickers by chance: one at random, or the better one of two at random, which is nearly as good as the best of all. */
import type { Prng } from '../../base/index.ts';
import type { Picker, PickRequest, Pool } from './picker.ts';
import type { Slot } from './slot.ts';
import type { SlowStart } from './slow-start.ts';
import { WeightedDraw } from './weighted-draw.ts';

export class RandomPicker implements Picker {
  readonly #draw: WeightedDraw;

  constructor(random: Prng, slowStart: SlowStart) {
    this.#draw = new WeightedDraw(random, slowStart);
  }

  update({ usable }: Pool): void {
    this.#draw.update(usable);
  }

  pick(nowMs: number, request: PickRequest): Slot | undefined {
    return this.#draw.draw(nowMs, request);
  }
}

/** By what one of two instances is picked. */
export interface LoadMeasure {
  /** Whether `left` has less to do than `right`. */
  isLess(left: Slot, right: Slot, nowMs: number): boolean;
}

/**
 * The power of two choices (Mitzenmacher 1996): draws two by weight and takes the one with less load, of equal ones the
 * one that was drawn first, so that shares are by weight where nobody has anything to do.
 */
export class TwoChoices implements Picker {
  readonly #draw: WeightedDraw;
  readonly #measure: LoadMeasure;

  constructor(random: Prng, slowStart: SlowStart, measure: LoadMeasure) {
    this.#draw = new WeightedDraw(random, slowStart);
    this.#measure = measure;
  }

  update({ usable }: Pool): void {
    this.#draw.update(usable);
  }

  pick(nowMs: number, request: PickRequest): Slot | undefined {
    const { slots } = this.#draw;
    const { length } = slots;
    if (length < 2 || request.excluding !== undefined || !this.#draw.isPlain(nowMs)) {
      return this.#pickAmongSome(nowMs, request);
    }
    const first = this.#draw.place();
    const second = this.#draw.placeBesides(first);
    return this.#lighter(slots[first] as Slot, slots[second] as Slot, nowMs);
  }

  #pickAmongSome(nowMs: number, request: PickRequest): Slot | undefined {
    const first = this.#draw.draw(nowMs, request);
    if (first === undefined || this.#draw.slots.length === 1) return first;
    const second = this.#draw.draw(nowMs, request, first);
    return second === undefined ? first : this.#lighter(first, second, nowMs);
  }

  #lighter(first: Slot, second: Slot, nowMs: number): Slot {
    return this.#measure.isLess(second, first, nowMs) ? second : first;
  }
}

/** Calls under way, against its weight. */
export const callsUnderWay: LoadMeasure = {
  isLess: (left, right) => left.inFlight * right.weight < right.inFlight * left.weight,
};
