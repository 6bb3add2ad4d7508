/**
 * A line: places in a directory, each with the number of its creation, so that everybody agrees on who came first. Who
 * comes looks whether it is his turn in the same breath as he takes his place; else he waits for the one place that
 * is in his way and for no other, so that one departure wakes one waiter. After each wait the server is asked again,
 * because a session may have ended meanwhile, and with it the place.
 */
import { isQuorateError, linkSignals, QuorateError, untilAborted } from '../base/index.ts';
import type { Item, Listing, Mark, WatchBatch, WatchTarget } from '../engines/port/index.ts';
import { Place } from './place.ts';
import type { RecipeContext } from './recipe-context.ts';
import { WaitLimit, type WaitOptions } from './wait-limit.ts';

/** With this reason ends the watch of a place that somebody of this process has left. */
const leftHere = new Error('who stood before has left');

/** What is waited for. */
export interface Obstacle {
  readonly target: WatchTarget;
  readonly mark: Mark | undefined;
  /** Whether this is a reason to look again. */
  isPassedBy(batch: WatchBatch): boolean;
}

export interface Arrival {
  readonly place: Place;
  readonly key: string;
  readonly token: number;
  /** Whether others may have stood behind it when the turn came. */
  readonly isFollowed: boolean;
  readonly signal: AbortSignal;
  /** Throws `not-granted` for who does not wait at all. */
  checkMayWait(): void;
}

export interface LineRules {
  /** How it is called in errors, such as `lock orders`. */
  readonly what: string;
  readonly directory: string;
  readonly label: string;
  /** What is in the place; shown to those who wait. */
  readonly value: Uint8Array;
  /** How many of the first `isTurn` needs to know. */
  readonly heads: number;
  /** How many of those ahead `obstacle` needs to know, the nearest first. Absent: all. */
  readonly aheadMax?: number;
  /** Whether it is the turn of `own`, as far as that can be told from the first places: the quick way to find out. */
  isTurn(heads: readonly Item[], own: string): boolean;
  /** Throws for what must not be in one line with `own`, which is undefined while it has no place. */
  inspect?(items: readonly Item[], own: string | undefined): void;
  /** The first thing that has to pass before it is the turn of who stands behind these. Undefined: it is his turn. */
  obstacle(ahead: Listing): Obstacle | undefined;
  /** Who holds it, as the value of the first place says. */
  holderOf(value: Uint8Array): string;
  /** Done when the turn has come, and before anybody hears of it. */
  onTurn?(arrival: Arrival): Promise<void>;
}

export interface EnterOptions extends WaitOptions {
  /** What is in this place instead. */
  readonly value?: Uint8Array;
}

/** A place whose turn it is. */
export interface Turn {
  readonly place: Place;
  readonly key: string;
  /** When it was created, by which it is told from all that were before it. */
  readonly token: number;
}

export class Line {
  readonly #context: RecipeContext;
  readonly #rules: LineRules;

  constructor(context: RecipeContext, rules: LineRules) {
    this.#context = context;
    this.#rules = rules;
  }

  get what(): string {
    return this.#rules.what;
  }

  /** Whether this is a key of a place here. */
  holds(key: string): boolean {
    return key.startsWith(`${this.#rules.directory}/`);
  }

  /** Resolves when it is the turn of who calls. Whoever gives up leaves no place behind. */
  async enter(ttlMs: number, { value = this.#rules.value, ...options }: EnterOptions): Promise<Turn> {
    using limit = new WaitLimit(this.#context, this.#rules.what, options);
    return await this.#enter(ttlMs, limit, value);
  }

  /** Undefined when somebody would have to be waited for. */
  async tryEnter(ttlMs: number, { signal }: Pick<WaitOptions, 'signal'>): Promise<Turn | undefined> {
    const { what, directory, aheadMax } = this.#rules;
    using limit = new WaitLimit(this.#context, what, {
      wait: 0,
      ...(signal === undefined ? {} : { signal }),
    });
    limit.signal.throwIfAborted();
    const bound = aheadMax === undefined ? {} : { limit: aheadMax };
    const all = await this.#context.engine.list(directory, {
      descending: true,
      signal: limit.signal,
      ...bound,
    });
    // Looked at before a place is taken, since every place that is left again wakes whoever stands behind it.
    this.#rules.inspect?.(all.items, undefined);
    if (this.#rules.obstacle(all) !== undefined) return undefined;
    try {
      return await this.#enter(ttlMs, limit, this.#rules.value);
    } catch (error) {
      if (isQuorateError(error) && error.code === 'not-granted') return undefined;
      throw error;
    }
  }

  async #enter(ttlMs: number, limit: WaitLimit, value: Uint8Array): Promise<Turn> {
    limit.signal.throwIfAborted();
    const { what, directory, label } = this.#rules;
    const use = await this.#context.sessions.use(ttlMs, limit.signal);
    const place = new Place({ context: this.#context, use, what, directory, label, value });
    const unsubscribe = use.session.subscribe((state) => {
      if (state === 'lost') limit.abort(place.lost());
    });
    try {
      const turn = await this.#waitForTurn(place, limit);
      place.checkLive();
      return turn;
    } catch (error) {
      this.#context.inBackground(`leaving ${what}`, () => place.leave());
      throw limit.endOf(error);
    } finally {
      unsubscribe();
    }
  }

  async #waitForTurn(place: Place, limit: WaitLimit): Promise<Turn> {
    const { signal } = limit;
    // Both are sent before either is answered: a place that is first costs one way to the server and back, where the
    // server takes them in order. Where it does not, a listing with room for this place and without it came too early.
    const [{ key, created }, early] = await untilAborted(
      Promise.all([place.taken, this.#heads(limit)]),
      signal,
    );
    const isEarly = early.items.length < this.#rules.heads && !early.items.some((item) => item.key === key);
    let look = this.#lookOf(isEarly ? await this.#heads(limit) : early, key);
    while (!(look.isTurn && this.#isHeard(place))) {
      let passed: Mark | undefined;
      if (look.isTurn) await this.#untilHeard(place, limit);
      else {
        const obstacle = await this.#obstacleFor(place, { key, created }, limit);
        if (obstacle === undefined) {
          look = { isTurn: true, isFollowed: true };
          continue;
        }
        passed = await this.#pass(obstacle, limit);
      }
      look = this.#lookOf(await this.#heads(limit, passed), key);
    }
    const { isFollowed } = look;
    const checkMayWait = (): void => limit.checkMayWait();
    await this.#rules.onTurn?.({ place, key, token: created, isFollowed, signal, checkMayWait });
    return { place, key, token: created };
  }

  #lookOf({ items }: Listing, key: string): { readonly isTurn: boolean; readonly isFollowed: boolean } {
    const { heads, isTurn, inspect } = this.#rules;
    inspect?.(items, key);
    const isFollowed = items.length >= heads || items.at(-1)?.key !== key;
    return { isTurn: isTurn(items, key), isFollowed };
  }

  /**
   * The first places with all that is in them; who holds it is remembered for the error that may follow. Behind an
   * obstacle that has passed, the state of that time is as good as a newer one: nobody comes to stand before a place,
   * so where none stands there, none ever will.
   */
  async #heads(limit: WaitLimit, since?: Mark): Promise<Listing> {
    const { directory, heads, holderOf } = this.#rules;
    const at = since === undefined ? {} : { since };
    const listing = await this.#context.engine.list(directory, { limit: heads, signal: limit.signal, ...at });
    const [first] = listing.items;
    if (first !== undefined) limit.holder = holderOf(first.value);
    return listing;
  }

  /** What has to pass first; the server is asked as well whether this place is still there. */
  async #obstacleFor(
    place: Place,
    before: { readonly key: string; readonly created: number },
    { signal }: WaitLimit,
  ): Promise<Obstacle | undefined> {
    const { directory, aheadMax } = this.#rules;
    const bound = aheadMax === undefined ? {} : { limit: aheadMax };
    const [, ahead] = await Promise.all([
      place.checkPresent(signal),
      this.#context.engine.list(directory, { before, descending: true, signal, ...bound }),
    ]);
    return this.#rules.obstacle(ahead);
  }

  /** Resolves with when it has passed, as far as that is known. */
  async #pass({ target, mark, isPassedBy }: Obstacle, limit: WaitLimit): Promise<Mark | undefined> {
    limit.checkMayWait();
    const { engine, departures } = this.#context;
    using wait = linkSignals(limit.signal);
    const { signal } = wait;
    let departed: Mark | undefined;
    const leave = (at: Mark | undefined): void => {
      departed = at;
      wait.abort(leftHere);
    };
    const forget = 'key' in target ? departures.expect(target.key, leave) : undefined;
    try {
      const from = mark === undefined ? {} : { from: mark };
      for await (const batch of engine.watch(target, { signal, ...from }))
        if (isPassedBy(batch)) return batch.mark;
    } catch (error) {
      if (error !== leftHere) throw error;
      return departed;
    } finally {
      forget?.();
    }
    if (signal.reason === leftHere) return departed;
    signal.throwIfAborted();
    throw watchEnded(this.#rules.what);
  }

  /** Where the server does not answer renewals, a turn that has come is one that would be lost at once. */
  #isHeard(place: Place): boolean {
    return !this.#context.losesWhenSuspended || place.session.state !== 'suspended';
  }

  async #untilHeard(place: Place, limit: WaitLimit): Promise<void> {
    limit.checkMayWait();
    const { session } = place;
    const heard = Promise.withResolvers<void>();
    const unsubscribe = session.subscribe(() => heard.resolve());
    await untilAborted(heard.promise, limit.signal).finally(unsubscribe);
  }
}

/** Passes when the item is gone. */
export function untilGone(key: string, mark: Mark | undefined): Obstacle {
  const isPassedBy = (batch: WatchBatch): boolean =>
    batch.kind === 'present'
      ? !batch.items.some((item) => item.key === key)
      : batch.events.some((event) => event.key === key && event.kind !== 'put');
  return { target: { key }, mark, isPassedBy };
}

function watchEnded(what: string): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: `the engine ended the watch with which ${what} was waited for; open a new engine`,
    data: { what: 'engine' },
  });
}
