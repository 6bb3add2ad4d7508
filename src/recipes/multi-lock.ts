/**
 * Several locks at once, or none. They are acquired in the order of their names, so that two who want some of the same
 * never wait for each other; where one does not come, those that came are given back.
 */
import { durationMs, invalidOption, linkSignals, watchfulSignal } from '../base/index.ts';
import type { Fence } from '../engines/port/index.ts';
import type { Hold } from './hold.ts';
import type { Lock } from './lock.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { TryOptions } from './turnstile.ts';
import type { WaitOptions } from './wait-limit.ts';

export class MultiLock {
  readonly #context: RecipeContext;
  readonly #locks: readonly Lock[];

  constructor(context: RecipeContext, locks: readonly Lock[]) {
    const names = locks.map(({ name }) => name);
    if (names.length === 0) throw invalidOption('names', names, 'at least one name');
    if (new Set(names).size < names.length)
      throw invalidOption('names', names.join(', '), 'no name twice: one would wait for oneself');
    this.#context = context;
    this.#locks = locks.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** In the order in which they are acquired. */
  get names(): readonly string[] {
    return this.#locks.map(({ name }) => name);
  }

  /**
   * Waits for all of them; `wait` is for all together. Rejects as a lock does, or with `not-held` as soon as one is lost
   * that it had already, and then holds none of them: those that came are given back in the background.
   */
  async acquire({ wait, signal, ...options }: TryOptions & WaitOptions = {}): Promise<HeldLocks> {
    const { clock } = this.#context.engine;
    const untilMs = wait === undefined ? undefined : clock.now() + durationMs(wait, 'wait');
    const held: Hold[] = [];
    try {
      for (const lock of this.#locks) {
        const left = untilMs === undefined ? {} : { wait: Math.max(0, untilMs - clock.now()) };
        using link = linkSignals(signal, ...held.map((hold) => hold.signal));
        held.push(await lock.acquire({ ...options, ...left, signal: link.signal }));
      }
      // The last one may have come in the moment in which another was lost, or all of them.
      this.#context.checkOpen();
      for (const hold of held) hold.assertHeld();
    } catch (error) {
      // What is lost is left by itself.
      for (const hold of held)
        if (hold.isHeld) this.#context.inBackground(`leaving ${hold.what}`, () => hold.release());
      throw error;
    }
    return new HeldLocks(this.names, held);
  }

  /** As `Lock.run`, with all of them held. */
  async run<T>(
    task: (held: HeldLocks) => T | Promise<T>,
    options: TryOptions & WaitOptions = {},
  ): Promise<T> {
    await using held = await this.acquire(options);
    const result = await task(held);
    held.assertHeld();
    return result;
  }
}

export class HeldLocks implements AsyncDisposable {
  readonly #holds: ReadonlyMap<string, Hold>;
  readonly #lost = new AbortController();
  readonly #signal: AbortSignal;

  constructor(names: readonly string[], holds: readonly Hold[]) {
    this.#holds = new Map(names.map((name, at) => [name, holds[at] as Hold]));
    // To look at one is to find out; it then tells this signal by its own.
    this.#signal = watchfulSignal(this.#lost.signal, () => {
      for (const { signal } of holds) if (signal.aborted) this.#lost.abort(signal.reason);
    });
    for (const { signal } of holds)
      signal.addEventListener('abort', () => this.#lost.abort(signal.reason), { once: true });
  }

  /** One of them, for its token. */
  get(name: string): Hold {
    const hold = this.#holds.get(name);
    if (hold !== undefined) return hold;
    throw invalidOption('name', name, `one of ${[...this.#holds.keys()].join(', ')}`);
  }

  /** One for each, for a write that all of them guard. */
  get fences(): readonly Fence[] {
    return [...this.#holds.values()].map(({ fence }) => fence);
  }

  /** Aborts when the first of them is over. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  /** All of them are. */
  get isHeld(): boolean {
    return !this.#signal.aborted;
  }

  /** Throws `not-held` when one of them is over. */
  assertHeld(): void {
    this.#signal.throwIfAborted();
  }

  /** Gives all of them back. May be called twice. */
  async release(): Promise<void> {
    await Promise.all([...this.#holds.values()].map((hold) => hold.release()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
