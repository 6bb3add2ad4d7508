/**
 * Where a cache keeps its answers: in the memory of the process, or in what the user has, behind three functions. A
 * store outside may be slow or away; then the cache does without it. Since processes share it, ages in it are told by
 * the wall clock, those in memory by the monotonic one.
 */
import { KeyedStates } from './keyed.ts';

export interface CacheEntry {
  readonly value: unknown;
  /** When the answer came, by the clock that the cache tells; kept and given back as it is. */
  readonly storedAtMs: number;
}

export interface CacheStore {
  /** Undefined where there is none. What it gives is judged by its age, so it may be as old as it likes. */
  get(key: string): CacheEntry | undefined | PromiseLike<CacheEntry | undefined>;
  /** After `keepMs` nothing asks for it any more. */
  set(key: string, entry: CacheEntry, keepMs: number): unknown;
  delete(key: string): unknown;
}

interface Place<Kept> {
  kept: Kept | undefined;
}

/** The one that a cache has where it is given none; also for what a cache remembers of failures. */
export class MemoryOf<Kept> {
  readonly #places: KeyedStates<Place<Kept>>;

  constructor(keysMax: number) {
    this.#places = new KeyedStates({ keysMax, make: (): Place<Kept> => ({ kept: undefined }) });
  }

  get(key: string): Kept | undefined {
    return this.#places.peek(key) === undefined ? undefined : this.#places.of(key).kept;
  }

  set(key: string, kept: Kept): void {
    this.#places.of(key).kept = kept;
  }

  delete(key: string): void {
    this.#places.delete(key);
  }

  resize(keysMax: number): void {
    this.#places.resize(keysMax);
  }
}
