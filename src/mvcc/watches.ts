/**
 * Watches as a pure machine: who must hear of which change. Queues and connections belong to the node; here is
 * only the order in which each watcher gets its revisions: rising, none twice, none left out, all changes of
 * one revision together, or the word that it was compacted.
 *
 * A watcher is *synced* when it has everything up to the newest revision, and then hears of each new one as
 * it is made. One that begins in the past, or whose node had to stop it because its queue was full, is read
 * forward from the history in slices, together with all others that are behind.
 */
import { assert } from '../base/index.ts';
import type { KeyRange } from './commands.ts';
import type { HistoryEvent } from './event.ts';
import type { Position } from './head.ts';
import type { HistoryCursor } from './keyspace.ts';
import { type WatcherId, WatchMatcher } from './watch-matcher.ts';

/** What watches read; a `RevisionedStore` is one. */
export interface WatchSource {
  readonly revision: number;
  readonly compactedRevision: number;
  history(first: number, end: number): HistoryCursor;
  event(at: Position): HistoryEvent | undefined;
}

export interface WatchRequest {
  /** Unique among the watchers of one hub. */
  readonly id: WatcherId;
  readonly range: KeyRange;
  /** The first revision to hear of; 0 for the next one that is made. */
  readonly from: number;
  /** True: with each change also what the key was before. */
  readonly wantPrevious: boolean;
}

/** One change and who must hear of it. The bytes are the receiver's. */
export interface WatchDelivery {
  readonly event: HistoryEvent;
  /** What the key was before; looked up when one of the watchers wants it, and undefined when the key was absent. */
  readonly previous: HistoryEvent | undefined;
  readonly watchers: readonly WatcherId[];
}

export interface CatchUp {
  /** In the order of their revisions. All changes of a revision are in one slice. */
  readonly deliveries: readonly WatchDelivery[];
  /** Watchers that are gone, because what they had to hear of next was compacted. */
  readonly compacted: readonly WatcherId[];
  /** True: nobody is behind any more. */
  readonly isDone: boolean;
}

export interface CatchUpBudget {
  /** Changes to look at in one slice. */
  readonly eventsMax: number;
  /** Bytes of keys and values to deliver in one slice, each change counted once. */
  readonly bytesMax: number;
}

interface Watcher extends WatchRequest {
  state: 'synced' | 'behind' | 'stopped';
  /** The revision from which on it must still hear of everything. */
  next: number;
}

const noDeliveries: readonly WatchDelivery[] = [];

export class WatchHub {
  readonly #source: WatchSource;
  readonly #watchers = new Map<WatcherId, Watcher>();
  readonly #synced = new WatchMatcher();
  readonly #behindMatcher = new WatchMatcher();
  readonly #behind = new Set<Watcher>();
  /** Everything up to this revision was handed to the synced watchers. */
  #published: number;

  constructor(source: WatchSource) {
    this.#source = source;
    this.#published = source.revision;
  }

  get size(): number {
    return this.#watchers.size;
  }

  /** False, and nothing is watched: the history before `compactedRevision + 1` is gone, and `from` lies in it. */
  add(request: WatchRequest): boolean {
    assert(!this.#watchers.has(request.id), 'a watcher is added once');
    const { start, end } = request.range;
    const range = { start: start.slice(), end: end?.slice() };
    const next = request.from === 0 ? this.#published + 1 : request.from;
    const watcher: Watcher = { ...request, range, state: 'stopped', next };
    return this.#start(watcher);
  }

  remove(id: WatcherId): void {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined) return;
    this.#detach(watcher);
    this.#watchers.delete(id);
  }

  /** Hands nothing more to a watcher whose queue is full. `next` is the first revision that it could not take. */
  stop(id: WatcherId, next: number): void {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined) return;
    this.#detach(watcher);
    watcher.next = next;
  }

  /** Goes on where `stop` left off. False, and the watcher is gone: that was compacted meanwhile. */
  resume(id: WatcherId): boolean {
    const watcher = this.#watchers.get(id);
    assert(watcher?.state === 'stopped', 'only a stopped watcher is resumed');
    this.#watchers.delete(id);
    return this.#start(watcher);
  }

  /** Everything up to this revision that concerns the watcher was handed over; undefined when there is none of that name. */
  progress(id: WatcherId): number | undefined {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined) return undefined;
    return watcher.state === 'synced' ? this.#published : Math.min(watcher.next - 1, this.#published);
  }

  /** Who must hear of the revision that the last command made. To be called for each, before the next command. */
  publish(revision: number): readonly WatchDelivery[] {
    assert(revision === this.#published + 1, 'revisions are published one after the other');
    assert(revision === this.#source.revision, 'a revision is published before the next command');
    this.#published = revision;
    if (this.#synced.isEmpty) return noDeliveries;
    const deliveries: WatchDelivery[] = [];
    const cursor = this.#source.history(revision, revision + 1);
    while (cursor.next()) this.#deliver(cursor.event, this.#synced, deliveries);
    return deliveries;
  }

  /** Reads the history on for those who are behind; to be called until it is done, with commands in between. */
  catchUp(budget: CatchUpBudget): CatchUp {
    const compacted = this.#dropCompacted();
    if (this.#behind.size === 0) return { deliveries: [], compacted, isDone: true };
    let first = this.#published + 1;
    for (const { next } of this.#behind) first = Math.min(first, next);
    const deliveries: WatchDelivery[] = [];
    const through = this.#readOn(first, budget, deliveries);
    for (const watcher of [...this.#behind]) {
      watcher.next = Math.max(watcher.next, through + 1);
      if (watcher.next > this.#published) this.#sync(watcher);
    }
    return { deliveries, compacted, isDone: this.#behind.size === 0 };
  }

  /** Delivers revisions from `first` on until the budget is spent, and returns the last one that is complete. */
  #readOn(first: number, { eventsMax, bytesMax }: CatchUpBudget, deliveries: WatchDelivery[]): number {
    const cursor = this.#source.history(first, this.#published + 1);
    let revision = first;
    let events = 0;
    let bytes = 0;
    while (cursor.next()) {
      const { event } = cursor;
      if (event.revision > revision) {
        if (events >= eventsMax || bytes >= bytesMax) {
          cursor.close();
          return event.revision - 1;
        }
        revision = event.revision;
      }
      events += 1;
      if (this.#deliver(event, this.#behindMatcher, deliveries))
        bytes += event.key.length + event.value.length;
    }
    return this.#published;
  }

  #deliver(event: HistoryEvent, matcher: WatchMatcher, deliveries: WatchDelivery[]): boolean {
    const watchers: WatcherId[] = [];
    let wantPrevious = false;
    matcher.match(event.key, (id) => {
      const watcher = this.#watchers.get(id);
      if (watcher === undefined || watcher.next > event.revision) return;
      watchers.push(id);
      wantPrevious ||= watcher.wantPrevious;
    });
    if (watchers.length === 0) return false;
    const before =
      wantPrevious && event.previous.revision > 0 ? this.#source.event(event.previous) : undefined;
    const previous = before?.kind === 'put' ? ownedCopy(before) : undefined;
    deliveries.push({ event: ownedCopy(event), previous, watchers });
    return true;
  }

  #start(watcher: Watcher): boolean {
    if (watcher.next <= this.#source.compactedRevision) return false;
    this.#watchers.set(watcher.id, watcher);
    if (watcher.next > this.#published) {
      this.#sync(watcher);
    } else {
      watcher.state = 'behind';
      this.#behind.add(watcher);
      this.#behindMatcher.add(watcher.id, watcher.range);
    }
    return true;
  }

  #sync(watcher: Watcher): void {
    this.#detach(watcher);
    watcher.state = 'synced';
    this.#synced.add(watcher.id, watcher.range);
  }

  #detach(watcher: Watcher): void {
    if (watcher.state === 'synced') this.#synced.remove(watcher.id, watcher.range);
    if (watcher.state === 'behind') this.#behindMatcher.remove(watcher.id, watcher.range);
    this.#behind.delete(watcher);
    watcher.state = 'stopped';
  }

  #dropCompacted(): WatcherId[] {
    const gone: WatcherId[] = [];
    for (const watcher of this.#behind) {
      if (watcher.next <= this.#source.compactedRevision) gone.push(watcher.id);
    }
    for (const id of gone) this.remove(id);
    return gone;
  }
}

function ownedCopy(event: HistoryEvent): HistoryEvent {
  return { ...event, key: event.key.slice(), value: event.value.slice() };
}
