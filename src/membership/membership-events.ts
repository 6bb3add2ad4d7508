/** What a member notices, and who hears of it: the events of the core, of clocks, and of partitions in one stream. */
import type { MemberEvent } from '../gossip/index.ts';
import type { Log } from '../ports/index.ts';
import { ChangeStream, type MissedEvents } from './change-stream.ts';
import type { ClockEvent } from './clock-sense.ts';
import type { RaisedCounters } from './counters.ts';
import type { PartitionEvent } from './partition-sense.ts';

export type MembershipEvent = MemberEvent | ClockEvent | PartitionEvent;

export type MembershipListener = (event: MembershipEvent) => void;

export class Audience {
  readonly #log: Log;
  readonly #counters: RaisedCounters;
  readonly #limit: number;
  readonly #listeners = new Set<MembershipListener>();
  readonly #streams = new Set<ChangeStream<MembershipEvent>>();

  constructor(log: Log, counters: RaisedCounters, limit: number) {
    this.#log = log;
    this.#counters = counters;
    this.#limit = limit;
  }

  /** One function may listen twice; each time it is let go of by itself. */
  subscribe(listener: MembershipListener): Disposable {
    const entry: MembershipListener = (event) => listener(event);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  stream(signal: AbortSignal | undefined): AsyncIterableIterator<MembershipEvent | MissedEvents> {
    const stream = new ChangeStream<MembershipEvent>(
      this.#limit,
      (over) => void this.#streams.delete(over),
      signal,
    );
    if (signal?.aborted !== true) this.#streams.add(stream);
    return stream;
  }

  /** A listener that fails is counted and written down: it must not stop the member, and not the other listeners. */
  tell(event: MembershipEvent): void {
    const { events } = this.#counters;
    events.set(event.kind, (events.get(event.kind) ?? 0) + 1);
    for (const stream of [...this.#streams]) stream.put(event);
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#counters.listenerFailures += 1;
        this.#log.error('a listener of membership failed', { event: event.kind, error });
      }
    }
  }

  close(): void {
    for (const stream of [...this.#streams]) stream.close();
    this.#listeners.clear();
  }
}
