/**
 * Whether this member counts in verdicts, which it finds out by itself and tells the others. A newcomer does not count at
 * first: behind a cut nobody knows of it, and each side could be joined by so many that it takes itself for the
 * majority. It counts when it has been among others that go on, without a loss, for so long that a cut which was there
 * when it came would have been noticed, so that whoever it knows knows it too.
 *
 * A side that goes on may give up those whom it has lost (`forgetLostAfter`). They cannot hear of it, so they count no
 * longer by their own clock, long enough before.
 */
export interface StandingInit {
  readonly settleMs: number;
  /** So long on a side that does not go on, and it counts no longer. */
  readonly unsettleMs: number;
}

export interface Circumstances {
  /** All are here, or this side goes on without the others. */
  readonly goesOn: boolean;
  readonly isAlone: boolean;
  /** When somebody was lost last, or one who counts was met for the first time. */
  readonly disturbedMs: number;
}

export class Standing {
  readonly #settleMs: number;
  readonly #unsettleMs: number;
  #isSettled = false;
  /** Since when it waits to count. */
  #sinceMs = Number.POSITIVE_INFINITY;
  /** Since when its side goes on, or does not. */
  #goingMs = Number.POSITIVE_INFINITY;
  #awayMs = Number.POSITIVE_INFINITY;

  constructor({ settleMs, unsettleMs }: StandingInit) {
    this.#settleMs = settleMs;
    this.#unsettleMs = unsettleMs;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Since when this side goes on without a break. */
  get goingMs(): number {
    return this.#goingMs;
  }

  /** When `pass` is due; infinite while only news can change anything. */
  get nextMs(): number {
    return this.#isSettled ? this.#awayMs + this.#unsettleMs : this.#sinceMs + this.#settleMs;
  }

  /** Time has passed; true when it counts from now on, or no longer. To be called before what is new is looked at. */
  pass(nowMs: number): boolean {
    if (this.nextMs > nowMs) return false;
    this.#isSettled = !this.#isSettled;
    this.#sinceMs = Number.POSITIVE_INFINITY;
    return true;
  }

  look({ goesOn, isAlone, disturbedMs }: Circumstances, nowMs: number): void {
    this.#goingMs = goesOn ? Math.min(this.#goingMs, nowMs) : Number.POSITIVE_INFINITY;
    this.#awayMs = goesOn ? Number.POSITIVE_INFINITY : Math.min(this.#awayMs, nowMs);
    if (goesOn && !isAlone) this.#sinceMs = Math.max(Math.min(this.#sinceMs, nowMs), disturbedMs);
    else this.#sinceMs = Number.POSITIVE_INFINITY;
  }

  /** It has waited for so long. */
  hasWaited(ms: number, nowMs: number): boolean {
    return this.#isSettled || this.#sinceMs + ms <= nowMs;
  }

  /** This process stood still, and would not have noticed a loss. */
  stalled(ms: number): void {
    this.#sinceMs += ms;
  }

  /** The machine stood still, and its clock with it: it may have been given up since. True when it counts no longer. */
  suspended(nowMs: number): boolean {
    const wasSettled = this.#isSettled;
    this.#isSettled = false;
    this.#sinceMs = Math.max(this.#sinceMs, nowMs);
    return wasSettled;
  }
}
