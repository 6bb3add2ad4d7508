/**
 * Version vectors (Parker and others: Detection of Mutual Inconsistency in Distributed Systems, 1983): for each
 * actor how many of its events are in a version. Of two versions one contains the other, or neither does: then both
 * have seen what the other has not, and an order between them would be made up. Hence four answers and no number.
 *
 * A vector is a value: what changes it makes another. An actor that has no events in it is not listed, so equal
 * vectors have equal bytes.
 */
import { assert } from '../base/index.ts';
import { checkActor, compareTexts } from './actor.ts';
import { wholeNumber } from './figures.ts';

/** `before`: everything in the left one is in the right one, and not the other way round. */
export type CausalOrder = 'equal' | 'before' | 'after' | 'concurrent';

export class VersionVector {
  static readonly empty: VersionVector = new VersionVector(new Map());

  /** By actor, in order; each at least 1. */
  readonly #counters: ReadonlyMap<string, number>;

  private constructor(counters: ReadonlyMap<string, number>) {
    this.#counters = counters;
  }

  /** From pairs in any order. Of two for one actor the greater counts; a count of 0 lists nothing. */
  static of(entries: Iterable<readonly [actor: string, events: number]>): VersionVector {
    const counters = new Map<string, number>();
    for (const [actor, events] of entries) {
      checkActor(actor);
      wholeNumber('events', events, 0, Number.MAX_SAFE_INTEGER);
      if (events > (counters.get(actor) ?? 0)) counters.set(actor, events);
    }
    return VersionVector.#inOrder(counters);
  }

  /** How many actors are listed. */
  get size(): number {
    return this.#counters.size;
  }

  /** How many events of `actor` are in it. */
  get(actor: string): number {
    return this.#counters.get(actor) ?? 0;
  }

  /** In the order of the actors. */
  entries(): IterableIterator<[actor: string, events: number]> {
    return this.#counters.entries();
  }

  /** One more event of `actor`. */
  increment(actor: string): VersionVector {
    checkActor(actor);
    const events = this.get(actor) + 1;
    assert(Number.isSafeInteger(events), 'an actor has no more events than can be counted');
    const counters = new Map(this.#counters).set(actor, events);
    return this.#counters.has(actor) ? new VersionVector(counters) : VersionVector.#inOrder(counters);
  }

  /** All events of both, and no other. */
  merge(other: VersionVector): VersionVector {
    const order = this.compare(other);
    if (order === 'equal' || order === 'after') return this;
    if (order === 'before') return other;
    const counters = new Map(this.#counters);
    for (const [actor, events] of other.#counters) {
      if (events > (counters.get(actor) ?? 0)) counters.set(actor, events);
    }
    return VersionVector.#inOrder(counters);
  }

  compare(other: VersionVector): CausalOrder {
    const isWithin = this.#isWithin(other);
    const contains = other.#isWithin(this);
    if (isWithin) return contains ? 'equal' : 'before';
    return contains ? 'after' : 'concurrent';
  }

  #isWithin(other: VersionVector): boolean {
    if (this.size > other.size) return false;
    for (const [actor, events] of this.#counters) if (events > other.get(actor)) return false;
    return true;
  }

  static #inOrder(counters: ReadonlyMap<string, number>): VersionVector {
    const entries = [...counters].sort(([left], [right]) => compareTexts(left, right));
    return entries.length === 0 ? VersionVector.empty : new VersionVector(new Map(entries));
  }
}
