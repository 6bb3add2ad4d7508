/**
 * Watches over one member in partitions, as a machine without promises: what is seen of the members, what time it is
 * and what became of the lease come in; what changed, and what is to be asked, come out.
 *
 * A partition is judged when the view of it has not changed for `stableAfter`, so that all members of a side, who hear
 * of it within moments, judge the same. A side that has given way goes on only after it was well again for as long. A
 * view that never comes to rest is judged as lost: else both sides would go on while it flickers.
 *
 * This is no consensus. Until the verdict both sides go on, and sides that know different members may both stay. What
 * must never happen twice is guarded by fencing tokens; what must be agreed on, by the store.
 */
import { assert, type Duration, durationMs, invalidOption, QuorateError } from '../../base/index.ts';
import type { Stranger } from '../output.ts';
import { LeaseClaims } from './lease-claims.ts';
import {
  type Access,
  accessIn,
  type LeaseAnswer,
  type LeaseQuestion,
  type LosingState,
  type LossReason,
  type OpenQuestion,
  type PartitionChange,
  type PartitionOutput,
  type PartitionState,
} from './partition-state.ts';
import { type KnownMember, Roster } from './roster.ts';
import { type CheckedStrategy, checkStrategy, type PartitionStrategy } from './strategy.ts';
import { type Verdict, verdictOf } from './verdict.ts';

export interface PartitionGuardOptions {
  /** The id of this member. */
  readonly self: string;
  /** The same for all members. */
  readonly strategy: PartitionStrategy;
  /** What a losing side does: `read-only` serves reads of what it has, `stop` nothing. Default `read-only`. */
  readonly whenLost?: 'read-only' | 'stop';
  /** So long a view must not change before it is judged, or believed to be well again. Default 10 s. */
  readonly stableAfter?: Duration;
  /** A view that has not come to rest after so long is judged as lost. Default: three times `stableAfter`. */
  readonly unstableAfter?: Duration;
}

export class PartitionGuard {
  readonly #strategy: CheckedStrategy;
  readonly #losingKind: LosingState['kind'];
  readonly #stableMs: number;
  readonly #unstableMs: number;
  /** Of `lease-majority`. */
  readonly #leaseMs: number;
  readonly #roster: Roster;
  #state: PartitionState = { kind: 'whole' };
  #nowMs = Number.NEGATIVE_INFINITY;
  /** Of the last question. */
  #number = 0;
  /** The lease by which this side goes on: the question to which it was given, and until when that can be relied on. */
  #held: { readonly number: number; readonly untilMs: number } | undefined;
  readonly #claims = new LeaseClaims();
  #changes: PartitionChange[] = [];
  #ask: LeaseQuestion | undefined;
  #releases: PartitionOutput['releases'] = [];

  constructor({
    self,
    strategy,
    whenLost = 'read-only',
    stableAfter = '10s',
    unstableAfter,
  }: PartitionGuardOptions) {
    this.#roster = new Roster(self);
    this.#strategy = checkStrategy(strategy);
    if (whenLost !== 'read-only' && whenLost !== 'stop') {
      throw invalidOption('whenLost', whenLost, 'read-only or stop');
    }
    this.#losingKind = whenLost === 'stop' ? 'down' : 'degraded';
    this.#stableMs = durationMs(stableAfter, 'stableAfter');
    this.#unstableMs = durationMs(unstableAfter ?? this.#stableMs * 3, 'unstableAfter');
    if (this.#unstableMs < this.#stableMs) {
      throw invalidOption(
        'unstableAfter',
        unstableAfter,
        `at least stableAfter, which is ${this.#stableMs} ms`,
      );
    }
    this.#leaseMs = leaseMsOf(this.#strategy, this.#unstableMs);
  }

  get state(): PartitionState {
    return this.#state;
  }

  get access(): Access {
    return accessIn(this.#state);
  }

  /** Members that are here, this one included, of those that are known. */
  get counts(): { readonly alive: number; readonly known: number } {
    const { alive, lost } = this.#roster.sides;
    return { alive: alive.length, known: alive.length + lost.length };
  }

  /** For what only the side may do that goes on. Throws `partitioned`. */
  assertMayWrite(): void {
    if (this.access !== 'full') throw this.#partitioned('write');
  }

  /** Throws `partitioned` where this side has stopped. */
  assertMayRead(): void {
    if (this.access === 'none') throw this.#partitioned('read');
  }

  /** What is seen of all members. Who is missing in it counts as lost. */
  observe(members: readonly KnownMember[], nowMs: number): PartitionOutput {
    return this.#take(nowMs, this.#roster.observe(members));
  }

  /** What others tell of members that are in no view of this one. */
  hear(strangers: readonly Stranger[], nowMs: number): PartitionOutput {
    return this.#take(nowMs, this.#roster.hear(strangers));
  }

  /** The member is gone for good and is not waited for: an administrator, or consensus, has said so. */
  forget(id: string, nowMs: number): PartitionOutput {
    return this.#take(nowMs, this.#roster.forget(id));
  }

  /** Time has passed. */
  tick(nowMs: number): PartitionOutput {
    return this.#take(nowMs, false);
  }

  /**
   * What became of a question. A grant that comes when the question is no longer open moves nothing: the lease is not let
   * go either, since others of this side may go on by it, but kept in mind, to be exchanged for the next one; and so is
   * a lease of which nobody knows whether it was granted. A refusal after the grant by which this side goes on ends that.
   */
  leaseAnswered(question: LeaseQuestion, answer: LeaseAnswer, nowMs: number): PartitionOutput {
    this.#pass(nowMs);
    const open = this.#openQuestion;
    this.#claims.answered(question, answer);
    if (open?.number === question.number && open.overAtMs !== undefined) {
      if (answer === true) this.#granted(question.number, open.overAtMs);
      // Who goes on by it asks again while there is time.
      else if (answer === false || this.#state.kind !== 'up') this.#becomeRefused();
    } else if (this.#state.kind === 'whole') {
      this.#letGo();
    } else if (answer === false && question.number > (this.#held?.number ?? Number.POSITIVE_INFINITY)) {
      this.#becomeRefused();
    }
    return this.#take(nowMs, false);
  }

  #take(nowMs: number, isNew: boolean): PartitionOutput {
    this.#pass(nowMs);
    if (isNew) this.#heed();
    this.#settle();
    const output: PartitionOutput = {
      changes: this.#changes,
      ...(this.#ask === undefined ? {} : { ask: this.#ask }),
      releases: this.#releases,
      nextMs: this.#nextMs(),
    };
    this.#changes = [];
    this.#ask = undefined;
    this.#releases = [];
    assert(output.nextMs === undefined || output.nextMs > this.#nowMs, 'what was due is done');
    return output;
  }

  /** Time that falls is none: whoever waits for a time would wait again. */
  #pass(nowMs: number): void {
    if (!(Math.abs(nowMs) <= Number.MAX_SAFE_INTEGER)) {
      throw invalidOption('nowMs', nowMs, 'milliseconds of a monotonic clock');
    }
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  get #verdict(): Verdict {
    return verdictOf(this.#strategy, this.#roster.sides);
  }

  get #openQuestion(): OpenQuestion | undefined {
    const state = this.#state;
    return 'question' in state ? state.question : undefined;
  }

  /** No lease is to be let go; of a question that is open the answer will tell. */
  get #owesNothing(): boolean {
    return this.#claims.areOf(this.#openQuestion?.number);
  }

  /** The view has changed: what rests on it begins anew. */
  #heed(): void {
    const state = this.#state;
    const verdict = this.#verdict;
    const stableSinceMs = this.#nowMs;
    switch (state.kind) {
      case 'whole':
      case 'up':
        if (verdict.kind !== 'whole') this.#become({ kind: 'deciding', sinceMs: this.#nowMs, stableSinceMs });
        else if (state.kind === 'up') this.#become({ kind: 'healing', stableSinceMs });
        return;
      case 'deciding':
        if (verdict.kind !== 'whole')
          this.#state = { kind: 'deciding', sinceMs: state.sinceMs, stableSinceMs };
        else this.#become(this.#owesNothing ? { kind: 'whole' } : { kind: 'healing', stableSinceMs });
        return;
      case 'degraded':
      case 'down':
        if (verdict.kind === 'yield') this.#state = { kind: state.kind, why: verdict.why };
        else this.#become({ kind: 'healing', stableSinceMs, losing: loserOf(state) });
        return;
      case 'healing':
        if (state.losing !== undefined && verdict.kind === 'yield')
          this.#become({ ...state.losing, why: verdict.why });
        else if (state.losing === undefined && verdict.kind !== 'whole') {
          this.#become({ kind: 'deciding', sinceMs: this.#nowMs, stableSinceMs });
        } else {
          const losing = state.losing === undefined ? {} : { losing: state.losing };
          this.#state = { kind: 'healing', stableSinceMs, ...losing };
        }
    }
  }

  /** What time alone brings. */
  #settle(): void {
    if (this.#held !== undefined && this.#held.untilMs <= this.#nowMs) this.#becomeRefused();
    const state = this.#state;
    if (
      (state.kind === 'degraded' || state.kind === 'down') &&
      (state.againMs ?? Number.POSITIVE_INFINITY) <= this.#nowMs
    ) {
      this.#become({ kind: 'healing', stableSinceMs: this.#nowMs - this.#stableMs, losing: loserOf(state) });
    }
    this.#settleVerdict();
    this.#settleQuestion();
  }

  #settleVerdict(): void {
    const state = this.#state;
    if ((state.kind !== 'deciding' && state.kind !== 'healing') || state.question !== undefined) return;
    if (this.#nowMs < state.stableSinceMs + this.#stableMs) {
      const isUnstable = state.kind === 'deciding' && this.#nowMs >= state.sinceMs + this.#unstableMs;
      // Should the view rest from now on, it is judged as soon as it would have been.
      if (isUnstable) this.#becomeLosing('unstable', state.stableSinceMs + this.#stableMs);
      return;
    }
    const verdict = this.#verdict;
    switch (verdict.kind) {
      case 'whole':
        this.#becomeWhole();
        return;
      case 'stay':
        this.#becomeUp();
        return;
      case 'yield':
        this.#becomeLosing(verdict.why);
        return;
      case 'ask':
        this.#state = { ...state, question: this.#question(verdict.waitMs) };
    }
  }

  #question(waitMs: number): OpenQuestion {
    this.#number += 1;
    return {
      number: this.#number,
      owner: this.#roster.sides.alive.join(),
      askAtMs: this.#nowMs + waitMs,
    };
  }

  #settleQuestion(): void {
    const state = this.#state;
    if (!('question' in state) || state.question === undefined) return;
    const { askAtMs, overAtMs } = state.question;
    if ((overAtMs ?? askAtMs) > this.#nowMs) return;
    if (overAtMs !== undefined && state.kind !== 'up') return this.#becomeRefused();
    assert(this.#strategy.kind === 'lease-majority', 'only one strategy asks');
    const { lease, askEveryMs } = this.#strategy;
    const question = overAtMs === undefined ? state.question : this.#question(0);
    const { number, owner } = question;
    this.#ask = this.#claims.ask({ number, lease, owner, forMs: this.#leaseMs });
    this.#state = { ...state, question: { ...question, overAtMs: this.#nowMs + askEveryMs } };
  }

  /** It counts from when it was asked for, which is before it was given. */
  #granted(number: number, overAtMs: number): void {
    assert(this.#strategy.kind === 'lease-majority', 'only a lease is granted');
    const { askEveryMs } = this.#strategy;
    this.#held = { number, untilMs: overAtMs - askEveryMs + this.#leaseMs };
    if (this.#state.kind !== 'up') this.#becomeUp();
    if (this.#state.kind === 'up') this.#state = { ...this.#state, question: this.#question(askEveryMs) };
  }

  #becomeWhole(): void {
    this.#letGo();
    this.#become({ kind: 'whole' });
  }

  #becomeUp(): void {
    const verdict = this.#verdict;
    assert(
      verdict.kind === 'stay' || verdict.kind === 'ask',
      'who goes on in a partition was told to, or asked',
    );
    this.#become({ kind: 'up', why: verdict.why });
  }

  #becomeRefused(): void {
    assert(this.#strategy.kind === 'lease-majority', 'only a lease is refused');
    this.#becomeLosing('lease-refused', this.#nowMs + this.#strategy.askEveryMs);
  }

  /** The lease that this side may have stays where it is: others of it may not have heard yet, and go on by it. */
  #becomeLosing(why: LossReason, againMs?: number): void {
    this.#become({ kind: this.#losingKind, why, ...(againMs === undefined ? {} : { againMs }) });
  }

  #letGo(): void {
    if (this.#strategy.kind !== 'lease-majority') return;
    const { lease } = this.#strategy;
    this.#releases = this.#claims.letGo().map((owner) => ({ lease, owner }));
  }

  #become(state: PartitionState): void {
    if (state.kind === 'whole' || state.kind === this.#losingKind) this.#held = undefined;
    const from = this.#state.kind;
    this.#state = state;
    const why = 'why' in state ? { why: state.why } : {};
    this.#changes.push({ from, to: state.kind, access: accessIn(state), ...why });
  }

  #nextMs(): number | undefined {
    const nextMs = this.#nextOfStateMs();
    return this.#held === undefined ? nextMs : Math.min(this.#held.untilMs, nextMs ?? this.#held.untilMs);
  }

  #nextOfStateMs(): number | undefined {
    const state = this.#state;
    switch (state.kind) {
      case 'whole':
        return undefined;
      case 'up':
        return state.question && (state.question.overAtMs ?? state.question.askAtMs);
      case 'degraded':
      case 'down':
        return state.againMs;
      case 'deciding':
      case 'healing': {
        if (state.question !== undefined) return state.question.overAtMs ?? state.question.askAtMs;
        const stableMs = state.stableSinceMs + this.#stableMs;
        return state.kind === 'deciding' ? Math.min(stableMs, state.sinceMs + this.#unstableMs) : stableMs;
      }
    }
  }

  #partitioned(what: string): QuorateError<'partitioned'> {
    const { alive, known } = this.counts;
    const strategy = this.#strategy.kind;
    return new QuorateError({
      code: 'partitioned',
      message: `this member may not ${what}: it sees ${alive} of ${known} members, and by ${strategy} another side goes on, if any; ask a member of that side, or wait until the partition is healed`,
      data: { strategy, alive, known },
    });
  }
}

/** By default a side keeps the lease through a new verdict and two questions that nobody answers. */
function leaseMsOf(strategy: CheckedStrategy, unstableMs: number): number {
  if (strategy.kind !== 'lease-majority') return 0;
  return strategy.leaseMs ?? unstableMs + 2 * strategy.askEveryMs;
}

/** Why it was lost is what it goes back to, but not when it asks again. */
function loserOf({ kind, why }: LosingState): LosingState {
  return { kind, why };
}
