/**
 * The configuration at hand: the round, the object's state, and which of the operations under way have taken
 * effect. It moves by choices, each letting one operation take effect, and settles after each: what only looks
 * takes effect at once, because whoever lets it happen later can let it happen now.
 */
import type { Operation } from '../../history/index.ts';
import type { Model } from '../models/index.ts';
import type { Budget } from '../verdict/index.ts';
import type { ConfigurationTable } from './configuration-table.ts';
import type { Schedule } from './schedule.ts';
import { refused, StateTable } from './state-table.ts';
import { findTwins, type Twins } from './twins.ts';
import { vacant, Window } from './window.ts';

export class Configuration<State> {
  round = 0;
  /** The number of the object's state. */
  state = 0;
  /** A bit per slot, then, from a whole word on, a bit per unknown operation. */
  readonly mask: Int32Array;
  readonly knownWords: number;
  readonly unknownWords: number;
  /** True once the budget was used up; nothing may be concluded from then on. */
  exhausted = false;
  readonly #schedule: Schedule;
  readonly #states: StateTable<State>;
  readonly #budget: Budget;
  readonly #twins: Twins;
  readonly #window: Window;
  /** Per known operation: 1 when it changes nothing. */
  readonly #onlyLooks: Uint8Array;

  constructor(model: Model<State>, schedule: Schedule, budget: Budget) {
    this.#schedule = schedule;
    this.#states = new StateTable(model);
    this.#budget = budget;
    this.#twins = findTwins(schedule, model.dependsOnProcess);
    this.#window = new Window(schedule);
    this.#onlyLooks = Uint8Array.from(schedule.known, (operation) => (model.onlyLooks?.(operation) ? 1 : 0));
    this.knownWords = words(schedule.slotCount);
    this.unknownWords = words(schedule.unknown.length);
    this.mask = new Int32Array(this.knownWords + this.unknownWords);
    this.begin();
  }

  /** Every operation that must take effect has done so. */
  get done(): boolean {
    return this.round === this.#schedule.returns.length;
  }

  /** Choices are the numbers below this. */
  get choiceCount(): number {
    return 1 + this.#window.slots.length + (this.#schedule.unknownArrivals[this.round] as number);
  }

  /** Goes back to the empty configuration; `record` gets what takes effect in it. */
  begin(record?: Operation[]): void {
    this.mask.fill(0);
    this.round = 0;
    this.state = this.#states.initial();
    if (this.done) return;
    this.#window.moveTo(0);
    this.#settle(record);
  }

  /** Takes up a configuration that `table` holds. */
  restore(table: ConfigurationTable, id: number): void {
    this.round = table.round(id);
    this.state = table.state(id);
    table.readMask(id, this.mask);
    this.#window.moveTo(this.round);
  }

  /**
   * Makes a choice: 0 is the operation that returns next, then come the slots, then the unknown operations.
   * False, and nothing changes, where it is not possible or leads nowhere else. Not for a configuration that
   * is done.
   */
  apply(choice: number, record?: Operation[]): boolean {
    const bit = this.#bitOf(choice);
    if (bit < 0) return false;
    const operation = this.#operationOf(choice);
    const next = this.#step(operation);
    if (next === refused || (next === this.state && operation.outcome === 'unknown')) return false;
    this.#set(bit);
    this.state = next;
    record?.push(operation);
    this.#settle(record);
    return true;
  }

  /** The operation that returns next, and the others that could still take effect. */
  pending(): { readonly urgent: Operation; readonly others: readonly Operation[] } {
    const { known, unknown, returns, unknownArrivals, slotOf } = this.#schedule;
    const urgent = returns[this.round] as number;
    const others = Array.from(this.#window.slots)
      .filter((index) => index !== vacant && index !== urgent && !this.#has(slotOf[index] as number))
      .map((index) => known[index] as Operation);
    const arrived = unknown.slice(0, unknownArrivals[this.round]);
    others.push(...arrived.filter((_, index) => !this.#has(this.knownWords * 32 + index)));
    return { urgent: known[urgent] as Operation, others };
  }

  /** The object's state itself. */
  stateValue(): State {
    return this.#states.state(this.state);
  }

  /** The bit of the operation that `choice` stands for, or -1 where the choice is not open or not worth trying. */
  #bitOf(choice: number): number {
    const { returns, slotOf } = this.#schedule;
    const { slots } = this.#window;
    if (choice > slots.length) return this.#unknownBit(choice - 1 - slots.length);
    const urgent = returns[this.round] as number;
    if (choice === 0) return slotOf[urgent] as number;
    const index = slots[choice - 1] as number;
    if (index === vacant || index === urgent) return -1;
    const bit = slotOf[index] as number;
    return this.#has(bit) || this.#hasUrgentTwin(index) ? -1 : bit;
  }

  #unknownBit(index: number): number {
    const bit = this.knownWords * 32 + index;
    const twin = this.#twins.unknownBefore[index] as number;
    if (this.#has(bit) || (twin >= 0 && !this.#has(this.knownWords * 32 + twin))) return -1;
    return bit;
  }

  #operationOf(choice: number): Operation {
    const { known, unknown, returns } = this.#schedule;
    const { slots } = this.#window;
    if (choice > slots.length) return unknown[choice - 1 - slots.length] as Operation;
    return known[choice === 0 ? (returns[this.round] as number) : (slots[choice - 1] as number)] as Operation;
  }

  /** Whether another operation under way does the same as `index`, has not taken effect, and returns sooner. */
  #hasUrgentTwin(index: number): boolean {
    const { kindOf } = this.#twins;
    const kind = kindOf[index] as number;
    if (kind < 0) return false;
    const { roundOf, slotOf } = this.#schedule;
    const round = roundOf[index] as number;
    for (const other of this.#window.slots) {
      if (other === vacant || kindOf[other] !== kind || (roundOf[other] as number) >= round) continue;
      if (!this.#has(slotOf[other] as number)) return true;
    }
    return false;
  }

  /** Lets everything take effect that only looks and fits, and passes the rounds whose operation is done. */
  #settle(record?: Operation[]): void {
    const { returns, slotOf } = this.#schedule;
    for (const index of this.#window.slots) if (index !== vacant) this.#absorb(index, record);
    while (!this.done) {
      const slot = slotOf[returns[this.round] as number] as number;
      if (!this.#has(slot)) return;
      this.#clear(slot);
      this.#nextRound(record);
    }
  }

  #nextRound(record?: Operation[]): void {
    const { arrivals } = this.#schedule;
    const before = arrivals[this.round] as number;
    this.round += 1;
    if (this.done) return;
    this.#window.moveTo(this.round);
    const end = arrivals[this.round] as number;
    for (let index = before; index < end; index += 1) this.#absorb(index, record);
  }

  #absorb(index: number, record?: Operation[]): void {
    if (this.#onlyLooks[index] === 0) return;
    const slot = this.#schedule.slotOf[index] as number;
    if (this.#has(slot)) return;
    const operation = this.#schedule.known[index] as Operation;
    if (this.#step(operation) === refused) return;
    this.#set(slot);
    record?.push(operation);
  }

  #step(operation: Operation): number {
    if (!this.#budget.spend(1)) this.exhausted = true;
    return this.#states.step(this.state, operation);
  }

  #has(bit: number): boolean {
    return ((this.mask[bit >>> 5] as number) & (1 << (bit & 31))) !== 0;
  }

  #set(bit: number): void {
    this.mask[bit >>> 5] = (this.mask[bit >>> 5] as number) | (1 << (bit & 31));
  }

  #clear(bit: number): void {
    this.mask[bit >>> 5] = (this.mask[bit >>> 5] as number) & ~(1 << (bit & 31));
  }
}

function words(bits: number): number {
  return (bits + 31) >>> 5;
}
