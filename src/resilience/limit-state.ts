/**
 * An adaptive limit as a machine without time or promises: how many run, how many may, and the window in which calls
 * are gathered until its strategy judges them. A window lasts as long as it takes for the last change to be felt, so
 * twice the quickest call at least, and holds enough calls to mean something.
 */
import { assert } from '../base/index.ts';
import type { LimitStrategy } from './limit-strategy.ts';

export interface LimitBounds {
  readonly minimum: number;
  readonly maximum: number;
  /** The shortest window; the longest is ten times that. */
  readonly windowMs: number;
}

/** Fewer calls than this say nothing. */
const callsMin = 10;
const longestWindow = 10;

export class LimitState {
  #strategy: LimitStrategy;
  #bounds: LimitBounds;
  #limit: number;
  #running = 0;
  /** Of the last window that had any answers; 0 while nobody knows. */
  #meanMs = 0;
  #begunMs = Number.NEGATIVE_INFINITY;
  #answered = 0;
  #sumMs = 0;
  #quickestMs = Number.POSITIVE_INFINITY;
  #drops = 0;
  #runningMax = 0;
  #wasRefused = false;

  constructor(strategy: LimitStrategy, initial: number, bounds: LimitBounds) {
    this.#strategy = strategy;
    this.#bounds = bounds;
    this.#limit = initial;
  }

  /** With fractions; a call begins while fewer run. */
  get limit(): number {
    return this.#limit;
  }

  get running(): number {
    return this.#running;
  }

  get meanMs(): number {
    return this.#meanMs;
  }

  /** What was gathered goes on to count; a new strategy begins to learn where the limit stands. */
  change(strategy: LimitStrategy | undefined, bounds: LimitBounds): void {
    this.#strategy = strategy ?? this.#strategy;
    this.#bounds = bounds;
    this.#limit = this.#bounded(this.#limit);
  }

  /** False: it may not begin. `share` of the limit is what its priority may fill. */
  enter(share: number): boolean {
    if (this.#running >= this.#limit * share) {
      this.#wasRefused = true;
      return false;
    }
    this.#running += 1;
    if (this.#running > this.#runningMax) this.#runningMax = this.#running;
    return true;
  }

  leave(): void {
    assert(this.#running > 0, 'who leaves a limit has entered it');
    this.#running -= 1;
  }

  /** A call was answered after `tookMs`. */
  answered(tookMs: number, nowMs: number): void {
    this.#answered += 1;
    this.#sumMs += tookMs;
    if (tookMs < this.#quickestMs) this.#quickestMs = tookMs;
    this.#judge(nowMs);
  }

  /** A call ended because somebody had too much to do. */
  dropped(nowMs: number): void {
    this.#drops += 1;
    this.#judge(nowMs);
  }

  #judge(nowMs: number): void {
    if (this.#begunMs === Number.NEGATIVE_INFINITY) this.#begunMs = nowMs;
    if (this.#answered + this.#drops < callsMin) return;
    const { windowMs } = this.#bounds;
    const feltMs = this.#answered === 0 ? 0 : 2 * this.#quickestMs;
    if (nowMs - this.#begunMs < Math.min(longestWindow * windowMs, Math.max(windowMs, feltMs))) return;
    const meanMs = this.#sumMs / this.#answered;
    if (this.#answered > 0) this.#meanMs = meanMs;
    const runningMax = this.#runningMax;
    const wasUsed = this.#wasRefused || runningMax * 2 >= this.#limit;
    const window = { meanMs, runningMax, wasUsed, drops: this.#drops };
    this.#limit = this.#bounded(this.#strategy.next(this.#limit, window));
    this.#beginWindow(nowMs);
  }

  #beginWindow(nowMs: number): void {
    this.#begunMs = nowMs;
    this.#answered = 0;
    this.#sumMs = 0;
    this.#quickestMs = Number.POSITIVE_INFINITY;
    this.#drops = 0;
    this.#runningMax = this.#running;
    this.#wasRefused = false;
  }

  #bounded(limit: number): number {
    return Math.min(this.#bounds.maximum, Math.max(this.#bounds.minimum, limit));
  }
}
