/**
 * Which operation holds which slot in a round. A depth-first search goes forward and back by a few rounds at a
 * time, so the slots are changed step by step instead of being kept for every round.
 */
import type { Schedule } from './schedule.ts';

/** Nobody holds the slot. */
export const vacant = -1;

export class Window {
  readonly slots: Int32Array;
  readonly #schedule: Schedule;
  #round = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.slots = new Int32Array(schedule.slotCount).fill(vacant);
    this.#arrive(0, schedule.arrivals[0] ?? 0);
  }

  /** Makes `slots` those of `round`, which is one of the schedule's. */
  moveTo(round: number): void {
    while (this.#round < round) this.#forward();
    while (this.#round > round) this.#back();
  }

  #forward(): void {
    const { returns, arrivals, slotOf } = this.#schedule;
    this.slots[slotOf[returns[this.#round] as number] as number] = vacant;
    this.#arrive(arrivals[this.#round] as number, arrivals[this.#round + 1] as number);
    this.#round += 1;
  }

  #back(): void {
    const { returns, arrivals, slotOf } = this.#schedule;
    this.#round -= 1;
    const end = arrivals[this.#round + 1] as number;
    for (let operation = arrivals[this.#round] as number; operation < end; operation += 1)
      this.slots[slotOf[operation] as number] = vacant;
    const returned = returns[this.#round] as number;
    this.slots[slotOf[returned] as number] = returned;
  }

  #arrive(from: number, to: number): void {
    for (let operation = from; operation < to; operation += 1)
      this.slots[this.#schedule.slotOf[operation] as number] = operation;
  }
}
