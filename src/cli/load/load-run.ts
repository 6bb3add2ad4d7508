/**
 * Runs a load for some time: each client does one thing after the other, as fast as it is answered. Times go into
 * a histogram of bounded size, errors are counted by code, and both are as the clients saw them: a try that the
 * client library repeated is part of the time.
 */
import { type ErrorCode, isQuorateError, LatencyHistogram } from '../../base/index.ts';
import type { Store, StoreWatch } from '../../client/index.ts';
import { benchPrefix, keyOf, type LoadShape, sentAtMs, type WorkloadName, workloads } from './workloads.ts';

export interface LoadOptions extends LoadShape {
  readonly workload: WorkloadName;
  /** Clients take them in turn. */
  readonly stores: readonly Store[];
  readonly durationMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (totals: LoadTotals) => void;
}

export interface LoadTotals {
  readonly elapsedMs: number;
  readonly latencies: LatencyHistogram;
  readonly errors: ReadonlyMap<ErrorCode, number>;
}

/** Clients that write while others watch. */
const watchedWriters = 16;
const progressMs = 200;
/** After an error a client waits, so that a refusal that comes at once is not asked for a million times. */
const errorPauseMs = 10;
const preparedAtOnce = 256;

export async function runLoad(options: LoadOptions): Promise<LoadTotals> {
  const run = new LoadRun(options);
  try {
    await prepare(options);
    return await run.run();
  } finally {
    await options.stores[0]?.delete({ prefix: benchPrefix });
  }
}

/** Also finds out whether anybody is there, before anything is measured. */
async function prepare({ workload, stores, keys, valueBytes, signal }: LoadOptions): Promise<void> {
  const [store] = stores;
  if (store === undefined) return;
  await store.delete({ prefix: benchPrefix }, { signal });
  if (!workloads[workload].needsKeys) return;
  const value = new Uint8Array(valueBytes).fill(0x78);
  for (let first = 0; first < keys; first += preparedAtOnce) {
    const places = Array.from(
      { length: Math.min(preparedAtOnce, keys - first) },
      (_, place) => first + place,
    );
    await Promise.all(places.map((place) => store.put(keyOf(place), value, { signal })));
  }
}

class LoadRun {
  readonly #options: LoadOptions;
  readonly #latencies = new LatencyHistogram();
  readonly #errors = new Map<ErrorCode, number>();
  #startedAtMs = 0;
  #isOver = false;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  async run(): Promise<LoadTotals> {
    const { workload, durationMs, signal, onProgress } = this.#options;
    const watches = workload === 'watch' ? await this.#watch() : [];
    this.#startedAtMs = performance.now();
    const end = (): void => {
      this.#isOver = true;
    };
    const timer = setTimeout(end, durationMs);
    signal.addEventListener('abort', end, { once: true });
    const ticker = setInterval(() => onProgress(this.#totals()), progressMs);
    try {
      await this.#clients(watches.length > 0 ? watchedWriters : this.#options.clients);
      return this.#totals();
    } finally {
      // Where one client failed as nobody expects, the others end with it.
      end();
      clearTimeout(timer);
      clearInterval(ticker);
      signal.removeEventListener('abort', end);
      await Promise.all(watches.map((watch) => watch.return()));
    }
  }

  #totals(): LoadTotals {
    const elapsedMs = performance.now() - this.#startedAtMs;
    return { elapsedMs, latencies: this.#latencies, errors: this.#errors };
  }

  async #clients(count: number): Promise<void> {
    const { workload } = this.#options;
    const operate = workloads[workload].operation(this.#options);
    const isCounted = workload !== 'watch';
    await Promise.all(
      Array.from({ length: count }, async (_, client) => {
        for (let turn = 0; !this.#isOver; turn += 1) {
          await this.#once(() => operate(this.#storeOf(client), client, turn), isCounted);
        }
      }),
    );
  }

  async #once(operate: () => Promise<unknown>, isCounted: boolean): Promise<void> {
    const startedAtMs = performance.now();
    try {
      await operate();
      if (isCounted) this.#latencies.record(performance.now() - startedAtMs);
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      this.#errors.set(error.code, (this.#errors.get(error.code) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, errorPauseMs));
    }
  }

  /** Each hears of every put; its latency is from when the put was sent to when this watcher heard of it. */
  async #watch(): Promise<StoreWatch[]> {
    const { clients } = this.#options;
    const watches = Array.from({ length: clients }, (_, client) =>
      this.#storeOf(client).watch({ prefix: benchPrefix }),
    );
    await Promise.all(watches.map((watch) => watch.began));
    for (const watch of watches) void this.#hear(watch);
    return watches;
  }

  async #hear(watch: StoreWatch): Promise<void> {
    try {
      for await (const { events } of watch) {
        const nowMs = performance.now();
        for (const { kind, value } of events)
          if (kind === 'put') this.#latencies.record(nowMs - sentAtMs(value));
      }
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      this.#errors.set(error.code, (this.#errors.get(error.code) ?? 0) + 1);
    }
  }

  #storeOf(client: number): Store {
    const { stores } = this.#options;
    return stores[client % stores.length] as Store;
  }
}
