/**
 * Notices that this process stood still. It is fed with both clocks at a steady beat, and compares: a beat that comes
 * late by both clocks is a stall (a blocked event loop, a stopped process); time of day that ran on while the
 * monotonic clock did not is a suspended machine; time of day that stepped by itself was set.
 *
 * On Linux and macOS the monotonic clock of a process does not count while the machine is suspended, so a suspension
 * and a large step forward look alike. It is called `suspended`: who holds a lease then gives it up although only the
 * clock was set, and the other mistake would be to keep one that is over. Where the monotonic clock counts on, as on
 * Windows, a suspension is a stall, and means the same.
 */
import { type Duration, invalidOption } from '../base/index.ts';
import { lengthMs, readingMs } from './figures.ts';

export interface ClockWatcherOptions {
  /** The beat: how long after one reading the next is due. */
  readonly beat: Duration;
  /** How late a beat is a stall. Default 250 ms. */
  readonly stallMin?: Duration;
  /** How far the clocks must part between two beats to be a step. Default 100 ms. */
  readonly stepMin?: Duration;
  /** From how far on a step forward is taken for a suspension. Default 2 s. */
  readonly suspendMin?: Duration;
}

/** `stalledMs`: how late the beat was by the monotonic clock, besides; 0 if it was not late enough to be a stall. */
export type ClockVerdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'stalled'; readonly byMs: number }
  | { readonly kind: 'suspended'; readonly byMs: number; readonly stalledMs: number }
  /** Negative: it stepped back. */
  | { readonly kind: 'wall-stepped'; readonly byMs: number; readonly stalledMs: number };

const dayMs = 86_400_000;

/** What a service that sets the clock gently may do to it while it does: 500 parts of a million are usual. */
const slewShareMax = 0.001;

export class ClockWatcher {
  readonly #beatMs: number;
  readonly #stallMinMs: number;
  readonly #stepMinMs: number;
  readonly #suspendMinMs: number;
  #last: { readonly monotonicMs: number; readonly wallMs: number } | undefined;

  constructor({ beat, stallMin = 250, stepMin = 100, suspendMin = '2s' }: ClockWatcherOptions) {
    this.#beatMs = lengthMs('beat', beat, dayMs);
    this.#stallMinMs = lengthMs('stallMin', stallMin, dayMs);
    this.#stepMinMs = lengthMs('stepMin', stepMin, dayMs);
    this.#suspendMinMs = lengthMs('suspendMin', suspendMin, dayMs);
    if (this.#suspendMinMs < this.#stepMinMs) {
      throw invalidOption('suspendMin', suspendMin, `at least stepMin, which is ${this.#stepMinMs} ms`);
    }
  }

  /** Both clocks, read one right after the other. The first reading is `ok`, as there is nothing to compare it with. */
  observe(monotonicMs: number, wallMs: number): ClockVerdict {
    const last = this.#last;
    readingMs('monotonicMs', monotonicMs);
    readingMs('wallMs', wallMs);
    if (last === undefined) {
      this.#last = { monotonicMs, wallMs };
      return { kind: 'ok' };
    }
    const passedMs = monotonicMs - last.monotonicMs;
    if (passedMs < 0)
      throw invalidOption('monotonicMs', monotonicMs, `at least ${last.monotonicMs}, as before`);
    this.#last = { monotonicMs, wallMs };
    return this.#verdict(passedMs, wallMs - last.wallMs - passedMs);
  }

  #verdict(passedMs: number, partedMs: number): ClockVerdict {
    const lateMs = passedMs - this.#beatMs;
    const stalledMs = lateMs >= this.#stallMinMs ? lateMs : 0;
    if (Math.abs(partedMs) < this.#stepMinMs + passedMs * slewShareMax) {
      return stalledMs > 0 ? { kind: 'stalled', byMs: stalledMs } : { kind: 'ok' };
    }
    const kind = partedMs >= this.#suspendMinMs ? 'suspended' : 'wall-stepped';
    return { kind, byMs: partedMs, stalledMs };
  }
}
