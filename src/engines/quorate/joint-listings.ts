/**
 * Who takes a place in a line asks in the same breath who stands in it. Both go in one transaction: a listing that is
 * asked for in the same turn as the append to its directory is taken along, and so it holds the place for certain. The
 * alternative, a request of its own, is answered before the append is, and says nothing about the place.
 */
import type { List, ListQuery } from '../../client/index.ts';
import type { Listing, ListOptions, Operation } from '../port/index.ts';
import type { Layout } from './layout.ts';
import { firstOf, smallDirectory } from './listing.ts';

/** The store keeps the answer to an append until its sender has it, so what goes along must be small. */
const itemsMax = 4;

interface Joined {
  readonly limit: number;
  readonly answered: PromiseWithResolvers<Listing | undefined>;
}

export class JointListings {
  readonly #layout: Layout;
  /** By directory, for as long as the turn in which an append was asked for. */
  readonly #open = new Map<string, Company>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** For what is about to be sent; undefined where it is no append. */
  begin([operation]: readonly Operation[]): Company | undefined {
    if (operation?.kind !== 'append') return undefined;
    const { directory } = operation;
    const company = new Company(this.#layout, directory, () => {
      if (this.#open.get(directory) === company) this.#open.delete(directory);
    });
    this.#open.set(directory, company);
    return company;
  }

  /** Undefined: there is nothing to go with. What it resolves to is undefined where the append did not bring it. */
  join(directory: string, options: ListOptions): Promise<Listing | undefined> | undefined {
    const { before, limit, deadline, descending = false, keysOnly = false } = options;
    const isPlain = before === undefined && deadline === undefined && !descending && !keysOnly;
    if (!isPlain || limit === undefined || limit >= itemsMax) return undefined;
    return this.#open.get(directory)?.join(limit);
  }
}

/** The listing that an append takes along. */
export class Company {
  readonly #layout: Layout;
  readonly #directory: string;
  readonly #leave: () => void;
  #joined: Joined | undefined;

  constructor(layout: Layout, directory: string, leave: () => void) {
    this.#layout = layout;
    this.#directory = directory;
    this.#leave = leave;
  }

  join(limit: number): Promise<Listing | undefined> | undefined {
    if (this.#joined !== undefined) return undefined;
    const answered = Promise.withResolvers<Listing | undefined>();
    this.#joined = { limit, answered };
    return answered.promise;
  }

  /** Nobody joins any more; what is to be asked, if anything. */
  depart(): ListQuery | undefined {
    this.#leave();
    return this.#joined && smallDirectory(this.#layout, this.#directory, itemsMax);
  }

  /** The answer to what was asked; none where the append was not carried out. May be called twice. */
  end(list?: List): void {
    this.#leave();
    if (this.#joined === undefined) return;
    const { limit, answered } = this.#joined;
    answered.resolve(list && firstOf(this.#layout, list, limit));
  }
}
