/**
 * Frees what a compaction made unreachable: versions that were superseded at or below the compacted revision,
 * and tombstones. It follows the events since the last compaction, each of which names the version that it
 * superseded, so its work is in proportion to the garbage and not to the store.
 *
 * A little is done behind each command instead of all at once, so that no command waits for a million
 * others' garbage; a host whose commands are few asks for more with `collect`. How much is done depends on
 * nothing but the commands: all members free the same bytes at the same index, and judge the quota alike.
 */
import type { HistoryEvent } from './event.ts';
import type { Keyspace } from './keyspace.ts';
import type { StoreState } from './state.ts';

/** Behind a command that changed nothing. */
const eventsLeast = 2;
/** Behind each change: more than the one that it added, so that the end comes nearer however much is written. */
const eventsPerChange = 2;
/** Behind one command: about a millisecond. */
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

  /** The share of a command that made so many changes. */
  follow(changes: number): void {
    if (this.isPending) this.collect(Math.min(eventsLeast + eventsPerChange * changes, eventsMost));
  }

  /** Looks at the next events, at most so many. */
  collect(eventsMax: number): void {
    for (const { kind, key, revision, position, previous } of this.#nextEvents(eventsMax)) {
      if (previous.revision !== 0) this.#keyspace.forget(previous);
      if (kind === 'put') continue;
      this.#keyspace.forgetTombstone(key, { revision, position });
      this.#keyspace.forget({ revision, position });
    }
  }

  /** The events to look at now. Where the key will be needed it is a copy, because freeing one changes the store beneath the others. */
  #nextEvents(eventsMax: number): readonly HistoryEvent[] {
    const state = this.#state;
    const end = state.compactedRevision + 1;
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
