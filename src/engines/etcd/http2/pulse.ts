/**
 * Notices that a connection is dead though nothing has closed it: a cable pulled, a machine frozen, a firewall that
 * forgot. After a while of silence it pings, and when nothing at all is heard for some time after, that is that.
 *
 * etcd takes it ill when it is pinged more often than every 5 s without having sent anything between, or while no
 * call is under way, and closes the connection. So the pause is longer, and idle connections are left alone.
 */
import type { Clock, Timer } from '../../../ports/index.ts';

export interface PulseOptions {
  readonly clock: Clock;
  /** Silence after which it pings. */
  readonly silenceMs: number;
  /** Silence after a ping that proves the connection dead. */
  readonly answerMsMax: number;
  readonly isBusy: () => boolean;
  /** Its answer is to call `heard`. */
  readonly ping: () => void;
  readonly dead: () => void;
}

export class Pulse {
  readonly #options: PulseOptions;
  #heardAt: number;
  /** Nothing was heard since the last ping. */
  #isAwaited = false;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#heardAt = options.clock.now();
    this.#plan(options.silenceMs, () => this.#look());
  }

  heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#isAwaited = false;
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  #plan(delayMs: number, next: () => void): void {
    this.#timer = this.#options.clock.setTimer(delayMs, next, { background: true });
  }

  #look(): void {
    const { clock, silenceMs, answerMsMax, isBusy, ping } = this.#options;
    if (this.#isOver) return;
    const leftMs = this.#heardAt + silenceMs - clock.now();
    if (leftMs > 0 || !isBusy()) {
      this.#plan(leftMs > 0 ? leftMs : silenceMs, () => this.#look());
      return;
    }
    this.#isAwaited = true;
    ping();
    // A process that stood still finds this timer due before it has read what came meanwhile: that comes first.
    this.#plan(answerMsMax, () => clock.afterTurn(() => this.#judge()));
  }

  #judge(): void {
    if (this.#isOver) return;
    if (this.#isAwaited) this.#options.dead();
    else this.#look();
  }
}
