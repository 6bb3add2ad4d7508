/**
 * Answers that are kept for a while, by key, beside whatever makes them. A fresh one is given without a call. One that
 * is a little older may be given at once while another is fetched in the background; one that is older still may be
 * given when the call fails, since yesterday's price list is better than an error page. Calls that miss at the same
 * time share one execution, and what is made known as outdated while it is being fetched is not kept.
 *
 * Failures are not kept unless asked for, and then in memory only. A failure is remembered for a moment all the same,
 * so that an upstream that is down is not asked anew by each call that has an old answer to give.
 */
import { AssertionFailure, invalidOption, QuorateError } from '../base/index.ts';
import type { CacheAnswer } from './answering-events.ts';
import { freshnessAt, keptMsOf } from './cache-freshness.ts';
import {
  type CacheAsideOptions,
  type CacheRules,
  type CacheSettings,
  cacheSettingsOf,
} from './cache-settings.ts';
import { type CacheEntry, type CacheStore, MemoryOf } from './cache-store.ts';
import { AbortableCall, type Call, type CallContext, type Task } from './call.ts';
import { Flights } from './flights.ts';
import { lengthMsOf } from './option-checks.ts';
import { Policy } from './policy.ts';
import { type TimeoutPolicy, timeout } from './timeout.ts';

/** What went wrong with the last try of a key. */
interface RecentFailure {
  readonly error: unknown;
  readonly atMs: number;
}

export function cacheAside(options: CacheAsideOptions): CacheAsidePolicy {
  return new CacheAsidePolicy(options);
}

export class CacheAsidePolicy extends Policy<'cache'> {
  readonly #store: CacheStore;
  /** The same store where it is in memory, and answers without waiting. */
  readonly #memory: MemoryOf<CacheEntry> | undefined;
  readonly #storeLimit: TimeoutPolicy<'timeout'>;
  readonly #flights: Flights;
  /** Until all of a key has been written to a store outside, or its time for that is over. */
  readonly #writing = new Map<string, Promise<void>>();
  readonly #failures: MemoryOf<RecentFailure>;
  #settings: CacheSettings;

  constructor(options: CacheAsideOptions) {
    super(['cache'], options.name ?? 'cache', options.clock);
    const { store, storeTimeout = '1s' } = options;
    this.#settings = cacheSettingsOf(options);
    const { entriesMax } = this.#settings;
    this.#memory = store === undefined ? new MemoryOf<CacheEntry>(entriesMax) : undefined;
    this.#store = checkStore(store ?? this.#memory);
    this.#storeLimit = timeout({
      after: lengthMsOf('storeTimeout', storeTimeout),
      name: `${this.name} store`,
      clock: this.clock,
    });
    this.#flights = new Flights(this.clock, entriesMax);
    this.#failures = new MemoryOf(entriesMax);
  }

  /** What is kept stays, as far as it has room, and is judged by the new rules. */
  configure(rules: CacheRules): void {
    this.#settings = cacheSettingsOf(rules);
    const { entriesMax } = this.#settings;
    this.#memory?.resize(entriesMax);
    this.#failures.resize(entriesMax);
    this.#flights.keysMax = entriesMax;
  }

  /** What is kept for `key` is outdated, and so is what is being fetched. Rejects where the store outside fails. */
  async invalidate(key: string): Promise<void> {
    this.#flights.forget(key);
    this.#failures.delete(key);
    // What is on its way to a store outside might get there behind the deletion.
    const writing = this.#writing.get(key);
    if (writing !== undefined) await writing;
    await this.#store.delete(key);
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    const key = this.#settings.keyOf(call);
    if (key === undefined) return await task(call);
    const entry = this.#memory === undefined ? await this.#ask(key, call) : this.#memory.get(key);
    if (entry === undefined) return await this.#fetch(key, task, call);
    const ageMs = this.#ageMsOf(entry);
    switch (freshnessAt(ageMs, this.#settings)) {
      case 'fresh':
        this.#tellAnswer(key, 'fresh', ageMs);
        return entry.value as T;
      case 'stale':
        this.#tellAnswer(key, 'stale', ageMs);
        if (!this.#hasFailedSince(key, this.#settings.failurePauseMs)) this.#refresh(key, task, call);
        return entry.value as T;
      case 'spare':
        return await this.#fetchOr(entry, key, task, call);
      case 'gone':
        return await this.#fetch(key, task, call);
    }
  }

  /** The outcome of a call, shared with those of the same key, or of one that has just failed. */
  async #fetch<T>(key: string, task: Task<T>, call: Call): Promise<T> {
    const { failuresForMs } = this.#settings;
    if (failuresForMs > 0 && this.#hasFailedSince(key, failuresForMs)) {
      this.#tellAnswer(key, 'failure', 0);
      throw this.#failures.get(key)?.error;
    }
    if (!this.#flights.has(key) && this.#flights.isFull) return await task(call);
    const answer = await this.#flights.join(key, (shared) => this.#fill(key, task, shared), call);
    this.#tellAnswer(key, 'fetched', 0);
    return answer;
  }

  async #fetchOr<T>(spare: CacheEntry, key: string, task: Task<T>, call: Call): Promise<T> {
    const { failurePauseMs, mayStandInFor } = this.#settings;
    const failure = this.#hasFailedSince(key, failurePauseMs) ? this.#failures.get(key) : undefined;
    if (failure === undefined || !mayStandInFor(failure.error)) {
      try {
        return await this.#fetch(key, task, call);
      } catch (error) {
        const isHidden = !call.isAborted && !(error instanceof AssertionFailure) && mayStandInFor(error);
        if (!isHidden || freshnessAt(this.#ageMsOf(spare), this.#settings) === 'gone') throw error;
      }
    }
    this.#tellAnswer(key, 'stale-on-error', this.#ageMsOf(spare));
    return spare.value as T;
  }

  /** In the background, once at a time for a key. It goes on when the call that found the answer stale is over. */
  #refresh<T>(key: string, task: Task<T>, { traits }: Call): void {
    if (this.#flights.has(key) || this.#flights.isFull) return;
    const { refreshTimeoutMs } = this.#settings;
    const call = new AbortableCall(this.clock, traits);
    const timer = this.clock.setTimer(refreshTimeoutMs, () => call.abort(tooSlow(key, refreshTimeoutMs)), {
      background: true,
    });
    this.#flights
      .join(key, (shared) => this.#fill(key, task, shared), call)
      .catch((error: unknown) => {
        if (error instanceof AssertionFailure) throw error;
        this.tell(() => ({ type: 'cache-refresh-failed', kind: 'cache', policy: this.name, key, error }));
      })
      .finally(() => {
        timer.cancel();
        call.end();
      });
  }

  /** Makes the answer and keeps it, unless it was outdated meanwhile. */
  async #fill<T>(key: string, task: Task<T>, call: CallContext): Promise<T> {
    let value: T;
    try {
      value = await task(call);
    } catch (error) {
      const isToldOn = this.#flights.isCurrent(key, call) && !(error instanceof AssertionFailure);
      if (isToldOn) this.#failures.set(key, { error, atMs: this.clock.now() });
      throw error;
    }
    if (!this.#flights.isCurrent(key, call)) return value;
    this.#failures.delete(key);
    if (this.#settings.isKept(value)) this.#keep(key, { value, storedAtMs: this.#nowMs() });
    return value;
  }

  #keep(key: string, entry: CacheEntry): void {
    if (this.#memory !== undefined) {
      this.#memory.set(key, entry);
      return;
    }
    // Nobody waits for it: the answer is there, and a store that is slow or away costs its call nothing.
    const written = this.#storeLimit
      .execute(() => this.#store.set(key, entry, keptMsOf(this.#settings)))
      .catch((error: unknown) => this.#tellStoreFailure(key, 'set', error));
    const writing = Promise.all([this.#writing.get(key), written]).then(() => {
      if (this.#writing.get(key) === writing) this.#writing.delete(key);
    });
    this.#writing.set(key, writing);
  }

  /** Of a store outside. Whatever is wrong with it, the call goes on as if there was nothing. */
  async #ask(key: string, call: Call): Promise<CacheEntry | undefined> {
    try {
      const entry = await this.#storeLimit.run(() => this.#store.get(key), call);
      if (entry === undefined || entry === null || typeof entry.storedAtMs === 'number')
        return entry ?? undefined;
      throw invalidOption(`entry of ${key}`, entry, 'as it was given to the store, with storedAtMs');
    } catch (error) {
      call.throwIfAborted();
      if (error instanceof AssertionFailure) throw error;
      this.#tellStoreFailure(key, 'get', error);
      return undefined;
    }
  }

  #hasFailedSince(key: string, withinMs: number): boolean {
    const failure = this.#failures.get(key);
    return failure !== undefined && this.clock.now() - failure.atMs < withinMs;
  }

  #nowMs(): number {
    return this.#memory === undefined ? this.clock.wall() : this.clock.now();
  }

  #ageMsOf({ storedAtMs }: CacheEntry): number {
    return this.#nowMs() - storedAtMs;
  }

  #tellAnswer(key: string, from: CacheAnswer, ageMs: number): void {
    this.tell(() => ({ type: 'cache-answered', kind: 'cache', policy: this.name, key, from, ageMs }));
  }

  #tellStoreFailure(key: string, operation: 'get' | 'set', error: unknown): void {
    this.tell(() => ({
      type: 'cache-store-failed',
      kind: 'cache',
      policy: this.name,
      key,
      operation,
      error,
    }));
  }
}

function checkStore(store: CacheStore | undefined): CacheStore {
  const isStore = (['get', 'set', 'delete'] as const).every((name) => typeof store?.[name] === 'function');
  if (store !== undefined && isStore) return store;
  throw invalidOption('store', store, 'an object with the functions get, set and delete');
}

function tooSlow(key: string, milliseconds: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `refreshing ${key} in the background took longer than ${milliseconds} ms; allow more with refreshTimeout`,
    data: { milliseconds },
  });
}
