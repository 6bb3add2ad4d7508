/**
 * How well this node itself does (Lifeguard, section IV-A). A node that misses answers which others get, or has to
 * contradict that it is dead, is more likely the one that is slow; it then probes less often and waits longer, so
 * that its own trouble does not become the others’.
 */
import { assert } from '../base/index.ts';

export class LocalHealth {
  readonly #scoreMax: number;
  #score = 0;

  /** `factorMax`: how many times slower at most. */
  constructor(factorMax: number) {
    assert(factorMax >= 1, 'trouble does not make a node faster');
    this.#scoreMax = factorMax - 1;
  }

  /** By how much to stretch periods and timeouts; 1 while all is well. */
  get factor(): number {
    return this.#score + 1;
  }

  better(): void {
    this.#score = Math.max(0, this.#score - 1);
  }

  worse(by: number): void {
    this.#score = Math.min(this.#scoreMax, this.#score + by);
  }
}
