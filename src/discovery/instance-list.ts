/**
 * All instances of a service as a value that never changes: another state is another list, which shares with the one
 * before it what they have in common. The array that readers get is made when somebody reads it, and kept: where ten
 * thousand instances come and go one by one, a change costs itself and not ten thousand places, and who looks for one
 * instance by its id needs no array at all.
 */
import type { Instance } from './instance.ts';
import { type InstanceChanges, instanceIn, withChanges } from './sorted-instances.ts';

/** So many changes are looked through in front of an array before another array is made. */
const changesMax = 16;
const unchanged: InstanceChanges = new Map();

export class InstanceList {
  readonly length: number;
  #array: readonly Instance[];
  /** Of the array, not in it yet. */
  #changes: InstanceChanges;

  private constructor(length: number, array: readonly Instance[], changes: InstanceChanges) {
    this.length = length;
    this.#array = array;
    this.#changes = changes;
  }

  /** Of these, which are in the order of their ids. */
  static of(sorted: readonly Instance[]): InstanceList {
    return new InstanceList(sorted.length, sorted, unchanged);
  }

  /** In the order of their ids; the same array each time. */
  get instances(): readonly Instance[] {
    if (this.#changes.size > 0) {
      this.#array = withChanges(this.#array, this.#changes);
      this.#changes = unchanged;
    }
    return this.#array;
  }

  get(id: string): Instance | undefined {
    return this.#changes.has(id) ? this.#changes.get(id) : instanceIn(this.#array, id);
  }

  /** The list with these changes; the same list where they change nothing. */
  with(changes: InstanceChanges): InstanceList {
    let { length } = this;
    const different = new Map<string, Instance | undefined>();
    for (const [id, instance] of changes) {
      const known = this.get(id);
      if (known === instance) continue;
      different.set(id, instance);
      if (known === undefined) length += 1;
      else if (instance === undefined) length -= 1;
    }
    if (different.size === 0) return this;
    if (this.#changes.size + different.size > changesMax)
      return new InstanceList(length, this.instances, different);
    const all = this.#changes.size === 0 ? different : new Map([...this.#changes, ...different]);
    return new InstanceList(length, this.#array, all);
  }
}
