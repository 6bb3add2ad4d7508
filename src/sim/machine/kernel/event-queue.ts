/**
 * What is to happen, in order of time; events of one instant in the order in which they were added. The order
 * is total, so a run has no choice that its seed did not make.
 *
 * Most of a simulation is spent here. So the heap's keys lie in arrays of numbers beside the events, what is
 * due at once goes through a plain queue, and a cancelled event stays where it is until it comes up or until
 * the heap has doubled and is swept.
 */
import { Deque } from '../../../base/index.ts';

/** Something that will happen. The queue keeps its time. */
export abstract class ScheduledEvent {
  cancelled = false;

  abstract fire(): void;
}

const sweepSizeMin = 1024;

/** Times are multiples of 2⁻²⁰ ms, about a nanosecond: so their sums and differences are exact for months. */
const stepsPerMs = 2 ** 20;

/** The first time that events can have, from `timeMs` on. */
export function roundTime(timeMs: number): number {
  return Math.ceil(timeMs * stepsPerMs) / stepsPerMs;
}

export class EventQueue {
  readonly #times: number[] = [];
  readonly #sequences: number[] = [];
  readonly #events: ScheduledEvent[] = [];
  /** Due at the time of the last event that was taken; added after everything in the heap that is due then. */
  readonly #dueNow = new Deque<ScheduledEvent>();
  #sequence = 0;
  #nowMs = 0;
  #sweepSize = sweepSizeMin;

  /** The time of the event taken last, or of the latest `moveTo`. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many events were ever added: part of the trace, since two runs that differ soon differ here. */
  get sequence(): number {
    return this.#sequence;
  }

  /** A time in the past counts as now. `Infinity` is a time that never comes unless `retime` changes it. */
  add(event: ScheduledEvent, wantedMs: number): void {
    const timeMs = roundTime(wantedMs);
    this.#sequence += 1;
    if (timeMs <= this.#nowMs) {
      this.#dueNow.pushBack(event);
      return;
    }
    if (this.#events.length >= this.#sweepSize) this.#sweep();
    this.#rise(this.#events.length, timeMs, this.#sequence, event);
  }

  /** The time of the next event, cancelled ones left out; `Infinity` when there is none. */
  nextMs(): number {
    const times = this.#times;
    while (this.#events[0]?.cancelled) this.#takeRoot();
    if (this.#dueNow.size > 0) return this.#nowMs;
    return times.length === 0 ? Number.POSITIVE_INFINITY : (times[0] as number);
  }

  /** The next event due up to `untilMs`, which becomes the present. */
  take(untilMs: number): ScheduledEvent | undefined {
    while (true) {
      const event = this.#takeAny(untilMs);
      if (event === undefined || !event.cancelled) return event;
    }
  }

  /** Moves the present forward; nothing may be due before. */
  moveTo(timeMs: number): void {
    if (timeMs > this.#nowMs) this.#nowMs = timeMs;
  }

  /** Gives events another time: for each, `timeOf` answers the new one, or `undefined` to leave it. */
  retime(timeOf: (event: ScheduledEvent) => number | undefined): void {
    for (const [index, event] of this.#events.entries()) {
      const timeMs = timeOf(event);
      if (timeMs !== undefined) this.#times[index] = Math.max(roundTime(timeMs), this.#nowMs);
    }
    this.#rebuild();
  }

  #takeAny(untilMs: number): ScheduledEvent | undefined {
    const first = this.#times[0];
    // What is in the heap for this instant was added before the instant came, so it precedes the plain queue.
    if (this.#dueNow.size > 0 && (first === undefined || first > this.#nowMs)) return this.#dueNow.popFront();
    if (first === undefined || first > untilMs || first === Number.POSITIVE_INFINITY) return undefined;
    this.#nowMs = first;
    return this.#takeRoot();
  }

  #takeRoot(): ScheduledEvent {
    const root = this.#events[0] as ScheduledEvent;
    const timeMs = this.#times.pop() as number;
    const sequence = this.#sequences.pop() as number;
    const last = this.#events.pop() as ScheduledEvent;
    if (this.#events.length > 0) this.#sink(0, timeMs, sequence, last);
    return root;
  }

  #rise(from: number, timeMs: number, sequence: number, event: ScheduledEvent): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const events = this.#events;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const parentMs = times[parent] as number;
      if (parentMs < timeMs || (parentMs === timeMs && (sequences[parent] as number) < sequence)) break;
      times[index] = parentMs;
      sequences[index] = sequences[parent] as number;
      events[index] = events[parent] as ScheduledEvent;
      index = parent;
    }
    times[index] = timeMs;
    sequences[index] = sequence;
    events[index] = event;
  }

  #sink(from: number, timeMs: number, sequence: number, event: ScheduledEvent): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const events = this.#events;
    const half = events.length >> 1;
    let index = from;
    while (index < half) {
      let child = 2 * index + 1;
      if (child + 1 < events.length && this.#precedes(child + 1, child)) child += 1;
      const childMs = times[child] as number;
      if (timeMs < childMs || (timeMs === childMs && sequence < (sequences[child] as number))) break;
      times[index] = childMs;
      sequences[index] = sequences[child] as number;
      events[index] = events[child] as ScheduledEvent;
      index = child;
    }
    times[index] = timeMs;
    sequences[index] = sequence;
    events[index] = event;
  }

  #precedes(left: number, right: number): boolean {
    const leftMs = this.#times[left] as number;
    const rightMs = this.#times[right] as number;
    if (leftMs !== rightMs) return leftMs < rightMs;
    return (this.#sequences[left] as number) < (this.#sequences[right] as number);
  }

  /** Drops what was cancelled, so that timeouts which never strike do not pile up. */
  #sweep(): void {
    let kept = 0;
    for (const [index, event] of this.#events.entries()) {
      if (event.cancelled) continue;
      this.#times[kept] = this.#times[index] as number;
      this.#sequences[kept] = this.#sequences[index] as number;
      this.#events[kept] = event;
      kept += 1;
    }
    this.#times.length = kept;
    this.#sequences.length = kept;
    this.#events.length = kept;
    this.#sweepSize = Math.max(sweepSizeMin, 2 * kept);
    this.#rebuild();
  }

  #rebuild(): void {
    for (let index = (this.#events.length >> 1) - 1; index >= 0; index -= 1) {
      const timeMs = this.#times[index] as number;
      const sequence = this.#sequences[index] as number;
      this.#sink(index, timeMs, sequence, this.#events[index] as ScheduledEvent);
    }
  }
}
