/**
 * Watches as a pure machine: who must hear of which change. Queues and connections belong to the node; here is
 * only the order in which each watcher gets its revisions: rising, none twice, none left out, all changes of
 * one revision together, or the word that it was compacted.
 *
 * A watcher is *synced* when it has everything up to the newest revision, and then hears of each new one as
 * it is made. One that begins in the past, or whose node had to stop it because its queue was full, is read
 * forward from the history in slices, together with all others that are behind.
 *
 * What one turn of the node brings is handed over together: each change is found once for all who hear the same, and
 * they get one delivery, whose bytes can be made once for all of them.
 */
import { assert } from '../base/index.ts';
import type { KeyRange } from './commands.ts';
import type { HistoryEvent } from './event.ts';
import type { Position } from './head.ts';
import type { HistoryCursor } from './keyspace.ts';
import {
  type Audience,
  type Hearing,
  type WatchChange,
  type WatcherId,
  WatchMatcher,
} from './watch-matcher.ts';

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

/** Changes in the order of their revisions, and who must hear of all of them. */
export interface WatchDelivery {
  readonly changes: readonly WatchChange[];
  /** Valid until watchers change. */
  readonly watchers: ReadonlySet<WatcherId>;
}

export interface CatchUp {
  /** All changes of a revision are in one slice, and each watcher is in one delivery. */
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

interface Watcher {
  readonly id: WatcherId;
  /** One for all who watch the same, as far as they are known to. */
  range: KeyRange;
  /** How it hears while it is synced. */
  readonly hearing: Hearing;
  state: 'synced' | 'behind' | 'stopped';
  /** The revision from which on it must still hear of everything. */
  next: number;
}

/** Shared by almost all watchers, of which there are many. */
const hearsAll: Hearing = { from: 0, wantPrevious: false };
const hearsMore: Hearing = { from: 0, wantPrevious: true };

export class WatchHub {
  readonly #source: WatchSource;
  readonly #watchers = new Map<WatcherId, Watcher>();
  readonly #synced = new WatchMatcher();
  readonly #behind = new Set<Watcher>();
  /** Those for whom something was published that was not taken. */
  readonly #waiting: Audience[] = [];
  /** Everything up to this revision was found for the synced watchers, */
  #published: number;
  /** and up to this one it was taken. */
  #taken: number;

  constructor(source: WatchSource) {
    this.#source = source;
    this.#published = source.revision;
    this.#taken = source.revision;
  }

  get size(): number {
    return this.#watchers.size;
  }

  /** False, and nothing is watched: the history before `compactedRevision + 1` is gone, and `from` lies in it. */
  add(request: WatchRequest): boolean {
    assert(!this.#watchers.has(request.id), 'a watcher is added once');
    const { id, from, wantPrevious } = request;
    const { start, end } = request.range;
    const range = { start: start.slice(), end: end?.slice() };
    const next = from === 0 ? this.#published + 1 : from;
    // One that waits for a revision to come must not hear of those before.
    const isEarly = next > this.#published + 1;
    const hearing = isEarly ? { from: next, wantPrevious } : wantPrevious ? hearsMore : hearsAll;
    return this.#start({ id, range, hearing, state: 'stopped', next });
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

  /** What a watcher watches, to go on with it at another hub; undefined when there is none of that name. */
  request(id: WatcherId): WatchRequest | undefined {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined) return undefined;
    const { range, hearing, next } = watcher;
    const heard = watcher.state === 'synced' ? this.#taken + 1 : next;
    return { id, range, from: Math.max(heard, hearing.from), wantPrevious: hearing.wantPrevious };
  }

  /** Everything up to this revision that concerns the watcher was handed over; undefined when there is none of that name. */
  progress(id: WatcherId): number | undefined {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined) return undefined;
    return watcher.state === 'synced' ? this.#taken : Math.min(watcher.next - 1, this.#taken);
  }

  /** Finds who must hear of the revision that the last command made. To be called for each, before the next command; returns the bytes found. */
  publish(revision: number): number {
    assert(revision === this.#published + 1, 'revisions are published one after the other');
    assert(revision === this.#source.revision, 'a revision is published before the next command');
    this.#published = revision;
    if (this.#synced.isEmpty) return 0;
    let bytes = 0;
    const cursor = this.#source.history(revision, revision + 1);
    while (cursor.next()) bytes += this.#find(cursor.event, this.#synced, this.#waiting);
    return bytes;
  }

  /** What was published since the last call. To be called before watchers change: who comes must not hear of it, and who goes must. */
  take(): readonly WatchDelivery[] {
    this.#taken = this.#published;
    return handedOver(this.#waiting);
  }

  /** Reads the history on for those who are behind; to be called until it is done, with commands in between. */
  catchUp(budget: CatchUpBudget): CatchUp {
    this.#checkTaken();
    const compacted = this.#dropCompacted();
    if (this.#behind.size === 0) return { deliveries: [], compacted, isDone: true };
    let first = this.#published + 1;
    const matcher = new WatchMatcher();
    for (const { id, range, next, hearing } of this.#behind) {
      first = Math.min(first, next);
      matcher.add(id, range, { from: Math.max(next, hearing.from), wantPrevious: hearing.wantPrevious });
    }
    const found: Audience[] = [];
    const through = this.#readOn(first, budget, matcher, found);
    for (const watcher of [...this.#behind]) {
      watcher.next = Math.max(watcher.next, through + 1);
      if (watcher.next > this.#published) this.#sync(watcher);
    }
    return { deliveries: handedOver(found), compacted, isDone: this.#behind.size === 0 };
  }

  /** Finds revisions from `first` on until the budget is spent, and returns the last one that is complete. */
  #readOn(
    first: number,
    { eventsMax, bytesMax }: CatchUpBudget,
    matcher: WatchMatcher,
    found: Audience[],
  ): number {
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
      bytes += this.#find(event, matcher, found);
    }
    return this.#published;
  }

  /** Adds the change to what its audiences have to hear, and those that had nothing to `found`. Returns its bytes, 0 where nobody hears. */
  #find(event: HistoryEvent, matcher: WatchMatcher, found: Audience[]): number {
    let plain: WatchChange | undefined;
    let full: WatchChange | undefined;
    matcher.match(event.key, (audience) => {
      if (audience.from > event.revision) return;
      plain ??= { event: ownedCopy(event), previous: undefined };
      if (audience.wantPrevious) full ??= { event: plain.event, previous: this.#before(event) };
      if (audience.changes.length === 0) found.push(audience);
      audience.changes.push(audience.wantPrevious && full !== undefined ? full : plain);
    });
    return plain === undefined ? 0 : event.key.length + event.value.length;
  }

  #before({ previous }: HistoryEvent): HistoryEvent | undefined {
    const before = previous.revision > 0 ? this.#source.event(previous) : undefined;
    return before?.kind === 'put' ? ownedCopy(before) : undefined;
  }

  #checkTaken(): void {
    assert(this.#waiting.length === 0, 'what was published is taken before watchers change');
  }

  #start(watcher: Watcher): boolean {
    this.#checkTaken();
    if (watcher.next <= this.#source.compactedRevision) return false;
    this.#watchers.set(watcher.id, watcher);
    if (watcher.next > this.#published) {
      this.#sync(watcher);
    } else {
      watcher.state = 'behind';
      this.#behind.add(watcher);
    }
    return true;
  }

  #sync(watcher: Watcher): void {
    this.#detach(watcher);
    watcher.state = 'synced';
    watcher.range = this.#synced.add(watcher.id, watcher.range, watcher.hearing);
  }

  #detach(watcher: Watcher): void {
    this.#checkTaken();
    if (watcher.state === 'synced') this.#synced.remove(watcher.id, watcher.range, watcher.hearing);
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

/** Empties `audiences`: what they had to hear is the receiver's. */
function handedOver(audiences: Audience[]): WatchDelivery[] {
  return audiences.splice(0).map((audience) => {
    const { watchers, changes } = audience;
    audience.changes = [];
    return { watchers, changes };
  });
}
