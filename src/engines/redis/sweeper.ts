/**
 * Sessions end at the server when somebody looks, because it has nobody of its own who would. While this engine
 * watches anything it looks by itself: when the next session may be over, and twice a second for those that are
 * opened meanwhile. So who waits for an expiry hears of it in time, also when nobody writes.
 */
import { isQuorateError } from '../../base/index.ts';
import type { Clock, Timer } from '../../ports/index.ts';
import type { Commands } from './commands.ts';

const pauseMsMin = 2;
const pauseMsMax = 500;

export class Sweeper {
  readonly #clock: Clock;
  readonly #commands: Commands;
  readonly #isNeeded: () => boolean;
  readonly #over = new AbortController();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;

  /** `isNeeded`: whether anybody listens. */
  constructor(clock: Clock, commands: Commands, isNeeded: () => boolean) {
    this.#clock = clock;
    this.#commands = commands;
    this.#isNeeded = isNeeded;
  }

  /** Somebody listens now. */
  start(): void {
    if (this.#running === undefined && this.#timer === undefined) this.#plan(0);
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#timer?.cancel();
    await this.#running;
  }

  #plan(pauseMs: number): void {
    if (this.#over.signal.aborted) return;
    const onTurn = (): void => {
      this.#timer = undefined;
      if (!this.#isNeeded()) return;
      this.#running = this.#sweep().then((nextMs) => {
        this.#running = undefined;
        this.#plan(nextMs);
      });
    };
    this.#timer = this.#clock.setTimer(pauseMs, onTurn, { background: true });
  }

  async #sweep(): Promise<number> {
    try {
      const options = { isRead: true, signal: this.#over.signal };
      const nearest = await this.#commands.run('sweep', [], options, ({ rest }) => rest.text());
      if (nearest === '') return pauseMsMax;
      // A millisecond more, because a session lives to the end of its last one.
      return Math.min(pauseMsMax, Math.max(pauseMsMin, Number(nearest) + 1));
    } catch (error) {
      if (!isQuorateError(error) && !this.#over.signal.aborted) throw error;
      return pauseMsMax;
    }
  }
}
