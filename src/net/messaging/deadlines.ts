/**
 * When what waits is over: one timer for all that wait on a connection, set for the first that can be over. When
 * it fires, whoever owns them looks through them once; until then a call costs a comparison.
 */
import type { Clock, Timer } from '../../ports/index.ts';

export interface DeadlinesOptions {
  readonly clock: Clock;
  /** Ends what is over by `nowMs`; answers when the first of the rest is, `Infinity` where none is. */
  readonly expire: (nowMs: number) => number;
}

export class Deadlines {
  readonly #options: DeadlinesOptions;
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(options: DeadlinesOptions) {
    this.#options = options;
  }

  /** Something waits until `dueMs`, by the clock. */
  note(dueMs: number): void {
    if (dueMs >= this.#dueMs) return;
    this.#arm(dueMs);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #arm(dueMs: number): void {
    const { clock } = this.#options;
    this.close();
    this.#dueMs = dueMs;
    if (dueMs === Number.POSITIVE_INFINITY) return;
    this.#timer = clock.setTimer(dueMs - clock.now(), () => this.#fire(), { background: true });
  }

  #fire(): void {
    const { clock, expire } = this.#options;
    this.close();
    // What ends here may begin something that is due before the rest.
    const dueMs = expire(clock.now());
    if (dueMs < this.#dueMs) this.#arm(dueMs);
  }
}
