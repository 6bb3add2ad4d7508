/**
 * On which level a program runs, as a function of what was read and when: readings worsen it at once and mend it
 * slowly, one level at a time. A rule that has begun to hold goes on until its signal has come down to a lower bound,
 * and a level is left only after calm for a while, so that a signal that swings about its bound does not make the
 * page flicker. Levels are numbers here, 0 for the best.
 *
 * Nothing runs by itself. Whoever asks says the time, and what fell due before then happens in its order, so that it
 * makes no difference how often it is asked.
 */

export interface LevelRule {
  readonly signal: string;
  readonly level: number;
  /** Holds from a reading of at least this. */
  readonly from: number;
  /** And until one of at most this; not above `from`. */
  readonly until: number;
}

export interface LevelRules {
  readonly rules: readonly LevelRule[];
  /** How long it must be calm before each step up. */
  readonly recoverAfterMs: number;
  /** A signal that was not read for so long says nothing any more. */
  readonly forgetAfterMs: number;
}

export class DegradationLevel {
  #rules: LevelRules;
  /** When the signals of rules that hold were read last. */
  #holding = new Map<LevelRule, number>();
  #level = 0;
  /** Since when no rule holds that asks for this level or a worse one; endless while one does. */
  #calmSinceMs = Number.POSITIVE_INFINITY;

  constructor(rules: LevelRules) {
    this.#rules = rules;
  }

  /** Whether its level can change by time alone. */
  get isSettled(): boolean {
    return this.#level === 0 && this.#holding.size === 0;
  }

  read(signal: string, value: number, nowMs: number): void {
    this.at(nowMs);
    for (const rule of this.#rules.rules) {
      if (rule.signal !== signal) continue;
      const holds = value >= rule.from || (value > rule.until && this.#holding.has(rule));
      if (holds) this.#holding.set(rule, nowMs);
      else this.#holding.delete(rule);
    }
    this.#judge(nowMs);
  }

  /** The level at that time, which must not be before one that was asked for. */
  at(nowMs: number): number {
    for (let dueMs = this.#nextMs(); dueMs <= nowMs; dueMs = this.#nextMs()) this.#turn(dueMs);
    return this.#level;
  }

  /** Rules that are the same as before go on holding; a level that there is no more becomes the worst there is. */
  configure(rules: LevelRules, worst: number, nowMs: number): void {
    this.at(nowMs);
    const holding = new Map<LevelRule, number>();
    for (const rule of rules.rules) {
      for (const [before, readMs] of this.#holding) if (isSame(before, rule)) holding.set(rule, readMs);
    }
    this.#rules = rules;
    this.#holding = holding;
    this.#level = Math.min(this.#level, worst);
    this.#calmSinceMs = nowMs;
    this.#judge(nowMs);
  }

  /** When something falls due by time alone. */
  #nextMs(): number {
    let dueMs = this.#isCalm ? this.#calmSinceMs + this.#rules.recoverAfterMs : Number.POSITIVE_INFINITY;
    for (const readMs of this.#holding.values()) dueMs = Math.min(dueMs, readMs + this.#rules.forgetAfterMs);
    return dueMs;
  }

  #turn(nowMs: number): void {
    // A step up first: the calm before it is over, whatever is forgotten at the same moment.
    if (this.#isCalm && this.#calmSinceMs + this.#rules.recoverAfterMs <= nowMs) this.#stepUp(nowMs);
    for (const [rule, readMs] of this.#holding)
      if (readMs + this.#rules.forgetAfterMs <= nowMs) this.#holding.delete(rule);
    this.#judge(nowMs);
  }

  #stepUp(nowMs: number): void {
    this.#level -= 1;
    this.#calmSinceMs = nowMs;
  }

  /** Worse at once; calm is counted from the last moment at which it was not. */
  #judge(nowMs: number): void {
    const wanted = this.#wanted;
    this.#level = Math.max(this.#level, wanted);
    if (!this.#isCalm) this.#calmSinceMs = Number.POSITIVE_INFINITY;
    else if (this.#calmSinceMs === Number.POSITIVE_INFINITY) this.#calmSinceMs = nowMs;
  }

  get #isCalm(): boolean {
    return this.#wanted < this.#level;
  }

  get #wanted(): number {
    let wanted = 0;
    for (const { level } of this.#holding.keys()) wanted = Math.max(wanted, level);
    return wanted;
  }
}

function isSame(left: LevelRule, right: LevelRule): boolean {
  return (
    left.signal === right.signal &&
    left.level === right.level &&
    left.from === right.from &&
    left.until === right.until
  );
}
