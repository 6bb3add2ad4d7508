/**
 * Time limits of one length, for any number of calls, with one timer. Since all are as long, the one that began first
 * ends first: a line, in which coming and going cost a few writes to the neighbours, where a timer for each call costs
 * microseconds. The timer is set for whoever is first; who leaves leaves it as it is, and it is taken away when a turn
 * of the event loop ends with nobody in line, so that an idle policy keeps no process alive.
 *
 * A timer that comes late tells of this process and not of what was called: while it stood still nothing was read. So
 * before anybody hears that there is no answer, one turn takes in what has arrived meanwhile.
 */
import type { Clock, Timer } from '../ports/index.ts';

/** A place in line: made by whoever waits, so that nothing is allocated here. Its links are the line's. */
export interface Expiring {
  expiresAt: number;
  before: Expiring | undefined;
  behind: Expiring | undefined;
  /** Called once, when the time is over, and the place is gone. `lateMs`: by how much this process has been late to see it. */
  expire(lateMs: number): void;
}

/** How late a timer is of a process that stood still; below that timers are late by themselves. */
const lateMsMin = 5;

/** Whether a timer that is so late tells of a process that stood still. */
export function isStall(lateMs: number): boolean {
  return lateMs >= lateMsMin;
}

export class ExpiryLine {
  readonly lengthMs: number;
  readonly #clock: Clock;
  #first: Expiring | undefined;
  #last: Expiring | undefined;
  #timer: Timer | undefined;
  #isWatched = false;

  constructor(clock: Clock, lengthMs: number) {
    this.lengthMs = lengthMs;
    this.#clock = clock;
  }

  /** `place` must be in no line. Its time begins at `nowMs`. */
  add(place: Expiring, nowMs: number): void {
    place.expiresAt = nowMs + this.lengthMs;
    place.before = this.#last;
    if (this.#last === undefined) this.#first = place;
    else this.#last.behind = place;
    this.#last = place;
    // Behind others the timer is theirs, and where it runs just now it is set anew for whoever is first then.
    if (place.before === undefined && this.#timer === undefined) this.#arm(this.lengthMs);
  }

  /** `place` must be in this line. */
  remove(place: Expiring): void {
    const { before, behind } = place;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    place.before = undefined;
    place.behind = undefined;
    if (this.#first === undefined && !this.#isWatched) this.#watchTurn();
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      const nowMs = this.#clock.now();
      const isLate = this.#first !== undefined && isStall(nowMs - this.#first.expiresAt);
      if (isLate) this.#clock.afterTurn(() => this.#expireDue(nowMs));
      else this.#expireDue(nowMs);
    });
  }

  /** Whose time was over at `nowMs`. */
  #expireDue(nowMs: number): void {
    for (let first = this.#first; first !== undefined && first.expiresAt <= nowMs; first = this.#first) {
      this.remove(first);
      first.expire(nowMs - first.expiresAt);
    }
    if (this.#first !== undefined && this.#timer === undefined) this.#arm(this.#first.expiresAt - nowMs);
  }

  /** Many calls may come and go in one turn; only the last of them takes the timer with it. */
  #watchTurn(): void {
    this.#isWatched = true;
    this.#clock.afterTurn(() => {
      this.#isWatched = false;
      if (this.#first !== undefined) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    });
  }
}
