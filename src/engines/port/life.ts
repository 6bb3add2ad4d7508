/**
 * How long a session may be relied on. Counted from when the last renewal that was answered was *sent*, and
 * shortened by what the clocks of two machines may differ in rate, so the holder gives up before the server does.
 * A process that stood still finds out by looking at its clock, not by a timer that comes late.
 */
import { QuorateError, watchfulSignal } from '../../base/index.ts';
import type { Clock, Timer } from '../../ports/index.ts';
import type { SessionState } from './engine.ts';

/** By which share the clocks of two machines may differ in rate: an owner gives a session up so much earlier. */
export const clockDriftMax = 0.05;

export interface LifeOptions {
  readonly clock: Clock;
  /** How the session is called in errors. */
  readonly name: string;
  readonly ttlMs: number;
  /** When the request was sent that began it. */
  readonly sentAt: number;
}

export class Life {
  readonly #clock: Clock;
  readonly #name: string;
  readonly #beliefMs: number;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #isOver = false;
  readonly #listeners = new Set<(state: SessionState) => void>();
  #until: number;
  #state: SessionState = 'connected';
  #timer: Timer | undefined;

  constructor({ clock, name, ttlMs, sentAt }: LifeOptions) {
    this.#clock = clock;
    this.#name = name;
    this.#beliefMs = ttlMs * (1 - clockDriftMax);
    this.#until = sentAt + this.#beliefMs;
    this.#signal = watchfulSignal(this.#over.signal, () => this.#look());
    this.#plan();
  }

  get isLive(): boolean {
    return this.remainingMs > 0;
  }

  get remainingMs(): number {
    return this.#look();
  }

  get state(): SessionState {
    return this.#state;
  }

  /** To read it is to look at the clock, so a process that stood still is told the truth at once. */
  get over(): AbortSignal {
    return this.#signal;
  }

  subscribe(listener: (state: SessionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A renewal that was sent then was answered. One that comes too late brings nothing back. */
  renewed(sentAt: number): void {
    if (!this.isLive) return;
    this.#until = Math.max(this.#until, sentAt + this.#beliefMs);
    if (this.#state === 'suspended') this.#become('reconnected');
  }

  /** The server does not answer. */
  suspend(): void {
    if (this.isLive && this.#state !== 'suspended') this.#become('suspended');
  }

  /** It is over; the first reason stays. */
  end(reason: string, cause?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#over.abort(sessionOver(this.#name, reason, cause));
    this.#become('lost');
    this.#listeners.clear();
  }

  /** Throws `session-expired` when nothing more may be sent under it. */
  check(): void {
    if (this.isLive) return;
    throw sessionOver(this.#name, 'nothing more is sent under it', this.#signal.reason);
  }

  /** How long is left; where nothing is, it is over. */
  #look(): number {
    if (this.#isOver) return 0;
    const leftMs = this.#until - this.#clock.now();
    if (leftMs <= 0) this.end('no renewal was answered in time');
    return Math.max(0, leftMs);
  }

  #plan(): void {
    const leftMs = this.#until - this.#clock.now();
    if (leftMs <= 0) this.end('no renewal was answered in time');
    else this.#timer = this.#clock.setTimer(leftMs, () => this.#plan(), { background: true });
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}

/** Nothing of what is refused with this has left. */
export function sessionOver(name: string, reason: string, cause?: unknown): QuorateError<'session-expired'> {
  return new QuorateError({
    code: 'session-expired',
    message: `session ${name} is over: ${reason}; open a new one, and take nothing for granted that it held`,
    data: { session: name },
    outcome: 'not-applied',
    ...(cause === undefined ? {} : { cause }),
  });
}
