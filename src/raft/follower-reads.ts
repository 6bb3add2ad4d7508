/**
 * Reads on a follower: the leader is asked for an index, once per turn for all reads of the turn, and the
 * reads are served here when the state machine has reached it. A question that gets no answer in time
 * fails; it is never sent again under the same number, so a late answer to an old one cannot be taken for
 * an answer to a new one.
 */

interface Asked {
  readonly context: number;
  readonly ids: readonly number[];
  ticksLeft: number;
}

export class FollowerReads {
  readonly #asked = new Map<number, Asked>();
  #gathered: number[] = [];
  #context: number;
  #size = 0;

  /** Contexts start at a random number, so that a restarted member does not take answers to its former life. */
  constructor(firstContext: number) {
    this.#context = firstContext;
  }

  get size(): number {
    return this.#size;
  }

  get hasGathered(): boolean {
    return this.#gathered.length > 0;
  }

  add(id: number): void {
    this.#gathered.push(id);
    this.#size += 1;
  }

  /** One question for all that was gathered. */
  ask(ticksLeft: number): number {
    this.#context += 1;
    this.#asked.set(this.#context, { context: this.#context, ids: this.#gathered, ticksLeft });
    this.#gathered = [];
    return this.#context;
  }

  /** The reads that `context` stands for; none when it was given up or answered before. */
  answered(context: number): readonly number[] {
    const asked = this.#asked.get(context);
    if (asked === undefined) return [];
    return this.#drop(asked);
  }

  /** The reads whose time is over. */
  tick(): readonly number[] {
    const late: number[] = [];
    for (const asked of this.#asked.values()) {
      asked.ticksLeft -= 1;
      if (asked.ticksLeft <= 0) late.push(...this.#drop(asked));
    }
    return late;
  }

  takeAll(): readonly number[] {
    const all = [...this.#gathered, ...[...this.#asked.values()].flatMap((asked) => asked.ids)];
    this.#asked.clear();
    this.#gathered = [];
    this.#size = 0;
    return all;
  }

  #drop(asked: Asked): readonly number[] {
    this.#asked.delete(asked.context);
    this.#size -= asked.ids.length;
    return asked.ids;
  }
}
