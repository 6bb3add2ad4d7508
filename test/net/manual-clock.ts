/** A clock whose time stands still until a test moves it, and which knows how many timers are set. */
import type { Clock, Timer, TimerOptions } from '../../src/ports/index.ts';

interface Pending {
  readonly dueMs: number;
  readonly background: boolean;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  #nowMs = 1000;
  #aheadMs = 0;
  #pending: Pending[] = [];

  /** Timers that are set. */
  get timers(): number {
    return this.#pending.length;
  }

  /** Those of them that keep a process alive. */
  get foreground(): number {
    return this.#pending.filter(({ background }) => !background).length;
  }

  /** When the next timer is due. */
  get nextDueMs(): number | undefined {
    return this.#next(Number.POSITIVE_INFINITY)?.dueMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wall(): number {
    return this.#nowMs + this.#aheadMs;
  }

  setTimer(delayMs: number, callback: () => void, options: TimerOptions = {}): Timer {
    const timer = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      background: options.background ?? false,
      callback,
    };
    this.#pending.push(timer);
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== timer);
      },
    };
  }

  afterTurn(callback: () => void): void {
    setImmediate(callback);
  }

  /** Runs what falls due on the way, in order. */
  advance(milliseconds: number): void {
    const untilMs = this.#nowMs + milliseconds;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#pending = this.#pending.filter((timer) => timer !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = untilMs;
  }

  /** Time passes in which nothing runs: the process stood still, and its timers are late. */
  stall(milliseconds: number): void {
    this.#nowMs += milliseconds;
  }

  /** Somebody sets the wall clock. */
  set(wallMs: number): void {
    this.#aheadMs = wallMs - this.#nowMs;
  }

  #next(untilMs: number): Pending | undefined {
    const due = this.#pending.filter(({ dueMs }) => dueMs <= untilMs);
    return due.sort((left, right) => left.dueMs - right.dueMs)[0];
  }
}

/** Time passes, and what each timer brings has run before the next one is due. */
export async function pass(clock: ManualClock, milliseconds: number): Promise<void> {
  const untilMs = clock.now() + milliseconds;
  for (let dueMs = clock.nextDueMs; dueMs !== undefined && dueMs <= untilMs; dueMs = clock.nextDueMs) {
    clock.advance(Math.max(0, dueMs - clock.now()));
    await turn();
  }
  clock.advance(untilMs - clock.now());
  await turn();
}

/** Lets everything run that this turn of the event loop has brought. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits, turn by turn, until `holds`; gives up after more turns than anything here takes. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turns = 0; !holds(); turns += 1) {
    if (turns > 100_000) throw new Error(`never came: ${what}`);
    await turn();
  }
}
