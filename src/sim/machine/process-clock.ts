/** The clock port of one process: its machine's oscillator, and timers that keep to it when its rate changes. */
import { assert } from '../../base/index.ts';
import type { Clock, Timer } from '../../ports/index.ts';
import { type Cause, type Delivery, type Incarnation, ScheduledEvent } from './kernel/index.ts';
import type { Oscillator } from './oscillator.ts';

export class ProcessClock implements Clock {
  readonly #incarnation: Incarnation;
  readonly #oscillator: Oscillator;

  constructor(incarnation: Incarnation, oscillator: Oscillator) {
    this.#incarnation = incarnation;
    this.#oscillator = oscillator;
  }

  now(): number {
    return this.#oscillator.monotonic(this.#incarnation.nowMs);
  }

  wall(): number {
    return this.#oscillator.wall(this.#incarnation.nowMs);
  }

  /** The port's `background` has no meaning here: a simulated process lives until it is killed. */
  setTimer(delayMs: number, callback: () => void): Timer {
    assert(Number.isFinite(delayMs), "a timer's delay is a finite number of milliseconds");
    const incarnation = this.#incarnation;
    const dueMs = this.#oscillator.due(incarnation.nowMs, delayMs);
    const timer = new ProcessTimer(incarnation, this.#oscillator, dueMs, callback);
    if (incarnation.alive) incarnation.scheduler.add(timer, this.#oscillator.trueTimeOf(dueMs));
    return timer;
  }

  afterTurn(callback: () => void): void {
    const incarnation = this.#incarnation;
    if (!incarnation.alive) return;
    incarnation.scheduler.add(new TurnEnd(incarnation, callback), 0);
  }
}

/** What runs when a turn of the loop is over: its own event and its own delivery, too. */
class TurnEnd extends ScheduledEvent implements Delivery {
  readonly cause: Cause = 'turn';
  readonly run: () => void;
  readonly #incarnation: Incarnation;

  constructor(incarnation: Incarnation, callback: () => void) {
    super();
    this.#incarnation = incarnation;
    this.run = callback;
  }

  fire(): void {
    this.#incarnation.deliver(this);
  }
}

/** Its own event and its own delivery, because timers are the most frequent of both. */
export class ProcessTimer extends ScheduledEvent implements Timer, Delivery {
  readonly cause: Cause = 'timer';
  readonly oscillator: Oscillator;
  /** By the monotonic clock. */
  readonly dueMs: number;
  readonly #incarnation: Incarnation;
  readonly #callback: () => void;

  constructor(incarnation: Incarnation, oscillator: Oscillator, dueMs: number, callback: () => void) {
    super();
    this.oscillator = oscillator;
    this.dueMs = dueMs;
    this.#incarnation = incarnation;
    this.#callback = callback;
  }

  cancel(): void {
    this.cancelled = true;
  }

  fire(): void {
    this.#incarnation.deliver(this);
  }

  run(): void {
    if (!this.cancelled) this.#callback();
  }
}
