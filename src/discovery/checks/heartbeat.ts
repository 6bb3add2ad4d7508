/**
 * Waits to be told that a service lives. Each time that its time to live passes without a word is one critical sight,
 * so that thresholds count here as they do elsewhere.
 */
import type { Clock, Timer } from '../../ports/index.ts';
import type { HealthStatus } from './health-rule.ts';
import { seen } from './observation.ts';
import type { Look } from './poller.ts';

export interface HeartbeatOptions {
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly looked: (look: Look) => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#wait();
  }

  beat(status: HealthStatus, detail: string): void {
    if (this.#isClosed) return;
    this.#wait();
    this.#options.looked({ result: status, observation: seen(status, detail) });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #wait(): void {
    const { clock, ttlMs } = this.#options;
    this.#timer?.cancel();
    this.#timer = clock.setTimer(ttlMs, () => this.#onSilence(), { background: true });
  }

  #onSilence(): void {
    const { ttlMs, looked } = this.#options;
    this.#wait();
    looked({ result: 'timed-out', observation: seen('critical', `no word from it for ${ttlMs} ms`) });
  }
}
