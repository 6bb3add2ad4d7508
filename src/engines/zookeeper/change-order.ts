/**
 * Puts changes in order. ZooKeeper tells that a node was created, changed or deleted, and not what it holds; so each
 * is read, and the answers come later than the next changes. A server writes events and answers to one connection in
 * the order in which it did things: an answer shows exactly the changes that were told before it, and never half of a
 * transaction. Hence every answer is a cut, and changes are given out up to the last cut before which all are known.
 *
 * Where two changes of one node are told before the first is read, what lay between is lost. `hasMissed` says so, and
 * the watch begins anew with what is there.
 */
import { Deque } from '../../base/index.ts';
import type { Item, WatchEvent } from '../port/index.ts';

interface Change {
  readonly key: string;
  readonly isDeletion: boolean;
  isOpen: boolean;
  /** What was put, for the change that is answered with it. */
  item: Item | undefined;
}

export class ChangeOrder {
  readonly #changes = new Deque<Change>();
  /** Changes that were given out or left out, all told. */
  #given = 0;
  /** Counted like `#given`: changes before each cut. */
  readonly #cuts = new Deque<number>();
  readonly #open = new Map<string, Change[]>();
  /** What the reader knows to be there, with its number. */
  readonly #known = new Map<string, number>();
  #hasMissed = false;

  /** The reader is told of it by other means, before anything is taken. */
  knows({ key, modified }: Item): void {
    this.#known.set(key, modified);
  }

  get hasMissed(): boolean {
    return this.#hasMissed;
  }

  /** A change was told. True: the node must be read; otherwise an answer is under way that will show it. */
  told(key: string, isDeletion: boolean): boolean {
    const change: Change = { key, isDeletion, isOpen: true, item: undefined };
    this.#changes.pushBack(change);
    const open = this.#open.get(key);
    if (open === undefined) this.#open.set(key, [change]);
    else open.push(change);
    return open === undefined;
  }

  /** What a node was when it was read; undefined: not there. */
  answered(key: string, item: Item | undefined): void {
    const changes = this.#open.get(key) ?? [];
    this.#open.delete(key);
    for (const change of changes) change.isOpen = false;
    const puts = changes.filter(({ isDeletion }) => !isDeletion);
    const last = changes.at(-1);
    if (last !== undefined && !last.isDeletion) last.item = item;
    if (puts.length > (item === undefined ? 0 : 1)) this.#hasMissed = true;
    this.#cuts.pushBack(this.#given + this.#changes.size);
  }

  /** What can be given out now. */
  take(): WatchEvent[] {
    let known = 0;
    while (known < this.#changes.size && !this.#changes.at(known).isOpen) known += 1;
    let cut = this.#given;
    for (let next = this.#cuts.front(); next !== undefined && next <= this.#given + known; ) {
      cut = next;
      this.#cuts.popFront();
      next = this.#cuts.front();
    }
    const events: WatchEvent[] = [];
    for (; this.#given < cut; this.#given += 1) {
      const event = this.#eventOf(this.#changes.popFront() as Change);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /** Nothing for what the reader knows already. */
  #eventOf({ key, isDeletion, item }: Change): WatchEvent | undefined {
    if (isDeletion) return this.#known.delete(key) ? { kind: 'deleted', key } : undefined;
    if (item === undefined || this.#known.get(key) === item.modified) return undefined;
    this.#known.set(key, item.modified);
    return { kind: 'put', key, item };
  }
}
