/**
 * One suspicion of one member, as this node holds it: who accuses, how long there is still to contradict
 * (`suspicion-times.ts`), and when to ask the suspect itself once more. Before anybody is buried here, it is asked
 * from here: the answer of one who lives brings its contradiction along, should that have been lost on all its ways.
 */
import { type SuspicionTimes, suspicionLengthMs } from './suspicion-times.ts';

/** Questions that are put to the suspect itself in the last period before its time is over. */
const lastQuestions = 4;

export class Suspicion {
  readonly #times: SuspicionTimes;
  readonly #periodMs: number;
  readonly #accusers = new Set<string>();
  /** These move by the time that this node has stood still. */
  #startMs: number;
  #accusedMs: number;
  /** Asked for in every step of the node, and changed by few. */
  #endMs: number;
  #questions = 0;

  /** `periodMs`: what the suspect has in any case from the last accusation on, to be asked itself. */
  constructor(times: SuspicionTimes, periodMs: number, nowMs: number) {
    this.#times = times;
    this.#periodMs = periodMs;
    this.#startMs = nowMs;
    this.#accusedMs = nowMs;
    this.#endMs = this.#end();
  }

  get accusers(): readonly string[] {
    return [...this.#accusers];
  }

  /** When it is over; earlier with each confirmation, but never at once, and never later than without it. */
  get endMs(): number {
    return this.#endMs;
  }

  /** When to ask the suspect itself once more; its end when it was asked often enough. */
  get questionMs(): number {
    return this.#endMs - (this.#periodMs * (lastQuestions - this.#questions)) / lastQuestions;
  }

  asked(): void {
    this.#questions = Math.min(lastQuestions, this.#questions + 1);
  }

  /** True for an accuser that counts: it is new, and not enough have spoken before. */
  accuse(accuser: string, nowMs: number): boolean {
    if (this.#accusers.size > this.#times.confirmations || this.#accusers.has(accuser)) return false;
    this.#accusers.add(accuser);
    this.#accusedMs = nowMs;
    this.#endMs = this.#end();
    return true;
  }

  stalled(ms: number): void {
    this.#startMs += ms;
    this.#accusedMs += ms;
    this.#endMs = this.#end();
  }

  #end(): number {
    const lengthMs = suspicionLengthMs(this.#times, Math.max(0, this.#accusers.size - 1));
    const endMs = Math.max(this.#startMs + lengthMs, this.#accusedMs + this.#periodMs);
    return Math.min(endMs, this.#startMs + this.#times.mostMs);
  }
}
