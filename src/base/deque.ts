/**
 * A double-ended queue on a ring whose size is a power of two: every operation is a mask and a store, and
 * `shift` does not move the rest as an array's does.
 */
import { assert } from './assert.ts';

export class Deque<T> {
  #ring: (T | undefined)[] = new Array<T | undefined>(16);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  pushBack(element: T): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = element;
    this.#size += 1;
  }

  pushFront(element: T): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = element;
    this.#size += 1;
  }

  popFront(): T | undefined {
    if (this.#size === 0) return undefined;
    const element = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size -= 1;
    return element;
  }

  popBack(): T | undefined {
    if (this.#size === 0) return undefined;
    this.#size -= 1;
    const index = (this.#head + this.#size) & (this.#ring.length - 1);
    const element = this.#ring[index];
    this.#ring[index] = undefined;
    return element;
  }

  front(): T | undefined {
    return this.#ring[this.#head];
  }

  back(): T | undefined {
    return this.#size === 0 ? undefined : this.at(this.#size - 1);
  }

  /** The element `index` places behind the front. */
  at(index: number): T {
    // The message is constant, because building one would cost more than the access.
    assert(index >= 0 && index < this.#size, 'an index lies within the deque');
    return this.#ring[(this.#head + index) & (this.#ring.length - 1)] as T;
  }

  clear(): void {
    this.#ring = new Array<T | undefined>(16);
    this.#head = 0;
    this.#size = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = 0; index < this.#size; index += 1) yield this.at(index);
  }

  #grow(): void {
    const grown = new Array<T | undefined>(this.#ring.length * 2);
    for (let index = 0; index < this.#size; index += 1) grown[index] = this.at(index);
    this.#ring = grown;
    this.#head = 0;
  }
}
