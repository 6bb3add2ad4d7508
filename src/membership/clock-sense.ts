/**
 * What this member finds out about clocks by the way. Each ping that was answered is a question for the time, so the
 * offsets of the others cost no message of their own; and a steady beat notices when this machine was suspended or
 * its clock was set. Nothing here changes who is a member: gossip counts on monotonic clocks alone, and a clock that
 * is an hour ahead harms nobody but whoever goes by it, who is told.
 */
import type { Answer, Moment } from '../gossip/index.ts';
import { ClockOffsets, type ClockOffsetsOptions, ClockWatcher, type OffsetEstimate } from '../time/index.ts';

export type ClockEvent =
  /** The clock here is off by more than the bound, whatever the error. */
  | { readonly kind: 'clock-skewed'; readonly offsetMs: number; readonly errorMs: number }
  /** It was, and is right again. */
  | { readonly kind: 'clock-right'; readonly offsetMs: number; readonly errorMs: number }
  /** Other members’ clocks cannot be right if the majority is; empty when all are right again. */
  | { readonly kind: 'clocks-wrong'; readonly ids: readonly string[] }
  /** The time of day here was set. */
  | { readonly kind: 'clock-stepped'; readonly byMs: number }
  /** This machine was suspended, or its clock was set far ahead. */
  | { readonly kind: 'suspended'; readonly byMs: number };

/** How often the clocks are looked at. */
export const clockBeatMs = 1_000;

export class ClockSense {
  readonly #self: string;
  readonly #offsets: ClockOffsets;
  readonly #watcher = new ClockWatcher({ beat: clockBeatMs });
  #isSkewed = false;
  #wrong = '';

  constructor(self: string, options: Omit<ClockOffsetsOptions, 'self'>) {
    this.#self = self;
    this.#offsets = new ClockOffsets({ ...options, self });
  }

  /** False for an exchange that tells nothing. */
  answered({ id, clock }: Answer, nowMs: number): boolean {
    const sample = this.#offsets.observe(id, clock, nowMs);
    // Among hundreds of members the clocks of some are enough.
    return typeof sample !== 'string' || sample === 'too-many-peers';
  }

  forget(id: string): void {
    this.#offsets.forget(id);
  }

  estimate(nowMs: number): OffsetEstimate {
    return this.#offsets.estimate(nowMs);
  }

  /** To be called at the beat. */
  beat({ nowMs, wallMs }: Moment): ClockEvent[] {
    const verdict = this.#watcher.observe(nowMs, wallMs);
    const events: ClockEvent[] = [];
    if (verdict.kind === 'suspended') events.push({ kind: 'suspended', byMs: verdict.byMs });
    if (verdict.kind === 'wall-stepped') events.push({ kind: 'clock-stepped', byMs: verdict.byMs });
    // What was measured against the time of before says nothing of this one.
    if (events.length > 0) this.#offsets.reset();
    else this.#judge(nowMs, events);
    return events;
  }

  #judge(nowMs: number, events: ClockEvent[]): void {
    const estimate = this.#offsets.estimate(nowMs);
    if (estimate.state !== 'agreed') return;
    const { skew, offsetMs, errorMs } = estimate;
    if (skew === 'beyond' && !this.#isSkewed) events.push({ kind: 'clock-skewed', offsetMs, errorMs });
    if (skew === 'within' && this.#isSkewed) events.push({ kind: 'clock-right', offsetMs, errorMs });
    if (skew !== 'uncertain') this.#isSkewed = skew === 'beyond';
    const ids = estimate.falsetickers.filter((id) => id !== this.#self).sort();
    const wrong = ids.join('\n');
    if (wrong !== this.#wrong) events.push({ kind: 'clocks-wrong', ids });
    this.#wrong = wrong;
  }
}
