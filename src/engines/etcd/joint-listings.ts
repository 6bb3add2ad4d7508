/**
 * Who takes a place in a line asks in the same breath who stands in it. Both go in one transaction: the listing is
 * taken along when it is asked for in the same turn as the append to its directory, and so it is never older than
 * the place. Where nobody asks, the places are counted: of an item that was alone when it was made it is known for
 * ever that nothing stands before it.
 */
import type { Item } from '../port/index.ts';
import type { RangeAnswer } from './answers.ts';
import type { Layout } from './layout.ts';
import type { RangeRequest } from './requests.ts';

/** Items of which it is remembered that there was none before them. */
const firstItemsMax = 1_024;

interface Gathering {
  listing: { readonly range: RangeRequest; readonly answered: PromiseWithResolvers<RangeAnswer> } | undefined;
}

export interface JointListing {
  readonly range: RangeRequest;
  /** Of the transaction that it went with; undefined: it failed. */
  answered(answer: RangeAnswer | undefined, created: number | undefined): void;
}

export class JointListings {
  readonly #layout: Layout;
  /** By directory, for as long as the turn in which an append was asked for. */
  readonly #gatherings = new Map<string, Gathering>();
  /** By key, when it was created as the first in its directory. */
  readonly #firsts = new Map<string, number>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** True: nothing is before it in its directory, and so nothing ever will be. */
  isFirst({ key, created }: Pick<Item, 'key' | 'created'>): boolean {
    return this.#firsts.get(key) === created;
  }

  /** Takes a listing along that is asked for before this turn is over; undefined where there is nothing to go with. */
  join(directory: string, range: RangeRequest): Promise<RangeAnswer> | undefined {
    const gathering = this.#gatherings.get(directory);
    if (gathering === undefined || gathering.listing !== undefined) return undefined;
    const answered = Promise.withResolvers<RangeAnswer>();
    gathering.listing = { range, answered };
    return answered.promise;
  }

  /** For an append that is to be sent; resolves when this turn is over. */
  async gather({
    directory,
    key,
  }: {
    readonly directory: string;
    readonly key: string;
  }): Promise<JointListing> {
    const gathering: Gathering = { listing: undefined };
    this.#gatherings.set(directory, gathering);
    await Promise.resolve();
    if (this.#gatherings.get(directory) === gathering) this.#gatherings.delete(directory);
    const { listing } = gathering;
    const range = listing?.range ?? { ...this.#layout.directory(directory), countOnly: true };
    return {
      range,
      answered: (answer, created) => {
        if (answer === undefined) {
          listing?.answered.reject(new Error('what it went with has failed'));
          return;
        }
        const [first] = answer.items;
        const isFirst = first === undefined ? answer.count === 1 : this.#layout.shown(first.key) === key;
        if (created !== undefined && isFirst) this.#remember(key, created);
        listing?.answered.resolve(answer);
      },
    };
  }

  #remember(key: string, created: number): void {
    if (this.#firsts.size >= firstItemsMax)
      for (const oldest of this.#firsts.keys()) {
        this.#firsts.delete(oldest);
        break;
      }
    this.#firsts.set(key, created);
  }
}
