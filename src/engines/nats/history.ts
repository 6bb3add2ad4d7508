/**
 * The changes of a directory that a watch can still be told, oldest first, and behind which sequence they are
 * whole. They begin later when the server has dropped some, when a sweep has (`sweep.ts`), or when there are more
 * than are kept here.
 */
import { assert, Deque } from '../../base/index.ts';
import type { WatchEvent } from '../port/index.ts';

export interface Change {
  readonly sequence: number;
  readonly event: WatchEvent;
}

const changesMax = 4_096;

export class History {
  readonly #changes = new Deque<Change>();
  #wholeBehind = 0;

  /** A mark from here on can be gone on from. */
  get wholeBehind(): number {
    return this.#wholeBehind;
  }

  add(change: Change): void {
    this.#changes.pushBack(change);
    if (this.#changes.size <= changesMax) return;
    const dropped = this.#changes.popFront();
    assert(dropped !== undefined, 'a history that is too long has a first change');
    this.#wholeBehind = Math.max(this.#wholeBehind, dropped.sequence);
  }

  /** Changes up to there may be missing. */
  loseUpTo(sequence: number): void {
    this.#wholeBehind = Math.max(this.#wholeBehind, sequence);
  }

  /** Undefined when some may be missing. */
  behind(sequence: number): readonly Change[] | undefined {
    if (sequence < this.#wholeBehind) return undefined;
    const found: Change[] = [];
    for (const change of this.#changes) if (change.sequence > sequence) found.push(change);
    return found;
  }
}
