/**
 * Whether the registry is heard. A watch that is never silent tells nothing of that where nothing changes, so a view
 * asks a small question now and then: which instance came last. The answer also shows a watch that has gone deaf,
 * since it should have told of that instance long ago.
 *
 * Counted by the clock and not by what a timer has done, so a process that stood still knows how old its list is.
 */
import { isQuorateError } from '../base/index.ts';
import type { Engine, Item } from '../engines/port/index.ts';
import type { Timer } from '../ports/index.ts';

export interface HearingOptions {
  readonly engine: Engine;
  readonly directory: string;
  readonly everyMs: number;
  /** Nothing is asked any more when it aborts. */
  readonly signal: AbortSignal;
  /** Behind each question that was answered, and behind each that was not. */
  readonly onAsked: (isHeard: boolean, newest: Item | undefined) => void;
}

export class Hearing {
  readonly #options: HearingOptions;
  #heardAt: number;
  #isSilent = true;
  #timer: Timer | undefined;
  #asking: Promise<void> | undefined;

  constructor(options: HearingOptions) {
    this.#options = options;
    this.#heardAt = options.engine.clock.now();
    options.signal.addEventListener('abort', () => this.#timer?.cancel(), { once: true });
    this.#plan();
  }

  /** 0 while it is heard. */
  get silentMs(): number {
    const { engine, everyMs } = this.#options;
    const passedMs = engine.clock.now() - this.#heardAt;
    // A question, and as long as its answer may take.
    return this.#isSilent || passedMs > 2 * everyMs ? passedMs : 0;
  }

  /** The registry has said something. */
  heard(): void {
    this.#heardAt = this.#options.engine.clock.now();
    this.#isSilent = false;
  }

  /** It has been silent for so long already, as a copy tells; what was heard since counts more. */
  wasSilentFor(silentMs: number): void {
    const { clock } = this.#options.engine;
    if (this.#isSilent) this.#heardAt = Math.min(this.#heardAt, clock.now() - silentMs);
  }

  /** Resolves when a question that is under way is over. */
  async settled(): Promise<void> {
    await this.#asking;
  }

  #plan(): void {
    const { engine, everyMs, signal } = this.#options;
    if (signal.aborted) return;
    const onTime = (): void => {
      this.#asking = this.#ask().finally(() => this.#plan());
    };
    // Those who began together need not ask together.
    const delayMs = everyMs * (0.75 + engine.random.uint32() / 2 ** 33);
    this.#timer = engine.clock.setTimer(delayMs, onTime, { background: true });
  }

  async #ask(): Promise<void> {
    const { engine, directory, everyMs, signal, onAsked } = this.#options;
    const newest = { descending: true, limit: 1, keysOnly: true } as const;
    let found: Item | undefined;
    try {
      const listing = await engine.list(directory, { ...newest, signal, deadline: everyMs });
      found = listing.items[0];
    } catch (error) {
      if (signal.aborted) return;
      if (!isQuorateError(error)) throw error;
      this.#isSilent = true;
      onAsked(false, undefined);
      return;
    }
    this.heard();
    onAsked(true, found);
  }
}
