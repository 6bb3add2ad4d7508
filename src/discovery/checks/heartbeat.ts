/**
 * Waits to be told that a service lives. Each time that its time to live passes without a word is one critical sight,
 * so that thresholds count here as they do elsewhere. A process that stood still could not be told anything: where the
 * timer itself is late by more than its own length, the service is given that time again, once.
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
  #dueMs = 0;
  #hasMoreTime = false;
  #isClosed = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#wait();
  }

  beat(status: HealthStatus, detail: string): void {
    if (this.#isClosed) return;
    this.#hasMoreTime = false;
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
    this.#dueMs = clock.now() + ttlMs;
    this.#timer = clock.setTimer(ttlMs, () => this.#onSilence(), { background: true });
  }

  #onSilence(): void {
    const { clock, ttlMs, looked } = this.#options;
    const isStalled = clock.now() - this.#dueMs > ttlMs && !this.#hasMoreTime;
    this.#hasMoreTime = isStalled;
    this.#wait();
    if (isStalled) looked({ result: 'stalled', observation: undefined });
    else looked({ result: 'timed-out', observation: seen('critical', `no word from it for ${ttlMs} ms`) });
  }
}
