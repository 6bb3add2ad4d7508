/**
 * Frees what a compaction made unreachable: versions that were superseded at or below the compacted revision,
 * and tombstones. It follows the events since the last compaction, each of which names the version that it
 * superseded, so its work is in proportion to the garbage and not to the store.
 *
 * A little is done with each command instead of all at once, so that no command waits for a million others'
 * garbage. How much depends on nothing but the commands themselves: all members free the same bytes at the
 * same index, and judge the quota alike.
 */
import type { HistoryEvent } from './event.ts';
import type { Keyspace } from './keyspace.ts';
import type { StoreState } from './state.ts';

/** A write makes one event. Eight a command overtake even a store that does nothing but write. */
const eventsPerCommand = 8;

export class Collector {
  readonly #state: StoreState;
  readonly #keyspace: Keyspace;

  constructor(state: StoreState, keyspace: Keyspace) {
    this.#state = state;
    this.#keyspace = keyspace;
  }

  step(): void {
    const state = this.#state;
    if (state.collected.revision > state.compactedRevision) return;
    for (const event of this.#nextEvents()) {
      const superseded = event.previous.revision === 0 ? undefined : this.#keyspace.event(event.previous);
      if (superseded !== undefined) this.#keyspace.forget(superseded);
      if (event.kind !== 'put') this.#keyspace.forget(event);
    }
  }

  /** The events to look at now, with keys of their own, because freeing one changes the store beneath the others. */
  #nextEvents(): HistoryEvent[] {
    const state = this.#state;
    const end = state.compactedRevision + 1;
    const cursor = this.#keyspace.scanHistory(state.collected, end);
    const events: HistoryEvent[] = [];
    while (events.length < eventsPerCommand && cursor.next()) {
      const { event } = cursor;
      events.push({ ...event, key: event.key.slice() });
    }
    cursor.close();
    const last = events.at(-1);
    state.collected =
      last === undefined || events.length < eventsPerCommand
        ? { revision: end, position: 0 }
        : { revision: last.revision, position: last.position + 1 };
    return events;
  }
}
