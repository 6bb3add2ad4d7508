/**
 * The circuit of a breaker, as a machine without promises: what it was told and what time it is come in, whether a call
 * may pass and what has changed come out. The idea is Nygard's ("Release It!", 2007), with three things that are often
 * left out. A call carries the number of the stretch in which it began, and its outcome counts for no other: a call
 * that began before the circuit opened says nothing of what a probe should find out. Probes are lent their places for
 * a time, so one that never ends blocks nobody for ever. And a circuit that opens again waits longer.
 */
import { assert } from '../base/index.ts';
import { type CircuitData, type CircuitStateData, openingsMost } from './circuit-data.ts';
import type { CircuitSettings } from './circuit-settings.ts';
import type { Evidence, EvidenceCause } from './evidence.ts';
import { evidenceFor } from './evidence-for.ts';

export type CircuitStateName = 'closed' | 'open' | 'half-open' | 'isolated' | 'forced-closed';

type CircuitState =
  | { readonly kind: 'closed' }
  /** `openings`: how often it has opened since it was last closed. */
  | { readonly kind: 'open'; readonly untilMs: number; readonly openings: number }
  | {
      readonly kind: 'half-open';
      readonly openings: number;
      readonly successes: number;
      /** Until when each probe has its place; as all are lent for as long, the first ends first. */
      readonly lent: Map<number, number>;
    }
  /** Nothing passes, or everything does, until a person says otherwise. */
  | { readonly kind: 'isolated' | 'forced-closed' };

export type OpeningCause =
  | EvidenceCause
  /** A probe failed, or was slow. */
  | 'probe'
  /** A failure that was enough because others had said that they found the same. */
  | 'hint'
  /** So many others said so that it needed none of its own. */
  | 'quorum';

export type CircuitChange =
  | { readonly to: 'open'; readonly cause: OpeningCause; readonly forMs: number }
  | { readonly to: Exclude<CircuitStateName, 'open'> };

export type Admission =
  | { readonly passes: true; readonly ticket: number; readonly change: CircuitChange | undefined }
  | {
      readonly passes: false;
      readonly state: 'open' | 'half-open' | 'isolated';
      /** Null: nobody can say. */
      readonly retryAfterMs: number | null;
    };

const closed: CircuitState = { kind: 'closed' };

export class Circuit {
  #settings: CircuitSettings;
  #evidence: Evidence;
  #state: CircuitState = closed;
  /** Of the last ticket; probes have one each, all other calls of a stretch share that with which it began. */
  #serial = 0;
  /** With which the present stretch began: earlier tickets are of calls that say nothing of it. */
  #since = 0;

  constructor(settings: CircuitSettings, nowMs: number) {
    this.#settings = settings;
    this.#evidence = evidenceFor(settings.rule, undefined, nowMs);
  }

  get state(): CircuitStateName {
    return this.#state.kind;
  }

  /** Whether calls pass without being asked for; they take `ticket`. */
  get passesFreely(): boolean {
    return this.#state === closed || this.#state.kind === 'forced-closed';
  }

  get ticket(): number {
    return this.#since;
  }

  /** From when on it lets a probe through; undefined where time alone changes nothing. */
  get probesAt(): number | undefined {
    return this.#state.kind === 'open' ? this.#state.untilMs : undefined;
  }

  /** Whether it knows no more than a new one would. */
  isIdle(nowMs: number): boolean {
    return this.#state === closed && this.#evidence.failures(nowMs) === 0;
  }

  /** Asks for a call to pass. Whoever does takes its ticket to `succeed`, `fail` or `withdraw`. */
  admit(nowMs: number): Admission {
    const state = this.#state;
    switch (state.kind) {
      case 'closed':
      case 'forced-closed':
        return { passes: true, ticket: this.#since, change: undefined };
      case 'isolated':
        return { passes: false, state: 'isolated', retryAfterMs: null };
      case 'open': {
        if (nowMs < state.untilMs) {
          return { passes: false, state: 'open', retryAfterMs: state.untilMs - nowMs };
        }
        const lent = new Map<number, number>();
        this.#become({ kind: 'half-open', openings: state.openings, successes: 0, lent });
        return { passes: true, ticket: this.#lend(lent, nowMs), change: { to: 'half-open' } };
      }
      case 'half-open': {
        takeBackOverdue(state.lent, nowMs);
        if (state.lent.size >= this.#settings.probes.calls) {
          return { passes: false, state: 'half-open', retryAfterMs: null };
        }
        return { passes: true, ticket: this.#lend(state.lent, nowMs), change: undefined };
      }
    }
  }

  succeed(ticket: number, isSlow: boolean, nowMs: number): CircuitChange | undefined {
    if (ticket < this.#since) return undefined;
    const state = this.#state;
    if (state === closed) {
      const cause = this.#evidence.note(isSlow && this.#settings.countsSlowAsFailure, isSlow, nowMs);
      return cause === undefined ? undefined : this.#becomeOpen(cause, 1, nowMs);
    }
    if (state.kind !== 'half-open') return undefined;
    state.lent.delete(ticket);
    if (isSlow) return this.#becomeOpen('probe', state.openings + 1, nowMs);
    const successes = state.successes + 1;
    if (successes >= this.#settings.probes.successes) return this.#becomeClosed();
    // The same stretch goes on, so tickets stay what they are.
    this.#state = { ...state, successes };
    return undefined;
  }

  /** `enough`: so many failures of its own open it now, whatever its rule says; undefined where nobody gave a hint. */
  fail(ticket: number, isSlow: boolean, nowMs: number, enough?: number): CircuitChange | undefined {
    if (ticket < this.#since) return undefined;
    const state = this.#state;
    if (state === closed) {
      const isEnough = (): boolean => enough !== undefined && this.#evidence.failures(nowMs) >= enough;
      const cause = this.#evidence.note(true, isSlow, nowMs) ?? (isEnough() ? 'hint' : undefined);
      return cause === undefined ? undefined : this.#becomeOpen(cause, 1, nowMs);
    }
    if (state.kind !== 'half-open') return undefined;
    return this.#becomeOpen('probe', state.openings + 1, nowMs);
  }

  /** The call has ended, or was given up, in a way that says nothing of what it called. */
  withdraw(ticket: number): void {
    if (this.#state.kind === 'half-open') this.#state.lent.delete(ticket);
  }

  /** Others have seen enough; what is not closed has evidence of its own or an order. */
  openByQuorum(nowMs: number): CircuitChange | undefined {
    return this.#state === closed ? this.#becomeOpen('quorum', 1, nowMs) : undefined;
  }

  isolate(): CircuitChange | undefined {
    return this.#becomeOrdered('isolated');
  }

  forceClosed(): CircuitChange | undefined {
    return this.#becomeOrdered('forced-closed');
  }

  /** Closed, with nothing remembered. */
  reset(): CircuitChange | undefined {
    if (this.#state !== closed) return this.#becomeClosed();
    this.#evidence.clear();
    return undefined;
  }

  /** Goes by other settings from now on: what was seen counts on as far as it fits, and no wait is longer than theirs. */
  configure(settings: CircuitSettings, nowMs: number): void {
    this.restore(this.export(nowMs), nowMs, settings);
  }

  export(nowMs: number): CircuitData {
    return { version: 1, ...this.#export(nowMs) };
  }

  /** Becomes what was exported, `data` having been looked at. Calls that are under way count no more where that changes the state. */
  restore(data: CircuitStateData, nowMs: number, settings: CircuitSettings = this.#settings): void {
    this.#settings = settings;
    const evidence = data.state === 'closed' ? data.evidence : undefined;
    this.#evidence = evidenceFor(settings.rule, evidence, nowMs);
    const before = this.#state;
    switch (data.state) {
      case 'open': {
        const untilMs = nowMs + Math.min(data.remainingMs, this.#waitMs(data.openings));
        this.#become({ kind: 'open', untilMs, openings: data.openings });
        return;
      }
      case 'half-open': {
        const { openings, successes } = data;
        // Probes that are under way keep their places; those of another process are nobody's here.
        if (before.kind === 'half-open') this.#state = { ...before, openings, successes };
        else this.#become({ kind: 'half-open', openings, successes, lent: new Map() });
        return;
      }
      case 'closed':
        if (before !== closed) this.#become(closed);
        return;
      default:
        if (before.kind !== data.state) this.#become({ kind: data.state });
    }
  }

  #export(nowMs: number): CircuitStateData {
    const state = this.#state;
    switch (state.kind) {
      case 'closed':
        return { state: 'closed', evidence: this.#evidence.export(nowMs) };
      case 'open': {
        const remainingMs = Math.max(0, state.untilMs - nowMs);
        return { state: 'open', remainingMs, openings: state.openings };
      }
      case 'half-open':
        return { state: 'half-open', openings: state.openings, successes: state.successes };
      default:
        return { state: state.kind };
    }
  }

  #becomeOpen(cause: OpeningCause, openings: number, nowMs: number): CircuitChange {
    const forMs = this.#waitMs(openings);
    this.#evidence.clear();
    this.#become({ kind: 'open', untilMs: nowMs + forMs, openings: Math.min(openings, openingsMost) });
    return { to: 'open', cause, forMs };
  }

  #becomeClosed(): CircuitChange {
    this.#evidence.clear();
    this.#become(closed);
    return { to: 'closed' };
  }

  #becomeOrdered(kind: 'isolated' | 'forced-closed'): CircuitChange | undefined {
    if (this.#state.kind === kind) return undefined;
    this.#evidence.clear();
    this.#become({ kind });
    return { to: kind };
  }

  /** A new stretch: no ticket that was given out before counts any more. */
  #become(state: CircuitState): void {
    this.#state = state;
    this.#serial += 1;
    this.#since = this.#serial;
  }

  #lend(lent: Map<number, number>, nowMs: number): number {
    const { calls, lentMs } = this.#settings.probes;
    assert(lent.size < calls, 'a probe is only let through where there is a place for it');
    this.#serial += 1;
    lent.set(this.#serial, nowMs + lentMs);
    return this.#serial;
  }

  #waitMs(openings: number): number {
    const { baseMs, factor, maxMs } = this.#settings.wait;
    return Math.min(maxMs, baseMs * factor ** (openings - 1));
  }
}

/** Whose time is over keeps its ticket: what it says when it ends at last is still of this stretch. */
function takeBackOverdue(lent: Map<number, number>, nowMs: number): void {
  for (const [ticket, untilMs] of lent) {
    if (untilMs > nowMs) return;
    lent.delete(ticket);
  }
}
