/**
 * So many go in together, and those who went in go out together.
 *
 * Who comes takes a place in line. When there are enough, the oldest of them make a round: one transaction writes
 * down their places, on the condition that every one of them is there at that moment. So nobody goes in unless all of
 * the round had come and none had gone; who came too late for a round waits for the next one. Who dies inside counts
 * as having gone out: the others wait for nobody who cannot come.
 *
 * The youngest of a round writes it down, so that not everybody tries; if he dies before, the line moves up and
 * somebody else is the youngest. The last one out takes the round away, and nothing is left; where all of a round died
 * inside, whoever comes next takes it away.
 */
import { invalidOption, untilAborted } from '../base/index.ts';
import type { Item } from '../engines/port/index.ts';
import { checkSameNumber, placeWith } from './number-in-places.ts';
import { Place } from './place.ts';
import type { PresentItems } from './present-items.ts';
import type { RecipeContext } from './recipe-context.ts';
import { type Lifeline, untilDone } from './removal.ts';
import type { WaitOptions } from './wait-limit.ts';
import { untilSeen, WatchLimit } from './watch-wait.ts';

/** Within one transaction of every engine, one condition for each. */
const sizeMax = 100;
const label = 'member';
const text = new TextDecoder();
const utf8 = new TextEncoder();

type Present = Pick<PresentItems, 'items'>;

interface Round {
  readonly created: number;
  /** Names of places. */
  readonly members: readonly string[];
}

/** Who waits to be let in. */
interface Standing {
  readonly place: Place;
  readonly key: string;
  readonly limit: WatchLimit;
}

export class DoubleBarrier {
  readonly #context: RecipeContext;
  readonly #what: string;
  readonly #size: number;
  readonly #directory: string;

  constructor(context: RecipeContext, name: string, size: number) {
    if (!(Number.isSafeInteger(size) && size >= 1 && size <= sizeMax))
      throw invalidOption('size', size, `a whole number from 1 to ${sizeMax}`);
    this.#context = context;
    this.#what = `double barrier ${name}`;
    this.#size = size;
    this.#directory = context.pathOf('double-barriers', name);
  }

  /**
   * Resolves when all have come. Who gives up before gives up his place; the others may have counted him already, which
   * is why the outcome is unknown then.
   */
  async enter(options: WaitOptions = {}): Promise<Inside> {
    const context = this.#context;
    const [what, directory] = [this.#what, this.#directory];
    using limit = new WatchLimit(context, `${this.#size} at ${what}`, options);
    const use = await context.sessions.use(context.ttlMsOf(undefined), limit.signal);
    const value = placeWith(this.#size, context.holder);
    const place = new Place({ context, use, what, directory, label, value });
    limit.follow(place.session.over);
    try {
      const round = await limit.doubt(() => this.#untilRound(place, limit));
      return new Inside({ context, place, round, directory, what });
    } catch (error) {
      context.inBackground(`leaving ${what}`, () => place.leave());
      throw error;
    }
  }

  async #untilRound(place: Place, limit: WatchLimit): Promise<Round> {
    const { key } = await untilAborted(place.taken, limit.signal);
    return await untilSeen(this.#context, { directory: this.#directory }, limit, (present) =>
      this.#lookForRound(present, { place, key, limit }),
    );
  }

  /** The round that has this place in it, as soon as there is one. */
  async #lookForRound(present: PresentItems, standing: Standing): Promise<Round | undefined> {
    const directory = this.#directory;
    const { place, key } = standing;
    const round = roundOf(directory, present);
    if (round?.members.includes(nameOf(directory, key)) === true) return round;
    if (!present.items.has(key)) throw place.lost();
    // How an appended name looks is the engine's own; the only other one in here is known.
    const line = present.oldestFirst.filter((item) => item.key !== roundKey(directory));
    checkSameNumber({ what: this.#what, unit: 'members', asked: this.#size }, line, key);
    if (round !== undefined) {
      if (!isAnybodyInside(directory, round, present))
        await endRound(this.#context, lifelineOf(standing), directory, round);
      return undefined;
    }
    const members = line.slice(0, this.#size);
    if (members.length === this.#size && members.at(-1)?.key === key) await this.#begin(standing, members);
    return undefined;
  }

  /** What becomes of it shows in the watch. */
  async #begin(standing: Standing, members: readonly Item[]): Promise<void> {
    const key = roundKey(this.#directory);
    const names = members.map((item) => nameOf(this.#directory, item.key));
    const all = members.map(({ key: member, created }) => ({ key: member, is: 'created', created }) as const);
    await untilDone(this.#context.engine, lifelineOf(standing), {
      when: [{ key, is: 'absent' }, ...all],
      operations: [{ kind: 'put', key, value: utf8.encode(names.join('\n')) }],
    });
  }
}

export interface InsideOptions {
  readonly context: RecipeContext;
  readonly place: Place;
  readonly round: Round;
  readonly directory: string;
  readonly what: string;
}

/** What one has who has gone in. */
export class Inside implements AsyncDisposable {
  readonly #options: InsideOptions;
  #leaving: Promise<void> | undefined;
  #isOver = false;

  constructor(options: InsideOptions) {
    this.#options = options;
  }

  /** How many went in together. */
  get size(): number {
    return this.#options.round.members.length;
  }

  /** Aborts when this one counts as gone, because its session is over. */
  get signal(): AbortSignal {
    return this.#options.place.session.over;
  }

  /** Resolves when all who went in have gone out, or are dead. Who stops waiting has gone out all the same. */
  async leave(options: WaitOptions = {}): Promise<void> {
    const { context, what } = this.#options;
    using limit = new WatchLimit(context, `all to leave ${what}`, options);
    try {
      await limit.doubt(() => this.#untilOver(limit));
    } catch (error) {
      if (limit.signal.aborted) context.inBackground(`leaving ${what}`, () => this.#leaveAlone());
      throw error;
    }
  }

  /**
   * Goes out, and waits for none of the others: who comes here because something has failed is not held up by them.
   * Settles when his place is gone, at the latest when the session is over. Does nothing behind `leave`.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) await this.#leaveAlone();
  }

  async #untilOver(limit: WatchLimit): Promise<void> {
    const { context, place, round, directory } = this.#options;
    await untilAborted(this.#goOut(), limit.signal);
    await untilSeen(context, { directory }, limit, async (present) => {
      if (roundOf(directory, present)?.created !== round.created) return true;
      if (isAnybodyInside(directory, round, present)) return undefined;
      await untilAborted(endRound(context, place.session, directory, round), limit.signal);
      return true;
    });
    this.#isOver = true;
  }

  #goOut(): Promise<void> {
    this.#leaving ??= this.#options.place.leave();
    return this.#leaving;
  }

  /** Nobody is left to take the round away, where this was the last one. */
  async #leaveAlone(): Promise<void> {
    const { context, place, round, directory, what } = this.#options;
    await this.#goOut();
    context.inBackground(`ending the round of ${what}`, async () => {
      const listing = await context.engine.list(directory);
      const present = { items: new Map(listing.items.map((item) => [item.key, item])) };
      const isLast =
        roundOf(directory, present)?.created === round.created && !isAnybodyInside(directory, round, present);
      if (isLast) await endRound(context, place.session, directory, round);
    });
  }
}

/** Whatever somebody does who waits is done until he waits no more; the limit follows his session. */
function lifelineOf({ place, limit }: Standing): Lifeline {
  return {
    get isLive() {
      return place.session.isLive && !limit.signal.aborted;
    },
    over: limit.signal,
  };
}

/** Once only: the next round is another item. */
async function endRound(
  context: RecipeContext,
  lifeline: Lifeline,
  directory: string,
  { created }: Round,
): Promise<void> {
  const key = roundKey(directory);
  const when = [{ key, is: 'created', created }] as const;
  await untilDone(context.engine, lifeline, { when, operations: [{ kind: 'delete', key }] });
}

function roundKey(directory: string): string {
  return `${directory}/round`;
}

function roundOf(directory: string, { items }: Present): Round | undefined {
  const item = items.get(roundKey(directory));
  return item && { created: item.created, members: text.decode(item.value).split('\n') };
}

function isAnybodyInside(directory: string, { members }: Round, { items }: Present): boolean {
  return members.some((name) => items.has(`${directory}/${name}`));
}

function nameOf(directory: string, key: string): string {
  return key.slice(directory.length + 1);
}
