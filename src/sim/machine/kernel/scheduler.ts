/**
 * The one clock and the one queue of a simulated world. Virtual time moves only here: from event to event,
 * and never while code of a process may still have work, because `advance` returns as soon as such code has
 * run, and its caller lets the microtasks drain before it calls again.
 */
import { Prng } from '../../../base/index.ts';
import { EventQueue, ScheduledEvent } from './event-queue.ts';
import { hashText, Trace, type TraceOptions } from './trace.ts';

export interface SchedulerOptions extends TraceOptions {
  readonly seed: number;
}

export class Scheduler {
  readonly trace: Trace;
  readonly #seed: number;
  readonly #queue = new EventQueue();
  #codeRan = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: SchedulerOptions) {
    this.#seed = options.seed;
    this.trace = new Trace(options);
  }

  /** Milliseconds since the world began: the simulator's true time. */
  get nowMs(): number {
    return this.#queue.nowMs;
  }

  /** When the next event is due; `Infinity` when nothing will ever happen. */
  nextMs(): number {
    return this.#queue.nextMs();
  }

  add(event: ScheduledEvent, timeMs: number): void {
    this.#queue.add(event, timeMs);
  }

  at(timeMs: number, action: () => void): ScheduledEvent {
    const event = new ActionEvent(action);
    this.#queue.add(event, timeMs);
    return event;
  }

  after(delayMs: number, action: () => void): ScheduledEvent {
    return this.at(this.nowMs + delayMs, action);
  }

  /** In this instant, after all that is due in it already. */
  soon(action: () => void): void {
    this.#queue.add(new ActionEvent(action), this.nowMs);
  }

  /** See `EventQueue.retime`. */
  retime(timeOf: (event: ScheduledEvent) => number | undefined): void {
    this.#queue.retime(timeOf);
  }

  /**
   * A generator that depends on the seed and the label alone, not on who asked before: one more link or fault
   * leaves the luck of all others as it was, which is what makes a failing run shrink well.
   */
  prng(label: string): Prng {
    const high = hashText(`${label}#${this.#seed}`) & 0x1f_ffff;
    const low = hashText(`${this.#seed}/${label}`);
    return new Prng(high * 0x1_0000_0000 + low);
  }

  /** Code of a process is about to run: microtasks may follow. */
  noteCode(): void {
    this.#codeRan = true;
  }

  /** Stops the run with `error` at the end of the present event. The first one counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /**
   * Fires events due up to `untilMs`, until one of them ran code of a process: then true, and the caller lets
   * the microtasks drain. False: none is left, and the present is `untilMs`.
   */
  advance(untilMs: number): boolean {
    this.#codeRan = false;
    do {
      this.#throwFailure();
      const event = this.#queue.take(untilMs);
      if (event === undefined) {
        if (untilMs !== Number.POSITIVE_INFINITY) this.#queue.moveTo(untilMs);
        return false;
      }
      this.trace.event(this.#queue.nowMs, this.#queue.sequence);
      event.fire();
    } while (!this.#codeRan);
    return true;
  }

  #throwFailure(): void {
    if (this.#failure === undefined) return;
    const { error } = this.#failure;
    this.#failure = undefined;
    throw error;
  }
}

class ActionEvent extends ScheduledEvent {
  readonly #action: () => void;

  constructor(action: () => void) {
    super();
    this.#action = action;
  }

  fire(): void {
    this.#action();
  }
}
