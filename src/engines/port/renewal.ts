/**
 * Keeps a session alive: renews it a few times within its life, one renewal not waiting for the one before, because
 * an answer that hangs must not cost the session its life. Tells its life what came of it.
 */
import { isQuorateError } from '../../base/index.ts';
import type { Clock, Timer } from '../../ports/index.ts';
import type { Life } from './life.ts';

export const renewalShareDefault: number = 1 / 3;
/** Below it a server hears of little else than renewals. */
export const renewalShareMin = 0.05;
/** Beyond it a renewal that is lost once is the session's end. */
export const renewalShareMax = 0.7;

export interface RenewalOptions {
  readonly clock: Clock;
  readonly life: Life;
  readonly ttlMs: number;
  /** After which share of its time to live it is renewed. */
  readonly share: number;
  /**
   * One renewal. Resolves when the server has said that the session lives on; rejects with `session-expired` when it
   * has said that it is over, and with anything else that we name when it did not answer or refused.
   */
  readonly renew: (signal: AbortSignal) => Promise<void>;
}

export class Renewal {
  readonly #options: RenewalOptions;
  readonly #open = new Set<Promise<void>>();
  #timer: Timer | undefined;
  #isOver = false;

  constructor(options: RenewalOptions) {
    this.#options = options;
    const { over } = options.life;
    if (over.aborted) this.#isOver = true;
    else over.addEventListener('abort', () => this.#stop(), { once: true });
    this.#plan();
  }

  /** A renewal out of turn, such as when a connection is back. */
  now(): void {
    const { clock, life } = this.#options;
    if (this.#isOver || !life.isLive) return;
    const renewal = this.#renew(clock.now()).finally(() => this.#open.delete(renewal));
    this.#open.add(renewal);
  }

  /** No more renewals; resolves when those under way are over. */
  async close(): Promise<void> {
    this.#stop();
    await Promise.all(this.#open);
  }

  #stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  #plan(): void {
    const { clock, ttlMs, share } = this.#options;
    if (this.#isOver) return;
    const onTurn = (): void => {
      this.now();
      this.#plan();
    };
    this.#timer = clock.setTimer(ttlMs * share, onTurn, { background: true });
  }

  async #renew(sentAt: number): Promise<void> {
    const { life, renew } = this.#options;
    try {
      await renew(life.over);
      life.renewed(sentAt);
    } catch (error) {
      if (life.over.aborted) return;
      if (!isQuorateError(error)) throw error;
      if (error.code === 'session-expired') life.end('the server has ended it', error);
      else life.suspend();
    }
  }
}
