/**
 * Finds who watches a key. Most watchers name one key, or share a prefix with many others: keys are found by
 * their hash, ranges in an interval tree. Watchers that hear the same stand together as an audience, so that a change
 * costs the number of audiences that it concerns, and not of those who sit in them.
 */
import type { KeyRange } from './commands.ts';
import type { HistoryEvent } from './event.ts';
import { IntervalTree } from './interval-tree.ts';
import { compareKeys } from './ranges.ts';

export type WatcherId = number;

/** One change, as it is told. The bytes are the receiver's. */
export interface WatchChange {
  readonly event: HistoryEvent;
  /** What the key was before; undefined where nobody wants to know, and when the key was absent. */
  readonly previous: HistoryEvent | undefined;
}

/** How watchers of the same keys hear. */
export interface Hearing {
  /** They hear of nothing that comes before this revision; 0 for those who hear of everything. */
  readonly from: number;
  readonly wantPrevious: boolean;
}

/** Watchers of the same keys that hear alike. */
export interface Audience extends Hearing {
  readonly range: KeyRange;
  readonly watchers: Set<WatcherId>;
  /** What was found for them and not handed over yet. */
  changes: WatchChange[];
}

interface ExactKey {
  readonly key: Uint8Array;
  readonly audiences: Audience[];
}

export class WatchMatcher {
  /** Keys by their hash; more than one where hashes meet. */
  readonly #exact = new Map<number, ExactKey[]>();
  readonly #ranges = new IntervalTree<Audience[]>();

  get isEmpty(): boolean {
    return this.#exact.size === 0 && this.#ranges.isEmpty;
  }

  /** Keeps copies of the range's bounds, and returns those that all of its watchers have in common. */
  add(id: WatcherId, { start, end }: KeyRange, { from, wantPrevious }: Hearing): KeyRange {
    const audiences = end === undefined ? this.#ofKey(start) : this.#ofRange(start, end);
    const known = audiences.find((one) => one.from === from && one.wantPrevious === wantPrevious);
    if (known !== undefined) {
      known.watchers.add(id);
      return known.range;
    }
    const range = audiences[0]?.range ?? { start: start.slice(), end: end?.slice() };
    audiences.push({ range, from, wantPrevious, watchers: new Set([id]), changes: [] });
    return range;
  }

  remove(id: WatcherId, { start, end }: KeyRange, { from, wantPrevious }: Hearing): void {
    const exact = end === undefined ? this.#exactOf(start) : undefined;
    const audiences = end === undefined ? exact?.audiences : this.#ranges.get(start, end);
    const place = audiences?.findIndex((one) => one.from === from && one.wantPrevious === wantPrevious) ?? -1;
    const audience = audiences?.[place];
    if (audiences === undefined || audience === undefined) return;
    audience.watchers.delete(id);
    if (audience.watchers.size > 0) return;
    audiences.splice(place, 1);
    if (audiences.length > 0) return;
    if (end !== undefined) this.#ranges.remove(start, end);
    else if (exact !== undefined) this.#forget(exact);
  }

  /** Calls `visit` with each audience of `key`, once. */
  match(key: Uint8Array, visit: (audience: Audience) => void): void {
    const exact = this.#exact.size === 0 ? undefined : this.#exactOf(key);
    if (exact !== undefined) for (const audience of exact.audiences) visit(audience);
    this.#ranges.visit(key, (audiences) => {
      for (const audience of audiences) visit(audience);
    });
  }

  #exactOf(key: Uint8Array): ExactKey | undefined {
    return this.#exact.get(hashOf(key))?.find((other) => compareKeys(other.key, key) === 0);
  }

  #ofKey(key: Uint8Array): Audience[] {
    const known = this.#exactOf(key);
    if (known !== undefined) return known.audiences;
    const hash = hashOf(key);
    const exact: ExactKey = { key: key.slice(), audiences: [] };
    this.#exact.set(hash, [...(this.#exact.get(hash) ?? []), exact]);
    return exact.audiences;
  }

  #ofRange(start: Uint8Array, end: Uint8Array): Audience[] {
    const known = this.#ranges.get(start, end);
    if (known !== undefined) return known;
    const audiences: Audience[] = [];
    this.#ranges.insert(start.slice(), end.slice(), audiences);
    return audiences;
  }

  #forget(exact: ExactKey): void {
    const hash = hashOf(exact.key);
    const others = (this.#exact.get(hash) ?? []).filter((other) => other !== exact);
    if (others.length === 0) this.#exact.delete(hash);
    else this.#exact.set(hash, others);
  }
}

/** FNV-1a with a last mix: short keys that differ in one byte must not share their low bits. */
function hashOf(key: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (const byte of key) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return Math.imul(hash ^ (hash >>> 15), 0x85eb_ca6b) | 0;
}
