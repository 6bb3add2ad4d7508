/**
 * Looks through a state on disk, a little at a time, for damage that nobody would be told of otherwise. A checksum
 * covers each entry, but not the inner pages of the file, which lead to it. Where one of those has changed, a key
 * that is there cannot be found any more, and a read would answer that it does not exist. Whoever goes along the
 * entries still meets it: so each one that is met is looked for by its key. A million entries are looked
 * through in about an hour, for a few thousandths of a processor.
 */
import type { OrderedReader } from '../ports/index.ts';

/** How often a part is looked at, and how large it is. Parts overlap by the key that leads to the next one. */
const pauseMs = 100;
const entriesMax = 32;

export class StateScrub {
  #nextMs = 0;
  /** Where the next part begins; absent: at the beginning. */
  #start: Uint8Array | undefined;

  /** Whether everything that was met now can also be found. Throws for an entry that is not what was written. */
  isSound(now: number, reader: OrderedReader): boolean {
    if (now < this.#nextMs) return true;
    this.#nextMs = now + pauseMs;
    const cursor = reader.scan({
      limit: entriesMax,
      ...(this.#start === undefined ? {} : { start: this.#start }),
    });
    const met: Uint8Array[] = [];
    while (cursor.next()) met.push(cursor.key.slice());
    cursor.close();
    this.#start = met.length < entriesMax ? undefined : met.at(-1);
    return met.every((key) => reader.get(key) !== undefined);
  }
}
