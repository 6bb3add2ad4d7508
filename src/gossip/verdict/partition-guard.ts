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
import { assert } from '../../base/index.ts';
import type { Stranger } from '../output.ts';
import { type GuardSettings, guardSettings, type PartitionGuardOptions } from './guard-settings.ts';
import { LeaseClaims } from './lease-claims.ts';
import {
  type Access,
  accessIn,
  type LeaseAnswer,
  type LeaseQuestion,
  type LossReason,
  loserOf,
  nextOfStateMs,
  type OpenQuestion,
  type PartitionChange,
  type PartitionOutput,
  type PartitionState,
  timeAfter,
} from './partition-state.ts';
import { partitioned } from './partitioned-error.ts';
import { type KnownMember, Roster } from './roster.ts';
import { Standing } from './standing.ts';
import { isNoHindrance, type Verdict, verdictOf } from './verdict.ts';

export class PartitionGuard {
  readonly #settings: GuardSettings;
  readonly #roster: Roster;
  readonly #standing: Standing;
  #state: PartitionState = { kind: 'whole' };
  #nowMs = Number.NEGATIVE_INFINITY;
  /** Of the last question. */
  #number = 0;
  /** The lease by which this side goes on: the question to which it was given, and until when that can be relied on. */
  #held: { readonly number: number; readonly untilMs: number } | undefined;
  readonly #claims = new LeaseClaims();
  /** Of the roster, as they were when the view was looked at last. */
  #losses = 0;
  #accessTold: Access = 'full';
  #changes: PartitionChange[] = [];
  #ask: LeaseQuestion | undefined;
  #releases: PartitionOutput['releases'] = [];
  #forgotten: readonly string[] = [];

  constructor(options: PartitionGuardOptions) {
    const settings = guardSettings(options);
    const { settleMs, forgetLostMs } = settings;
    this.#settings = settings;
    this.#roster = new Roster(options.self, settleMs);
    this.#standing = new Standing({ settleMs, unsettleMs: forgetLostMs / 2 });
  }

  get state(): PartitionState {
    return this.#state;
  }

  get access(): Access {
    return this.#accessIn(this.#state);
  }

  /** Whether this member counts in verdicts: for the others to know. */
  get isSettled(): boolean {
    return this.#standing.isSettled;
  }

  /** Who is waited for; sorted. */
  get lost(): readonly string[] {
    return this.#roster.lost;
  }

  /** Members that are here, this one included, of those that are known. */
  get counts(): { readonly alive: number; readonly known: number } {
    const { here, lost } = this.#roster;
    return { alive: here.length, known: here.length + lost.length };
  }

  /** For what only the side may do that goes on. Throws `partitioned`. */
  assertMayWrite(): void {
    if (this.access !== 'full') throw partitioned('write', this.#settings.strategy.kind, this.counts);
  }

  /** Throws `partitioned` where this side has stopped. */
  assertMayRead(): void {
    if (this.access === 'none') throw partitioned('read', this.#settings.strategy.kind, this.counts);
  }

  /** What is seen of all members. Who is missing in it counts as lost. */
  observe(members: readonly KnownMember[], nowMs: number): PartitionOutput {
    this.#pass(nowMs);
    return this.#take(nowMs, this.#roster.observe(members, this.#nowMs));
  }

  /** What others tell of members that are in no view of this one. */
  hear(strangers: readonly Stranger[], nowMs: number): PartitionOutput {
    this.#pass(nowMs);
    return this.#take(nowMs, this.#roster.hear(strangers, this.#nowMs));
  }

  /** The member is gone for good and is not waited for: an administrator, or consensus, has said so. */
  forget(id: string, nowMs: number): PartitionOutput {
    return this.#take(nowMs, this.#roster.forget(id));
  }

  /** This process stood still for so long. */
  stalled(ms: number): void {
    this.#standing.stalled(ms);
  }

  /** The machine was suspended, and the clock that counts with it. */
  suspended(nowMs: number): PartitionOutput {
    this.#pass(nowMs);
    if (this.#standing.suspended(this.#nowMs)) this.#roster.settle(false);
    return this.#take(nowMs, false);
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
    this.#stand();
    this.#tellAccess();
    const output: PartitionOutput = {
      changes: this.#changes,
      ...(this.#ask === undefined ? {} : { ask: this.#ask }),
      releases: this.#releases,
      forgotten: this.#forgotten,
      nextMs: this.#nextMs(),
    };
    this.#changes = [];
    this.#ask = undefined;
    this.#releases = [];
    this.#forgotten = [];
    assert(output.nextMs === undefined || output.nextMs > this.#nowMs, 'what was due is done');
    return output;
  }

  #pass(nowMs: number): void {
    this.#nowMs = timeAfter(this.#nowMs, nowMs);
    if (this.#standing.pass(this.#nowMs)) this.#roster.settle(this.#standing.isSettled);
  }

  /** Of a side that waits for the verdict each member that comes or goes may change it. */
  #tellAccess(): void {
    const { access } = this;
    const { kind } = this.#state;
    const told = this.#changes.at(-1)?.access ?? this.#accessTold;
    if (told !== access) this.#changes.push({ from: kind, to: kind, access, ...this.#whyIn(this.#state) });
    this.#accessTold = access;
  }

  #accessIn(state: PartitionState): Access {
    if (state.kind !== 'deciding' || this.#verdict.kind === 'stay') return accessIn(state);
    return this.#settings.whileDeciding;
  }

  #whyIn(state: PartitionState): Pick<PartitionChange, 'why'> {
    if ('why' in state) return { why: state.why };
    const verdict = this.#verdict;
    return 'why' in verdict && this.#accessIn(state) !== accessIn(state) ? { why: verdict.why } : {};
  }

  /** Whether this member counts follows from where it is now. */
  #stand(): void {
    const { lost, here, disturbedMs } = this.#roster;
    const goesOn = lost.length === 0 || this.#isGoingOn;
    this.#standing.look({ goesOn, isAlone: here.length < 2, disturbedMs }, this.#nowMs);
    this.#pass(this.#nowMs);
  }

  /** Also while that is looked at anew, and it looks as if it would. */
  get #isGoingOn(): boolean {
    const state = this.#state;
    if (state.kind === 'up') return true;
    const isOpen = state.kind === 'deciding' || (state.kind === 'healing' && state.losing === undefined);
    return isOpen && this.#verdict.kind === 'stay';
  }

  get #verdict(): Verdict {
    const { lost, sides } = this.#roster;
    return lost.length === 0 ? { kind: 'whole' } : verdictOf(this.#settings.strategy, sides);
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
    const isLoss = this.#losses !== this.#roster.losses;
    this.#losses = this.#roster.losses;
    switch (state.kind) {
      case 'whole':
      case 'up':
        if (state.kind === 'up' && !isLoss && isNoHindrance(this.#settings.strategy, verdict)) return;
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
      this.#become({
        kind: 'healing',
        stableSinceMs: this.#nowMs - this.#settings.stableMs,
        losing: loserOf(state),
      });
    }
    this.#settleVerdict();
    this.#settleQuestion();
    this.#settleLost();
  }

  #settleVerdict(): void {
    const state = this.#state;
    if ((state.kind !== 'deciding' && state.kind !== 'healing') || state.question !== undefined) return;
    if (this.#nowMs < state.stableSinceMs + this.#settings.stableMs) {
      const isUnstable =
        state.kind === 'deciding' && this.#nowMs >= state.sinceMs + this.#settings.unstableMs;
      // Should the view rest from now on, it is judged as soon as it would have been.
      if (isUnstable) this.#becomeLosing('unstable', state.stableSinceMs + this.#settings.stableMs);
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

  /** A side that goes on gives up whom it has lost for long enough. */
  #settleLost(): void {
    if (this.#forgetMs > this.#nowMs) return;
    this.#forgotten = this.#roster.lostSince(this.#nowMs - this.#settings.forgetLostMs);
    for (const id of this.#forgotten) this.#roster.forget(id);
    this.#heed();
  }

  get #forgetMs(): number {
    if (this.#state.kind !== 'up') return Number.POSITIVE_INFINITY;
    return Math.max(this.#roster.firstLostMs, this.#standing.goingMs) + this.#settings.forgetLostMs;
  }

  #question(waitMs: number): OpenQuestion {
    this.#number += 1;
    return {
      number: this.#number,
      owner: this.#roster.here.join(),
      askAtMs: this.#nowMs + waitMs,
    };
  }

  #settleQuestion(): void {
    const state = this.#state;
    if (!('question' in state) || state.question === undefined) return;
    const { askAtMs, overAtMs } = state.question;
    if ((overAtMs ?? askAtMs) > this.#nowMs) return;
    if (overAtMs !== undefined && state.kind !== 'up') return this.#becomeRefused();
    assert(this.#settings.strategy.kind === 'lease-majority', 'only one strategy asks');
    const { lease, askEveryMs } = this.#settings.strategy;
    const question = overAtMs === undefined ? state.question : this.#question(0);
    const { number, owner } = question;
    this.#ask = this.#claims.ask({ number, lease, owner, forMs: this.#settings.leaseMs });
    this.#state = { ...state, question: { ...question, overAtMs: this.#nowMs + askEveryMs } };
  }

  /** It counts from when it was asked for, which is before it was given. */
  #granted(number: number, overAtMs: number): void {
    assert(this.#settings.strategy.kind === 'lease-majority', 'only a lease is granted');
    const { askEveryMs } = this.#settings.strategy;
    this.#held = { number, untilMs: overAtMs - askEveryMs + this.#settings.leaseMs };
    if (this.#state.kind !== 'up') this.#becomeUp();
    if (this.#state.kind === 'up') this.#state = { ...this.#state, question: this.#question(askEveryMs) };
  }

  #becomeWhole(): void {
    this.#letGo();
    this.#become({ kind: 'whole' });
  }

  #becomeUp(): void {
    const verdict = this.#verdict;
    assert(verdict.kind === 'stay' || verdict.kind === 'ask', 'who goes on was told to, or asked');
    this.#become({ kind: 'up', why: verdict.why });
  }

  #becomeRefused(): void {
    assert(this.#settings.strategy.kind === 'lease-majority', 'only a lease is refused');
    this.#becomeLosing('lease-refused', this.#nowMs + this.#settings.strategy.askEveryMs);
  }

  /** The lease that this side may have stays where it is: others of it may not have heard yet, and go on by it. */
  #becomeLosing(why: LossReason, againMs?: number): void {
    this.#become({ kind: this.#settings.losingKind, why, ...(againMs === undefined ? {} : { againMs }) });
  }

  #letGo(): void {
    if (this.#settings.strategy.kind !== 'lease-majority') return;
    const { lease } = this.#settings.strategy;
    this.#releases = this.#claims.letGo().map((owner) => ({ lease, owner }));
  }

  #become(state: PartitionState): void {
    if (state.kind === 'whole' || state.kind === this.#settings.losingKind) this.#held = undefined;
    const from = this.#state.kind;
    this.#state = state;
    if (state.kind === 'deciding')
      this.#roster.freeze(this.#nowMs, this.#standing.hasWaited(this.#settings.stableMs, this.#nowMs));
    if (state.kind === 'whole' || state.kind === 'up') this.#roster.thaw(this.#nowMs);
    this.#changes.push({ from, to: state.kind, access: this.#accessIn(state), ...this.#whyIn(state) });
  }

  #nextMs(): number | undefined {
    const nextMs = Math.min(
      nextOfStateMs(this.#state, this.#settings),
      this.#held?.untilMs ?? Number.POSITIVE_INFINITY,
      this.#standing.nextMs,
      this.#forgetMs,
    );
    return nextMs === Number.POSITIVE_INFINITY ? undefined : nextMs;
  }
}
