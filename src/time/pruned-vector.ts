/**
 * A version vector from which actors were dropped, and which knows it. Vectors grow with every actor there ever was;
 * who drops entries and goes on comparing is told `before` where the truth is `concurrent`, and overwrites a version
 * that nobody has seen. So a vector that was pruned keeps, for all that it no longer lists, one bound: an actor that
 * is not listed has between 0 and `unlistedMost` events in it. What is compared is then not numbers but ranges, and
 * where the ranges leave two answers open, the answer is `unknown`: treat it as `concurrent`, which keeps both.
 *
 * It is a type of its own, because a pruned vector cannot stand where the four answers of an exact one are promised.
 * Merging takes the greater of both ends of each range, unlisted actors included, so it is commutative, associative
 * and idempotent, and the range of each actor always holds the truth. (Keeping only the counters above a bound would
 * be smaller, but it would drop who is quiet and not who is gone. Dropping what every replica is known to have would
 * lose nothing, but takes an agreement, which is a matter for whoever has one.)
 */
import { assert } from '../base/index.ts';
import { checkActor, compareTexts } from './actor.ts';
import { wholeNumber } from './figures.ts';
import type { CausalOrder, VersionVector } from './version-vector.ts';

/** How many events of an actor are in a vector: one number, or, behind pruning, what it lies between. */
export interface EventRange {
  readonly least: number;
  readonly most: number;
}

type Likelihood = 'yes' | 'no' | 'maybe';

export class PrunedVector {
  /** By actor, in order. Each is known to have an event: of whom nothing is known, nothing is listed. */
  readonly #ranges: ReadonlyMap<string, EventRange>;

  /** Of an actor that is not listed at most so many events are in it. */
  readonly unlistedMost: number;

  private constructor(ranges: ReadonlyMap<string, EventRange>, unlistedMost: number) {
    this.#ranges = ranges;
    this.unlistedMost = unlistedMost;
  }

  /** `vector` without `gone`. Choose actors that make no more events: each that does comes back with its next one. */
  static prune(vector: VersionVector | PrunedVector, gone: Iterable<string>): PrunedVector {
    const { ranges, unlistedMost } = rangesOf(vector);
    const kept = new Map(ranges);
    let most = unlistedMost;
    for (const actor of gone) {
      most = Math.max(most, kept.get(actor)?.most ?? 0);
      kept.delete(actor);
    }
    return PrunedVector.#inOrder(kept, most);
  }

  /** From what `entries` and `unlistedMost` told. */
  static of(
    entries: Iterable<readonly [actor: string, range: EventRange]>,
    unlistedMost: number,
  ): PrunedVector {
    wholeNumber('unlistedMost', unlistedMost, 0, Number.MAX_SAFE_INTEGER);
    const ranges = new Map(entries);
    for (const [actor, { least, most }] of ranges) {
      checkActor(actor);
      wholeNumber('least', least, 1, Number.MAX_SAFE_INTEGER);
      wholeNumber('most', most, least, Number.MAX_SAFE_INTEGER);
    }
    return PrunedVector.#inOrder(ranges, unlistedMost);
  }

  /** How many actors are listed. */
  get size(): number {
    return this.#ranges.size;
  }

  get(actor: string): EventRange {
    return this.#ranges.get(actor) ?? { least: 0, most: this.unlistedMost };
  }

  /** In the order of the actors. */
  entries(): IterableIterator<[actor: string, range: EventRange]> {
    return this.#ranges.entries();
  }

  /** One more event of `actor`, however many there were. */
  increment(actor: string): PrunedVector {
    checkActor(actor);
    const { least, most } = this.get(actor);
    assert(Number.isSafeInteger(most + 1), 'an actor has no more events than can be counted');
    const ranges = new Map(this.#ranges).set(actor, { least: least + 1, most: most + 1 });
    return PrunedVector.#inOrder(ranges, this.unlistedMost);
  }

  merge(other: VersionVector | PrunedVector): PrunedVector {
    const right = asPruned(other);
    const ranges = new Map<string, EventRange>();
    for (const actor of actorsOf(this, right)) {
      const mine = this.get(actor);
      const others = right.get(actor);
      ranges.set(actor, {
        least: Math.max(mine.least, others.least),
        most: Math.max(mine.most, others.most),
      });
    }
    return PrunedVector.#inOrder(ranges, Math.max(this.unlistedMost, right.unlistedMost));
  }

  /** Never an order that the dropped events might belie. */
  compare(other: VersionVector | PrunedVector): CausalOrder | 'unknown' {
    if (other === this) return 'equal';
    const right = asPruned(other);
    const actors = actorsOf(this, right);
    const isWithin = within(this, right, actors);
    const contains = within(right, this, actors);
    if (isWithin === 'no' && contains === 'no') return 'concurrent';
    if (isWithin === 'maybe' || contains === 'maybe') return 'unknown';
    if (isWithin === 'yes') return contains === 'yes' ? 'equal' : 'before';
    return 'after';
  }

  static #inOrder(ranges: ReadonlyMap<string, EventRange>, unlistedMost: number): PrunedVector {
    const entries = [...ranges].sort(([left], [right]) => compareTexts(left, right));
    return new PrunedVector(new Map(entries), unlistedMost);
  }
}

function asPruned(vector: VersionVector | PrunedVector): PrunedVector {
  return vector instanceof PrunedVector ? vector : PrunedVector.prune(vector, []);
}

function rangesOf(vector: VersionVector | PrunedVector): {
  readonly ranges: Iterable<readonly [string, EventRange]>;
  readonly unlistedMost: number;
} {
  if (vector instanceof PrunedVector) return { ranges: vector.entries(), unlistedMost: vector.unlistedMost };
  const ranges = [...vector.entries()].map(
    ([actor, events]) => [actor, { least: events, most: events }] as const,
  );
  return { ranges, unlistedMost: 0 };
}

function actorsOf(left: PrunedVector, right: PrunedVector): ReadonlySet<string> {
  return new Set([...left.entries(), ...right.entries()].map(([actor]) => actor));
}

/** Whether everything in `left` is in `right`. */
function within(left: PrunedVector, right: PrunedVector, actors: ReadonlySet<string>): Likelihood {
  // For whom neither lists: `left` may have any number up to its bound, and `right` may have none.
  let likelihood: Likelihood = left.unlistedMost === 0 ? 'yes' : 'maybe';
  for (const actor of actors) {
    const mine = left.get(actor);
    const others = right.get(actor);
    if (mine.least > others.most) return 'no';
    if (mine.most > others.least) likelihood = 'maybe';
  }
  return likelihood;
}
