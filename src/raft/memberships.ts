/**
 * The configurations in one member's log. A configuration is in force from the moment it is appended, not
 * when it is committed (Raft §6), so truncating the log brings the one before it back. The first is the one at
 * the log's base.
 */
import { assert } from '../base/index.ts';
import type { Configuration } from './configuration.ts';

interface Placed {
  readonly index: number;
  readonly configuration: Configuration;
}

export class Memberships {
  #placed: Placed[];

  constructor(index: number, configuration: Configuration) {
    this.#placed = [{ index, configuration }];
  }

  /** In force now. */
  get current(): Configuration {
    return this.#newest().configuration;
  }

  /** Where the one in force was appended. */
  get index(): number {
    return this.#newest().index;
  }

  /** The one in force when everything up to `index` is the log. */
  at(index: number): Configuration {
    const found = this.#placed.findLast((placed) => placed.index <= index);
    assert(found !== undefined, 'a configuration is asked for at or behind the base');
    return found.configuration;
  }

  append(index: number, configuration: Configuration): void {
    assert(index > this.index, 'configurations are appended in order');
    this.#placed.push({ index, configuration });
  }

  /** True when the configuration in force changed. */
  truncateAfter(index: number): boolean {
    const before = this.#placed.length;
    while (this.#placed.length > 1 && this.index > index) this.#placed.pop();
    return this.#placed.length < before;
  }

  /** Forgets those that were replaced at or before `index`. */
  compact(index: number): void {
    while (this.#placed.length > 1 && (this.#placed[1] as Placed).index <= index) this.#placed.shift();
  }

  reset(index: number, configuration: Configuration): void {
    this.#placed = [{ index, configuration }];
  }

  #newest(): Placed {
    return this.#placed[this.#placed.length - 1] as Placed;
  }
}
