/**
 * What is there, by a watch: its batches folded into one picture. Where the watch says `present`, what was there
 * before and is not any more counts as gone, so that whoever reads the changes misses none of them.
 */
import type { Item, WatchBatch, WatchEvent } from '../engines/port/index.ts';

export type ItemChange =
  | { readonly kind: 'put'; readonly item: Item }
  /** With the item as it was last seen. `gone`: deleted or expired, which of them was missed. */
  | { readonly kind: 'deleted' | 'expired' | 'gone'; readonly item: Item };

export class PresentItems {
  #items = new Map<string, Item>();

  get items(): ReadonlyMap<string, Item> {
    return this.#items;
  }

  /** Oldest first. */
  get oldestFirst(): Item[] {
    return [...this.#items.values()].sort((left, right) => left.created - right.created);
  }

  /** What became different. An item that was deleted and made anew between two batches is a put. */
  apply(batch: WatchBatch): ItemChange[] {
    if (batch.kind === 'changes') return batch.events.flatMap((event) => this.#applyEvent(event));
    const before = this.#items;
    this.#items = new Map(batch.items.map((item) => [item.key, item]));
    const changes: ItemChange[] = [];
    for (const [key, item] of before) if (!this.#items.has(key)) changes.push({ kind: 'gone', item });
    for (const [key, item] of this.#items)
      if (before.get(key)?.modified !== item.modified) changes.push({ kind: 'put', item });
    return changes;
  }

  #applyEvent(event: WatchEvent): ItemChange[] {
    const before = this.#items.get(event.key);
    if (event.kind === 'put') {
      this.#items.set(event.key, event.item);
      return [{ kind: 'put', item: event.item }];
    }
    this.#items.delete(event.key);
    return before === undefined ? [] : [{ kind: event.kind, item: before }];
  }
}
