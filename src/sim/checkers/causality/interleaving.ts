/**
 * An interleaving under construction: how far each process has come, and what each register holds. Reads that
 * fit are taken at once, because nothing is lost by reading early. A write is refused where it would bury a
 * value that somebody still has to find and nobody will write again.
 */
import { noValue, type RegisterProgram } from './register-program.ts';

export class Interleaving {
  /** Per process the place of its next step, then per key its value: all that tells interleavings apart. */
  readonly cells: Int32Array;
  /** Steps that must still happen. */
  remaining: number;
  readonly #program: RegisterProgram;
  readonly #width: number;
  /** Per value: how many steps to come must find it, and how many leave it. */
  readonly #wanted: Int32Array;
  readonly #supplied: Int32Array;

  constructor(program: RegisterProgram) {
    this.#program = program;
    this.#width = program.chainStarts.length - 1;
    this.cells = new Int32Array(this.#width + program.initialValues.length);
    this.cells.set(program.chainStarts.subarray(0, this.#width));
    this.cells.set(program.initialValues, this.#width);
    this.#wanted = new Int32Array(program.valueCount);
    this.#supplied = new Int32Array(program.valueCount);
    this.remaining = 0;
    for (let step = 0; step < program.count; step += 1) this.#count(step, 1);
  }

  get processCount(): number {
    return this.#width;
  }

  /** The next step of a process, or -1 at its end. */
  head(process: number): number {
    const step = this.cells[process] as number;
    return step < (this.#program.chainStarts[process + 1] as number) ? step : -1;
  }

  /** Goes to the interleaving whose cells these are. */
  restore(cells: Int32Array): void {
    for (let process = 0; process < this.#width; process += 1) {
      const target = cells[process] as number;
      for (let step = this.cells[process] as number; step < target; step += 1) this.#count(step, -1);
      for (let step = this.cells[process] as number; step > target; step -= 1) this.#count(step - 1, 1);
    }
    this.cells.set(cells);
  }

  /** Takes the next step of a process if that is possible and not hopeless; settles. False: nothing changed. */
  take(process: number): boolean {
    const step = this.head(process);
    if (step < 0 || !this.#fits(step)) return false;
    const slot = this.#width + (this.#program.keyOf[step] as number);
    const old = this.cells[slot] as number;
    const left = this.#program.leaves[step] as number;
    this.#count(step, -1);
    if (left !== noValue && left !== old && this.#lastChance(old)) {
      this.#count(step, 1);
      return false;
    }
    if (left !== noValue) this.cells[slot] = left;
    this.cells[process] = step + 1;
    this.settle();
    return true;
  }

  /** Takes every next step that changes nothing and fits. */
  settle(): void {
    for (let process = 0; process < this.#width; process += 1) {
      for (let step = this.head(process); step >= 0; step = this.head(process)) {
        if (this.#program.leaves[step] !== noValue || !this.#fits(step)) break;
        this.#count(step, -1);
        this.cells[process] = step + 1;
      }
    }
  }

  /** The steps that still have to find what a register holds now, and will not find it later. */
  wanting(): readonly number[] {
    const { chainStarts, keyOf, finds, optional } = this.#program;
    const steps: number[] = [];
    for (let process = 0; process < this.#width; process += 1) {
      const end = chainStarts[process + 1] as number;
      for (let step = this.cells[process] as number; step < end; step += 1) {
        const held = this.cells[this.#width + (keyOf[step] as number)] as number;
        if (finds[step] === held && optional[step] === 0 && this.#lastChance(held)) steps.push(step);
      }
    }
    return steps;
  }

  /** Whether a value that is overwritten now is missed by somebody for ever. */
  #lastChance(value: number): boolean {
    return this.#wanted[value] !== 0 && this.#supplied[value] === 0;
  }

  #fits(step: number): boolean {
    const { keyOf, finds, avoids } = this.#program;
    const value = this.cells[this.#width + (keyOf[step] as number)];
    if (finds[step] !== noValue) return finds[step] === value;
    return avoids[step] === noValue || avoids[step] !== value;
  }

  /** Counts a step in (1) or out (-1) of those to come. */
  #count(step: number, change: 1 | -1): void {
    const { finds, leaves, optional } = this.#program;
    const [found, left] = [finds[step] as number, leaves[step] as number];
    if (left !== noValue) this.#supplied[left] = (this.#supplied[left] as number) + change;
    if (optional[step] === 1) return;
    this.remaining += change;
    if (found !== noValue) this.#wanted[found] = (this.#wanted[found] as number) + change;
  }
}
