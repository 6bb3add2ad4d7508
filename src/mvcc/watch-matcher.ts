/**
 * Finds who watches a key. Most watchers name one key, or share a prefix with many others: keys are found by
 * their hash, ranges in an interval tree, and watchers of the same key or range stand together.
 */
import type { KeyRange } from './commands.ts';
import { IntervalTree } from './interval-tree.ts';
import { compareKeys } from './ranges.ts';

export type WatcherId = number;

interface ExactKey {
  readonly key: Uint8Array;
  readonly watchers: Set<WatcherId>;
}

export class WatchMatcher {
  /** Keys by their hash; more than one where hashes meet. */
  readonly #exact = new Map<number, ExactKey[]>();
  readonly #ranges = new IntervalTree<Set<WatcherId>>();

  get isEmpty(): boolean {
    return this.#exact.size === 0 && this.#ranges.isEmpty;
  }

  /** Keeps copies of the range's bounds. */
  add(id: WatcherId, { start, end }: KeyRange): void {
    if (end === undefined) {
      this.#addExact(id, start);
      return;
    }
    const watchers = this.#ranges.get(start, end);
    if (watchers === undefined) this.#ranges.insert(start.slice(), end.slice(), new Set([id]));
    else watchers.add(id);
  }

  remove(id: WatcherId, { start, end }: KeyRange): void {
    if (end === undefined) {
      this.#removeExact(id, start);
      return;
    }
    const watchers = this.#ranges.get(start, end);
    watchers?.delete(id);
    if (watchers?.size === 0) this.#ranges.remove(start, end);
  }

  /** Calls `visit` with each watcher of `key`, once. */
  match(key: Uint8Array, visit: (id: WatcherId) => void): void {
    const meeting = this.#exact.size === 0 ? undefined : this.#exact.get(hashOf(key));
    for (const exact of meeting ?? []) {
      if (compareKeys(exact.key, key) === 0) for (const id of exact.watchers) visit(id);
    }
    this.#ranges.visit(key, (watchers) => {
      for (const id of watchers) visit(id);
    });
  }

  #addExact(id: WatcherId, key: Uint8Array): void {
    const hash = hashOf(key);
    const meeting = this.#exact.get(hash) ?? [];
    const exact = meeting.find((other) => compareKeys(other.key, key) === 0);
    if (exact === undefined)
      this.#exact.set(hash, [...meeting, { key: key.slice(), watchers: new Set([id]) }]);
    else exact.watchers.add(id);
  }

  #removeExact(id: WatcherId, key: Uint8Array): void {
    const hash = hashOf(key);
    const meeting = this.#exact.get(hash) ?? [];
    const exact = meeting.find((other) => compareKeys(other.key, key) === 0);
    exact?.watchers.delete(id);
    if (exact?.watchers.size !== 0) return;
    if (meeting.length === 1) this.#exact.delete(hash);
    else
      this.#exact.set(
        hash,
        meeting.filter((other) => other !== exact),
      );
  }
}

/** FNV-1a with a last mix: short keys that differ in one byte must not share their low bits. */
function hashOf(key: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (const byte of key) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b) | 0;
}
