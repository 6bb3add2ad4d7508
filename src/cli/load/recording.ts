/**
 * Drives a workload and writes down what its clients saw, for a judge: reads, writes and compare-and-swaps on a
 * few keys, by clients that go on whatever happens. An outcome that nobody can know is recorded as such, and the
 * client goes on under another number. No two writes have the same value, so that a read tells which it saw.
 */
import { isQuorateError, Prng } from '../../base/index.ts';
import type { ReadOptions, Store } from '../../client/index.ts';
import {
  type HistoryAnswer,
  type HistoryClient,
  HistoryRecorder,
  type HistoryRequest,
} from '../../sim/index.ts';

export interface RecordOptions {
  /** Clients take them in turn. */
  readonly stores: readonly Store[];
  readonly operations: number;
  readonly clients: number;
  readonly keys: number;
  /** Where the keys lie; nobody else writes there. */
  readonly prefix: string;
  readonly seed: number;
  readonly read: ReadOptions;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** After an error a client waits, so that a cluster without a leader does not use up the operations. */
const errorPauseMs = 20;

/** Resolves when all operations have ended, or the signal came. */
export async function recordWorkload(options: RecordOptions): Promise<HistoryRecorder> {
  const recorder = new HistoryRecorder({ now: () => performance.now() });
  const recording = new Recording(options);
  await Promise.all(
    Array.from({ length: options.clients }, (_, place) => recording.drive(place, recorder.client())),
  );
  return recorder;
}

class Recording {
  readonly #options: RecordOptions;
  readonly #prng: Prng;
  #begun = 0;
  #done = 0;
  #lastValue = 0;

  constructor(options: RecordOptions) {
    this.#options = options;
    this.#prng = new Prng(options.seed);
  }

  async drive(place: number, client: HistoryClient): Promise<void> {
    const { stores, operations, signal, onProgress } = this.#options;
    const store = stores[place % stores.length] as Store;
    /** What this client read last of each key: what it expects there. */
    const seen = new Map<string, number | null>();
    while (this.#begun < operations && !signal.aborted) {
      this.#begun += 1;
      const isDone = await this.#attempt(store, client, seen);
      this.#done += 1;
      onProgress(this.#done);
      if (!isDone) await new Promise((resolve) => setTimeout(resolve, errorPauseMs));
    }
  }

  async #attempt(store: Store, client: HistoryClient, seen: Map<string, number | null>): Promise<boolean> {
    const [request, call] = this.#draw(store, seen);
    try {
      await client.attempt(request, call);
      return true;
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      return false;
    }
  }

  #draw(
    store: Store,
    seen: Map<string, number | null>,
  ): readonly [request: HistoryRequest, call: () => Promise<HistoryAnswer>] {
    const key = `k${this.#prng.below(this.#options.keys)}`;
    const kind = this.#prng.below(4);
    if (kind < 2) return [{ f: 'read', key }, () => this.#read(store, key, seen)];
    this.#lastValue += 1;
    const value = this.#lastValue;
    if (kind === 2) return [{ f: 'write', key, value }, () => this.#write(store, key, value)];
    const expected = seen.get(key) ?? null;
    return [{ f: 'cas', key, value: [expected, value] }, () => this.#swap(store, key, expected, value)];
  }

  async #read(store: Store, key: string, seen: Map<string, number | null>): Promise<HistoryAnswer> {
    const { entries, revision } = await store.list(this.#keyOf(key), this.#options.read);
    const text = entries[0]?.text;
    const value = text === undefined ? null : Number(text);
    seen.set(key, value);
    return { value, revision };
  }

  async #write(store: Store, key: string, value: number): Promise<HistoryAnswer> {
    const { revision } = await store.put(this.#keyOf(key), String(value));
    return { revision };
  }

  async #swap(store: Store, key: string, expected: number | null, value: number): Promise<HistoryAnswer> {
    const keys = this.#keyOf(key);
    const { succeeded, revision } = await store.transaction({
      when: [
        expected === null
          ? { target: 'absent', keys }
          : { target: 'value', keys, operator: 'equal', value: String(expected) },
      ],
      onSuccess: [{ kind: 'put', key: keys, value: String(value) }],
    });
    return succeeded ? { value: true, revision } : { value: false };
  }

  #keyOf(key: string): string {
    return `${this.#options.prefix}${key}`;
  }
}
