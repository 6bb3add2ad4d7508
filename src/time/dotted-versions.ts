/**
 * Dotted version vectors, in their form for sets of siblings (Preguiça, Baquero, Almeida, Fonte and Gonçalves:
 * Dotted Version Vectors: Logical Clocks for Optimistic Replication, 2010; Almeida and others: Scalable and Accurate
 * Causality Tracking for Eventually Consistent Stores, 2014).
 *
 * A vector for each sibling cannot say that a write has seen event 1 of a replica and is event 3 of it: it claims 2
 * as well, and either overwrites what its writer never saw, or multiplies siblings. Here each value has the dot of
 * its one event, and all values of a key share one vector of what was seen. A dot that is in the vector and has no
 * value was overwritten, so its value does not come back; a dot beyond the other's vector is news. For each actor the
 * values are those of its last events without a gap, because what a client has read of an actor is always its first
 * events; so a count and a list are enough, and the vector is as long as there are replicas, not as clients.
 *
 * What it asks of its users: an actor is one replica whose state is not rolled back (one that has lost its state
 * takes a new name), and a context is passed on as it was read, whole.
 */
import { assert } from '../base/index.ts';
import { checkActor, compareTexts } from './actor.ts';
import { wholeNumber } from './figures.ts';
import { VersionVector } from './version-vector.ts';

/** What is known of one actor: its first `events` events, and of the last of them the values, the newest first. */
export interface ActorEvents<Value> {
  readonly events: number;
  readonly values: readonly Value[];
}

export class DottedVersions<Value> {
  /** By actor, in order; each with at least one event. */
  readonly #actors: ReadonlyMap<string, ActorEvents<Value>>;

  private constructor(actors: ReadonlyMap<string, ActorEvents<Value>>) {
    this.#actors = actors;
  }

  static empty<Content>(): DottedVersions<Content> {
    return new DottedVersions<Content>(new Map());
  }

  /** From what `entries` told. */
  static of<Content>(
    entries: Iterable<readonly [actor: string, known: ActorEvents<Content>]>,
  ): DottedVersions<Content> {
    const actors = new Map(entries);
    for (const [actor, { events, values }] of actors) {
      checkActor(actor);
      wholeNumber('events', events, Math.max(1, values.length), Number.MAX_SAFE_INTEGER);
    }
    return DottedVersions.#inOrder(actors);
  }

  /** What a reader has seen who sees this: hand it back with what is written because of it. */
  get context(): VersionVector {
    return VersionVector.of([...this.#actors].map(([actor, { events }]) => [actor, events]));
  }

  /** The siblings: one where nobody wrote without having seen the other, none where nothing was written. */
  get values(): readonly Value[] {
    return [...this.#actors.values()].flatMap(({ values }) => values);
  }

  /** In the order of the actors. */
  entries(): IterableIterator<[actor: string, known: ActorEvents<Value>]> {
    return this.#actors.entries();
  }

  /** What two replicas know together: values that one has and the other has overwritten are gone. */
  sync(other: DottedVersions<Value>): DottedVersions<Value> {
    const actors = new Map(this.#actors);
    for (const [actor, theirs] of other.#actors) {
      const mine = actors.get(actor);
      actors.set(actor, mine === undefined ? theirs : together(mine, theirs));
    }
    return DottedVersions.#inOrder(actors);
  }

  /** Without the values that a reader with `context` has seen; what was seen stays seen. */
  discard(context: VersionVector): DottedVersions<Value> {
    const seen = [...context.entries()].map(([actor, events]) => [actor, { events, values: [] }] as const);
    return this.sync(new DottedVersions<Value>(new Map(seen)));
  }

  /** One more event at `actor`, with `value`, beside the values that are there. */
  event(actor: string, value: Value): DottedVersions<Value> {
    checkActor(actor);
    const known = this.#actors.get(actor);
    const events = (known?.events ?? 0) + 1;
    assert(Number.isSafeInteger(events), 'an actor has no more events than can be counted');
    const values = [value, ...(known?.values ?? [])];
    return DottedVersions.#inOrder(new Map(this.#actors).set(actor, { events, values }));
  }

  /** A write at replica `actor` by who has seen `context`: it replaces what was seen, and nothing else. */
  update(write: {
    readonly actor: string;
    readonly context: VersionVector;
    readonly value: Value;
  }): DottedVersions<Value> {
    return this.discard(write.context).event(write.actor, write.value);
  }

  static #inOrder<Content>(actors: ReadonlyMap<string, ActorEvents<Content>>): DottedVersions<Content> {
    return new DottedVersions(new Map([...actors].sort(([left], [right]) => compareTexts(left, right))));
  }
}

/** Of one actor. A value survives that both have, or that one has and the other has not heard of. */
function together<Value>(mine: ActorEvents<Value>, theirs: ActorEvents<Value>): ActorEvents<Value> {
  const [newer, older] = mine.events >= theirs.events ? [mine, theirs] : [theirs, mine];
  const overwritten = Math.max(newer.events - newer.values.length, older.events - older.values.length);
  return { events: newer.events, values: newer.values.slice(0, Math.max(0, newer.events - overwritten)) };
}
