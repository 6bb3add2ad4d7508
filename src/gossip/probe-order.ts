/**
 * Whom to probe next: all live members in a random order, each once, then in another order. So between two probes
 * of one member by one node lie at most twice as many as there are members, and no member is unlucky for long. A
 * newcomer is put in at a random place. The same list serves for drawing members at random.
 */
import { assert, type Prng } from '../base/index.ts';

export class ProbeOrder {
  readonly #random: Prng;
  #ids: string[] = [];
  #next = 0;

  constructor(random: Prng) {
    this.#random = random;
  }

  /** Live members beside this node. */
  get size(): number {
    return this.#ids.length;
  }

  add(id: string): void {
    const place = this.#random.below(this.#ids.length + 1);
    this.#ids.splice(place, 0, id);
    // Before the place of the next one it waits for the next round, and nobody else is passed over.
    if (place < this.#next) this.#next += 1;
  }

  remove(id: string): void {
    const place = this.#ids.indexOf(id);
    assert(place >= 0, 'who is taken out of the order was in it');
    this.#ids.splice(place, 1);
    if (place < this.#next) this.#next -= 1;
  }

  next(): string | undefined {
    if (this.#next >= this.#ids.length) {
      this.#ids = this.#random.shuffled(this.#ids);
      this.#next = 0;
    }
    const id = this.#ids[this.#next];
    this.#next += 1;
    return id;
  }

  /** Up to `count` different ones at random, without `except`. */
  sample(count: number, except?: string): string[] {
    const ids = this.#ids;
    if (ids.length <= count + 1) {
      return this.#random
        .shuffled(ids)
        .filter((id) => id !== except)
        .slice(0, count);
    }
    // Two more than are wanted, at least: each draw may hit one that is free, and few are drawn.
    const drawn: string[] = [];
    while (drawn.length < count) {
      const id = ids[this.#random.below(ids.length)] as string;
      if (id !== except && !drawn.includes(id)) drawn.push(id);
    }
    return drawn;
  }
}
