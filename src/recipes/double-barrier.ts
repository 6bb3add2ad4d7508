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
import { invalidOption, linkSignals } from '../base/index.ts';
import type { Item } from '../engines/port/index.ts';
import { checkSameNumber, placeWith } from './number-in-places.ts';
import { Place } from './place.ts';
import type { PresentItems } from './present-items.ts';
import type { RecipeContext } from './recipe-context.ts';
import { untilDone } from './removal.ts';
import type { WaitOptions } from './wait-limit.ts';
import { untilSeen, waitMsOf } from './watch-wait.ts';

/** Within one transaction of every engine, one condition for each. */
const sizeMax = 100;
const label = 'member';
const text = new TextDecoder();
const utf8 = new TextEncoder();

interface Round {
  readonly created: number;
  /** Names of places. */
  readonly members: readonly string[];
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

  /** Resolves when all have come. Who gives up before gives up his place. */
  async enter({ wait, signal }: WaitOptions = {}): Promise<Inside> {
    const context = this.#context;
    using limit = linkSignals(context.closed, signal);
    const use = await context.sessions.use(context.ttlMsOf(undefined), limit.signal);
    const [what, directory] = [this.#what, this.#directory];
    const value = placeWith(this.#size, context.holder);
    const place = new Place({ context, use, what, directory, label, value });
    try {
      const { key } = await place.taken;
      const signals = [limit.signal, place.session.over];
      const until = { ...waitMsOf(wait), signals, what: `${this.#size} at ${what}` };
      const round = await untilSeen(context, { directory }, until, (present) =>
        this.#lookForRound(present, place, key),
      );
      return new Inside({ context, place, round, directory, what });
    } catch (error) {
      await place.leave();
      throw error;
    }
  }

  /** The round that has this place in it, as soon as there is one. */
  async #lookForRound(present: PresentItems, place: Place, key: string): Promise<Round | undefined> {
    const directory = this.#directory;
    const round = roundOf(directory, present);
    if (round?.members.includes(nameOf(directory, key)) === true) return round;
    if (!present.items.has(key)) throw place.lost();
    // How an appended name looks is the engine's own; the only other one in here is known.
    const line = present.oldestFirst.filter((item) => item.key !== roundKey(directory));
    checkSameNumber({ what: this.#what, unit: 'members', asked: this.#size }, line, key);
    if (round !== undefined) {
      if (!isAnybodyInside(directory, round, present)) await endRound(this.#context, place, directory, round);
      return undefined;
    }
    const members = line.slice(0, this.#size);
    if (members.length === this.#size && members.at(-1)?.key === key) await this.#begin(place, members);
    return undefined;
  }

  /** What becomes of it shows in the watch. */
  async #begin(place: Place, members: readonly Item[]): Promise<void> {
    const key = roundKey(this.#directory);
    const names = members.map((item) => nameOf(this.#directory, item.key));
    const all = members.map(({ key: member, created }) => ({ key: member, is: 'created', created }) as const);
    await untilDone(this.#context.engine, place.session, {
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
export class Inside {
  readonly #options: InsideOptions;

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
  async leave({ wait, signal }: WaitOptions = {}): Promise<void> {
    const { context, place, round, directory, what } = this.#options;
    await place.leave();
    const until = { ...waitMsOf(wait), signals: [signal], what: `all to leave ${what}` };
    await untilSeen(context, { directory }, until, async (present) => {
      if (roundOf(directory, present)?.created !== round.created) return true;
      if (isAnybodyInside(directory, round, present)) return undefined;
      await endRound(context, place, directory, round);
      return true;
    });
  }
}

/** Once only: the next round is another item. */
async function endRound(
  context: RecipeContext,
  place: Place,
  directory: string,
  { created }: Round,
): Promise<void> {
  const key = roundKey(directory);
  const when = [{ key, is: 'created', created }] as const;
  await untilDone(context.engine, place.session, { when, operations: [{ kind: 'delete', key }] });
}

function roundKey(directory: string): string {
  return `${directory}/round`;
}

function roundOf(directory: string, { items }: PresentItems): Round | undefined {
  const item = items.get(roundKey(directory));
  return item && { created: item.created, members: text.decode(item.value).split('\n') };
}

function isAnybodyInside(directory: string, { members }: Round, { items }: PresentItems): boolean {
  return members.some((name) => items.has(`${directory}/${name}`));
}

function nameOf(directory: string, key: string): string {
  return key.slice(directory.length + 1);
}
