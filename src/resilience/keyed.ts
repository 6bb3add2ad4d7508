/**
 * State for each key, bounded: where keys come from outside (an upstream's name, a customer), there may be more of them
 * than anybody counted on. Beyond the bound the least recently used goes, and one that is idle before one that is in
 * use: what an idle state knew is worth nothing, and what an open circuit knew is. No timers, so an unused key costs
 * its place and nothing else; each access costs the same however many keys there are.
 */
import { assert, invalidOption } from '../base/index.ts';

export interface KeyedStatesOptions<State> {
  /** How many keys are remembered. */
  readonly keysMax: number;
  readonly make: (key: string) => State;
  /** Whether nothing is lost with it. Default: always. */
  readonly isIdle?: (state: State) => boolean;
  /** Hears of each state that had to go although it was in use. */
  readonly onEvicted?: (key: string, state: State) => void;
}

interface Entry<State> {
  readonly key: string;
  readonly state: State;
  older: Entry<State> | undefined;
  newer: Entry<State> | undefined;
}

/** So many states in use are passed over for one that is idle; then the oldest of them goes. */
const looksMax = 8;
/** What `keysMax` may be. */
export const keysMaxMost = 10_000_000;

export class KeyedStates<State> {
  readonly #entries = new Map<string, Entry<State>>();
  readonly #make: (key: string) => State;
  readonly #isIdle: ((state: State) => boolean) | undefined;
  readonly #onEvicted: ((key: string, state: State) => void) | undefined;
  #keysMax: number;
  #oldest: Entry<State> | undefined;
  #newest: Entry<State> | undefined;

  constructor({ keysMax, make, isIdle, onEvicted }: KeyedStatesOptions<State>) {
    this.#keysMax = checkKeysMax(keysMax);
    this.#make = make;
    this.#isIdle = isIdle;
    this.#onEvicted = onEvicted;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The state of `key`, which is made where there is none, and is the most recently used from now on. */
  of(key: string): State {
    const found = this.#entries.get(key);
    if (found === undefined) return this.#add(key);
    if (found !== this.#newest) {
      this.#unlink(found);
      this.#link(found);
    }
    return found.state;
  }

  /** The same without a use: nothing is made, and nothing stays longer for it. */
  peek(key: string): State | undefined {
    return this.#entries.get(key)?.state;
  }

  /** Forgets a key whose state is of no use any more; nobody is told. */
  delete(key: string): void {
    const found = this.#entries.get(key);
    if (found !== undefined) this.#remove(found);
  }

  /** The least recently used first. Nothing may be added or used while it is read. */
  *entries(): Generator<readonly [key: string, state: State], undefined> {
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) yield [entry.key, entry.state];
  }

  /** Another bound, from now on. */
  resize(keysMax: number): void {
    this.#keysMax = checkKeysMax(keysMax);
    while (this.#entries.size > this.#keysMax) this.#evict();
  }

  #add(key: string): State {
    const state = this.#make(key);
    // Before it is in: the newest of all must never be the one that goes.
    while (this.#entries.size >= this.#keysMax) this.#evict();
    const entry: Entry<State> = { key, state, older: undefined, newer: undefined };
    this.#entries.set(key, entry);
    this.#link(entry);
    return state;
  }

  /** One that is in use and was passed over counts as used now, so that the next search does not begin with it. */
  #evict(): void {
    const first = this.#oldest;
    assert(first !== undefined, 'a bound of at least one key is only reached with a key');
    const looks = Math.min(looksMax, this.#entries.size);
    for (let look = 0; look < looks; look += 1) {
      const entry = this.#oldest as Entry<State>;
      if (this.#isIdle === undefined || this.#isIdle(entry.state)) {
        this.#remove(entry);
        return;
      }
      this.#unlink(entry);
      this.#link(entry);
    }
    this.#remove(first);
    this.#onEvicted?.(first.key, first.state);
  }

  #remove(entry: Entry<State>): void {
    this.#entries.delete(entry.key);
    this.#unlink(entry);
  }

  #link(entry: Entry<State>): void {
    entry.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: Entry<State>): void {
    const { older, newer } = entry;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    entry.older = undefined;
    entry.newer = undefined;
  }
}

function checkKeysMax(keysMax: number): number {
  if (!Number.isInteger(keysMax) || keysMax < 1 || keysMax > keysMaxMost) {
    throw invalidOption('keysMax', keysMax, `a whole number from 1 to ${keysMaxMost}`);
  }
  return keysMax;
}
