/**
 * Frees what a compaction made unreachable: versions that were superseded at or below the compacted revision,
 * and tombstones. It follows the events since the last compaction, each of which names the version that it
 * superseded, so its work is in proportion to the garbage and not to the store.
 *
 * A little is done now and then instead of all at once, so that no command waits for a million others' garbage;
 * and not behind each command, because finding the place costs more than going on from there. A host whose
 * commands are few asks for more with `collect`. How much is done, and when, depends on nothing but the commands
 * and their indexes: all members free the same bytes at the same index, and judge the quota alike.
 */
import type { HistoryEvent } from './event.ts';
import type { Keyspace } from './keyspace.ts';
import type { StoreState } from './state.ts';

/** Each time the index passes a multiple of this. */
const stride = 64;
/** More than as many commands can have made, so that the end comes nearer however much is written. */
const revisionsPerStride = 2 * stride;
/** Changes of one command that are followed at once, because a stride of such would outrun what is done for it. */
const changesMin = 16;
const eventsPerChange = 2;
/** What a stride of smaller commands cannot outrun. */
const eventsPerStride = 2 * stride * changesMin;
/** Behind one command of many changes: a few milliseconds. */
const eventsMost = 512;

export class Collector {
  readonly #state: StoreState;
  readonly #keyspace: Keyspace;

  constructor(state: StoreState, keyspace: Keyspace) {
    this.#state = state;
    this.#keyspace = keyspace;
  }

  /** True: the last compaction still has something to free. */
  get isPending(): boolean {
    return this.#state.collected.revision <= this.#state.compactedRevision;
  }

  /** The share of the command at `index`, which made so many changes; the one before it was at `previousIndex`. */
  follow(previousIndex: number, index: number, changes: number): void {
    if (!this.isPending) return;
    if (changes >= changesMin) this.collect(Math.min(eventsPerChange * changes, eventsMost));
    if (Math.floor(index / stride) !== Math.floor(previousIndex / stride)) this.stride();
  }

  /** What is done now and then. */
  stride(): void {
    this.collect(eventsPerStride, this.#state.collected.revision + revisionsPerStride);
  }

  /** Looks at the next events, at most so many, and none from the revision `before` on. */
  collect(eventsMax: number, before: number = Number.MAX_SAFE_INTEGER): void {
    for (const { kind, key, revision, position, previous } of this.#nextEvents(eventsMax, before)) {
      if (previous.revision !== 0) this.#keyspace.forget(previous);
      if (kind === 'put') continue;
      this.#keyspace.forgetTombstone(key, { revision, position });
      this.#keyspace.forget({ revision, position });
    }
  }

  /** The events to look at now. Where the key will be needed it is a copy, because freeing one changes the store beneath the others. */
  #nextEvents(eventsMax: number, before: number): readonly HistoryEvent[] {
    const state = this.#state;
    const end = Math.min(state.compactedRevision + 1, before);
    const cursor = this.#keyspace.scanHistory(state.collected, end);
    const events: HistoryEvent[] = [];
    while (events.length < eventsMax && cursor.next()) {
      const { event } = cursor;
      events.push(event.kind === 'put' ? event : { ...event, key: event.key.slice() });
    }
    cursor.close();
    const last = events.at(-1);
    state.collected =
      last === undefined || events.length < eventsMax
        ? { revision: end, position: 0 }
        : { revision: last.revision, position: last.position + 1 };
    return events;
  }
}
