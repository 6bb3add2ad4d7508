/**
 * What a watch has heard and its reader has not taken yet. It is bounded: beyond that it is forgotten, and the
 * reader is told that it missed something, which costs it a look at everything.
 */
import type { Change } from './answers.ts';

const changesMax = 1_000;
const bytesMax = 8 * 2 ** 20;

export class Subscription {
  /** Only of this item; undefined: of all. */
  readonly #name: string | undefined;
  #since: number | undefined;
  #changes: Change[] = [];
  #bytes = 0;
  #isMissed = false;
  #error: unknown;
  #wake: () => void = () => undefined;

  constructor(name: string | undefined) {
    this.#name = name;
  }

  /** It hears of everything behind this number; `undefined` before it has begun. */
  get since(): number | undefined {
    return this.#since;
  }

  begin(since: number): void {
    this.#since = since;
    this.#wake();
  }

  push(changes: readonly Change[]): void {
    for (const change of changes) {
      if (!this.concerns(change)) continue;
      this.#changes.push(change);
      this.#bytes += change.bytes;
    }
    if (this.#changes.length > changesMax || this.#bytes > bytesMax) this.miss();
    this.#wake();
  }

  concerns({ name }: Change): boolean {
    return this.#name === undefined || this.#name === name;
  }

  /** Something may have happened of which nothing will be heard. */
  miss(): void {
    this.forget();
    this.#isMissed = true;
    this.#wake();
  }

  /** All that was heard is worth nothing: it begins once more. */
  restart(): void {
    this.#since = undefined;
    this.miss();
  }

  /** Nothing more will come. */
  fail(error: unknown): void {
    this.#error = error;
    this.#wake();
  }

  /** Before a look at everything, which makes up for what was missed until then. */
  forget(): void {
    this.#changes = [];
    this.#bytes = 0;
    this.#isMissed = false;
  }

  /** Throws what it failed with. */
  check(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** What was heard of behind `position`; undefined when something was missed. */
  take(position: number): readonly Change[] | undefined {
    this.check();
    if (this.#isMissed) return undefined;
    const taken = this.#changes.filter(({ sequence }) => sequence > position);
    this.forget();
    return taken;
  }

  /** Resolves when there may be something new. Rejects with the signal's reason. */
  wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#wake = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
    });
  }
}
