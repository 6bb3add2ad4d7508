/**
 * When a task is due, and what becomes of times at which nobody was there to do it: pure decisions, by the wall clock,
 * since people mean that one. All programs that share a schedule come to the same times without asking each other.
 */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';
import { Cron } from './cron.ts';

export interface ScheduleOptions {
  /** Due at each multiple of this since 1970, in UTC: `'15m'` is due at every full quarter of an hour. At least 100 ms. */
  readonly every?: Duration;
  /** Due at these times, in UTC: minute, hour, day of the month, month, day of the week, such as `'0 3 * * mon-fri'`. */
  readonly cron?: string;
  /**
   * What becomes of times that were missed, since nobody led or a run took too long, and of a run that was cut short.
   * `skip`: they are left out, so a run is begun at most once for each time. `once`: the last of them is made up for as
   * soon as possible, and what was cut short is begun again, up to three times. Default `skip`.
   */
  readonly missed?: 'skip' | 'once';
  /** How late a run may begin and still be in time, so that a change of the leader costs none. Default 1 min. */
  readonly grace?: Duration;
}

/** What is known of the last run that was begun. */
export interface LastRun {
  readonly due: number;
  readonly isOver: boolean;
  /** How often this run was begun. */
  readonly attempt: number;
}

export interface Plan {
  readonly due: number;
  readonly attempt: number;
}

const everyMsMin = 100;
const graceDefault = '1m';
/** A run that was cut short so often is left out; it may be what its programs died of. */
const attemptsMax = 3;

interface Times {
  after(timeMs: number): number;
  upTo(timeMs: number): number;
}

export class Schedule {
  readonly #times: Times;
  readonly #makesUp: boolean;
  readonly #graceMs: number;

  constructor({ every, cron, missed = 'skip', grace = graceDefault }: ScheduleOptions, nowMs: number) {
    if ((every === undefined) === (cron === undefined))
      throw invalidOption('every', every, 'given, or cron, and not both');
    if (missed !== 'skip' && missed !== 'once') throw invalidOption('missed', missed, "'skip' or 'once'");
    this.#times = cron === undefined ? multiplesOf(every as Duration) : new Cron(cron, nowMs);
    this.#makesUp = missed === 'once';
    this.#graceMs = durationMs(grace, 'grace');
  }

  /**
   * What is to be run next, and when; a time that has come already is run at once. Where nothing is known of runs before,
   * what was due up to `sinceMs` is nobody's.
   */
  next(last: LastRun | undefined, nowMs: number, sinceMs: number = nowMs): Plan {
    const times = this.#times;
    const isBroken = last !== undefined && !last.isOver && last.attempt < attemptsMax;
    if (isBroken && this.#makesUp) return { due: last.due, attempt: last.attempt + 1 };
    const first = times.after(last?.due ?? sinceMs);
    if (first > nowMs) return { due: first, attempt: 1 };
    const latest = times.upTo(nowMs);
    return { due: this.#isWanted(latest, nowMs) ? latest : times.after(nowMs), attempt: 1 };
  }

  #isWanted(due: number, nowMs: number): boolean {
    return this.#makesUp || nowMs - due <= this.#graceMs;
  }
}

function multiplesOf(every: Duration): Times {
  const everyMs = durationMs(every, 'every');
  if (everyMs < everyMsMin) throw invalidOption('every', every, `at least ${everyMsMin} ms`);
  return {
    after: (timeMs) => (Math.floor(timeMs / everyMs) + 1) * everyMs,
    upTo: (timeMs) => Math.floor(timeMs / everyMs) * everyMs,
  };
}
