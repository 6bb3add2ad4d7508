/**
 * A log as an onlooker sees it: terms by index, from a base on below which everything is committed and was
 * compacted or replaced by a snapshot. The onlooker keeps two of each member: what the member has, and what its
 * disk has.
 */
import type { EntryId } from '../../../raft/index.ts';
import { TermTable } from './term-table.ts';

export class ShadowLog {
  readonly #terms = new TermTable();
  #base = 0;
  #last = 0;

  get base(): number {
    return this.#base;
  }

  get last(): number {
    return this.#last;
  }

  get lastTerm(): number {
    return this.termAt(this.#last);
  }

  /** 0 below the base, behind the end, and before the first entry. */
  termAt(index: number): number {
    return index < this.#base || index > this.#last ? 0 : this.#terms.at(index);
  }

  /** Puts an entry at `index` and forgets what was there and behind it. */
  put(index: number, term: number): void {
    this.#terms.set(index, term);
    this.#last = index;
  }

  /** Begins anew behind a snapshot or with what was recovered. */
  reset(base: EntryId): void {
    this.#base = base.index;
    this.#last = base.index;
    this.#terms.set(base.index, base.term);
  }

  /** The last index that holds an entry of `term`; 0 for none above the base. */
  lastOfTerm(term: number): number {
    let index = this.#last;
    while (index > this.#base && this.#terms.at(index) > term) index -= 1;
    return this.termAt(index) === term ? index : 0;
  }

  /** The last index up to which this log and the other one are equal. */
  agreesUpTo(other: ShadowLog): number {
    let index = Math.min(this.#last, other.#last);
    const least = Math.max(this.#base, other.#base);
    // Logs that hold the same term at one index are equal up to it.
    while (index > least && this.#terms.at(index) !== other.#terms.at(index)) index -= 1;
    return index;
  }
}
