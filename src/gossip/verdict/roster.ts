/**
 * Who belongs to the cluster, and who of them counts, as far as verdicts go. A member that is no longer in the view is
 * not gone for that: gossip forgets the dead after a while, and a losing side that forgets whom it has lost looks whole
 * to itself and goes on, beside the winners. So a member stays known until it says goodbye or somebody says that it is
 * gone for good, and whoever is lost counts.
 *
 * Whoever is here counts only where the other side, if there is one, must know it: else newcomers make a majority of
 * either side. So it has to say of itself that it has settled, and must have been known here for as long before the
 * first loss (`freeze`); whom this member meets in the partition counts when it is over (`thaw`).
 */
import { invalidOption } from '../../base/index.ts';
import type { MemberStatus } from '../detection/index.ts';
import type { Stranger } from '../output.ts';
import type { Sides } from './verdict.ts';

export interface KnownMember {
  readonly id: string;
  readonly status: MemberStatus;
  /**
   * The order in which members have joined, the same for everybody: the least is the oldest, of equals the lowest id.
   * Default 0.
   */
  readonly joined?: number;
  /** What it says of itself: whether it counts in verdicts. Default true. */
  readonly settled?: boolean;
}

interface Entry {
  readonly joined: number;
  readonly isHere: boolean;
  readonly isSettled: boolean;
  /** Since when it is here, or lost. */
  readonly sinceMs: number;
  readonly metMs: number;
  /** It was met while this side did not know whether it goes on, or did not. */
  readonly isLate: boolean;
  /** It counted when this member met it, which counted as well; or they met in a partition: each may be new to the other's. */
  readonly isStranger: boolean;
}

/** Members that are lost, and waited for. Of more the one that was lost first is given up, as if it had said goodbye. */
const lostMax = 10_000;

/** Of more the one that was given up first may be lost again, should others still tell of it. */
const givenUpMax = 10_000;

export class Roster {
  readonly #self: string;
  readonly #settleMs: number;
  /** Those that are lost lie in the order in which they were lost. */
  readonly #entries = new Map<string, Entry>();
  /** Given up although the view, or others, may still have them: gossip remembers the dead for a while. */
  readonly #givenUp = new Set<string>();
  /** When the first of the present partition was lost. */
  #frozenMs: number | undefined;
  /** Nobody was lost for a while, once: so this member knows who is new, and need not believe it of each. */
  #hasBeenWhole = false;
  #disturbedMs = Number.NEGATIVE_INFINITY;
  #losses = 0;
  #here: readonly string[] = [];
  #lost: readonly string[] = [];
  #sides: Sides;

  constructor(self: string, settleMs: number) {
    if (typeof self !== 'string' || self === '') throw invalidOption('self', self, 'the id of this member');
    this.#self = self;
    this.#settleMs = settleMs;
    const [sinceMs, metMs] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const fresh = { isHere: true, isSettled: false, isLate: false, isStranger: false };
    this.#entries.set(self, { joined: 0, sinceMs, metMs, ...fresh });
    this.#sides = this.#look();
  }

  /** Those that count. */
  get sides(): Sides {
    return this.#sides;
  }

  /** All that are here, whether they count or not; sorted. */
  get here(): readonly string[] {
    return this.#here;
  }

  /** All that are lost; sorted. */
  get lost(): readonly string[] {
    return this.#lost;
  }

  /** When somebody was lost last, or one who counts was met for the first time. */
  get disturbedMs(): number {
    return this.#disturbedMs;
  }

  /** How often somebody was lost. */
  get losses(): number {
    return this.#losses;
  }

  /** Of those that are lost, when the first was. */
  get firstLostMs(): number {
    for (const { isHere, sinceMs } of this.#entries.values()) if (!isHere) return sinceMs;
    return Number.POSITIVE_INFINITY;
  }

  /** Takes a view in; whether it shows anything new. */
  observe(members: readonly KnownMember[], nowMs: number): boolean {
    for (const { id, joined = 0 } of members) {
      if (typeof id !== 'string' || id === '') throw invalidOption('members.id', id, 'the id of a member');
      if (!Number.isFinite(joined)) throw invalidOption('members.joined', joined, 'a finite number');
    }
    const seen = new Set([this.#self]);
    let isNew = false;
    for (const { id, status, joined = 0, settled = true } of members) {
      seen.add(id);
      const isSelf = id === this.#self;
      const isHere = isSelf || status === 'HEALTHY' || status === 'SUSPECT';
      if (isHere) this.#givenUp.delete(id);
      if (this.#givenUp.has(id)) continue;
      const isSettled = isSelf ? this.#isSelfSettled : settled;
      if (status === 'LEFT' && !isSelf) isNew = this.#entries.delete(id) || isNew;
      else isNew = this.#note(id, { joined, isHere, isSettled }, nowMs) || isNew;
    }
    for (const [id, entry] of this.#entries) {
      if (entry.isHere && !seen.has(id)) isNew = this.#note(id, { ...entry, isHere: false }, nowMs);
    }
    return isNew && this.#lookAgain();
  }

  /**
   * Others tell of somebody whom the view never had, or has no more. Who is dead there is lost here, and counts as the
   * oldest, since nobody says when it joined: so whoever starts on a losing side finds that it is one.
   */
  hear(strangers: readonly Stranger[], nowMs: number): boolean {
    let isNew = false;
    for (const { id, status } of strangers) {
      const entry = this.#entries.get(id);
      if (entry?.isHere === true) continue;
      if (status === 'LEFT') isNew = this.#entries.delete(id) || isNew;
      else if (entry === undefined && !this.#givenUp.has(id)) {
        isNew = this.#note(id, { joined: 0, isHere: false, isSettled: true }, nowMs) || isNew;
      }
    }
    return isNew && this.#lookAgain();
  }

  /** The member is gone for good; whether that shows anything new. */
  forget(id: string): boolean {
    if (id === this.#self) throw invalidOption('id', id, 'another member than this one');
    return this.#giveUp(id) && this.#lookAgain();
  }

  /** Who is lost since then or for longer. */
  lostSince(sinceMs: number): string[] {
    return this.#lost.filter((id) => (this.#entries.get(id) as Entry).sinceMs <= sinceMs);
  }

  /** This member counts, or no longer. */
  settle(isSettled: boolean): void {
    this.#entries.set(this.#self, { ...(this.#entries.get(this.#self) as Entry), isSettled });
    this.#lookAgain();
  }

  /**
   * Somebody is lost: who is here and counts stays as it is, until it is known whether this side goes on. `wasWhole`:
   * nobody was lost for a while before.
   */
  freeze(nowMs: number, wasWhole: boolean): void {
    this.#frozenMs ??= nowMs;
    this.#hasBeenWhole ||= wasWhole;
    this.#lookAgain();
  }

  /** This side goes on: who did not count because it was new counts from now on as one that was just met. */
  thaw(nowMs: number): void {
    if (this.#frozenMs === undefined) return;
    const untilMs = this.#frozenMs - this.#settleMs;
    this.#frozenMs = undefined;
    for (const [id, entry] of this.#entries) {
      if (!entry.isLate && !(entry.isStranger && entry.metMs > untilMs)) continue;
      this.#entries.set(id, { ...entry, metMs: nowMs, isLate: false, isStranger: true });
    }
    this.#lookAgain();
  }

  get #isSelfSettled(): boolean {
    return this.#entries.get(this.#self)?.isSettled === true;
  }

  /** Whether it says anything new. */
  #note(
    id: string,
    { joined, isHere, isSettled }: Pick<Entry, 'joined' | 'isHere' | 'isSettled'>,
    nowMs: number,
  ): boolean {
    const before = this.#entries.get(id);
    const isStill = before?.isHere === isHere;
    if (isStill && before.joined === joined && before.isSettled === isSettled) return false;
    const { metMs, isLate } = before ?? { metMs: nowMs, isLate: this.#frozenMs !== undefined };
    const isStranger = before?.isStranger ?? (isSettled && this.#isSelfSettled);
    if (!isHere ? !isStill : before === undefined && isSettled) this.#disturbedMs = nowMs;
    if (!isHere && !isStill) this.#losses += 1;
    if (!isStill) this.#entries.delete(id);
    const sinceMs = isStill ? before.sinceMs : nowMs;
    this.#entries.set(id, { joined, isHere, isSettled, sinceMs, metMs, isLate, isStranger });
    return true;
  }

  #giveUp(id: string): boolean {
    this.#givenUp.delete(id);
    this.#givenUp.add(id);
    const [longest] = this.#givenUp;
    if (longest !== undefined && this.#givenUp.size > givenUpMax) this.#givenUp.delete(longest);
    return this.#entries.delete(id);
  }

  #makeRoom(lost: number): void {
    let tooMany = lost - lostMax;
    for (const [id, { isHere }] of this.#entries) {
      if (tooMany <= 0) return;
      if (isHere) continue;
      this.#entries.delete(id);
      tooMany -= 1;
    }
  }

  #lookAgain(): boolean {
    const [before, hereBefore, lostBefore] = [this.#sides, this.#here, this.#lost];
    this.#sides = this.#look();
    if (this.#lost.length > lostMax) {
      this.#makeRoom(this.#lost.length);
      this.#sides = this.#look();
    }
    const after = this.#sides;
    return !(
      before.oldest === after.oldest &&
      isSame(before.alive, after.alive) &&
      isSame(before.lost, after.lost) &&
      isSame(hereBefore, this.#here) &&
      isSame(lostBefore, this.#lost)
    );
  }

  #look(): Sides {
    const standingOf = this.#standings();
    const [here, missing, alive, lost] = [[], [], [], []] as string[][] as [
      string[],
      string[],
      string[],
      string[],
    ];
    let oldest: { readonly id: string; readonly joined: number } | undefined;
    for (const id of [...this.#entries.keys()].sort()) {
      const entry = this.#entries.get(id) as Entry;
      (entry.isHere ? here : missing).push(id);
      const standing = standingOf(entry);
      if (standing === 'none') continue;
      (standing === 'for' ? alive : lost).push(id);
      if (oldest === undefined || entry.joined < oldest.joined) oldest = { id, joined: entry.joined };
    }
    this.#here = here;
    this.#lost = missing;
    return { alive, lost, oldest: oldest?.id ?? this.#self };
  }

  /**
   * Who counts for the side that is here, who against it, and who not at all. Whoever may count on another side counts
   * against this one: all that are lost, since the last that was heard of one may not be the last that it has said.
   */
  #standings(): (entry: Entry) => 'for' | 'against' | 'none' {
    // In the first minutes of a cluster nobody counts yet: then all do that were there before the loss.
    if ([...this.#entries.values()].every(({ isSettled }) => !isSettled)) {
      return ({ isHere, isLate }) => {
        if (!isHere) return 'against';
        return this.#hasBeenWhole && !isLate ? 'for' : 'none';
      };
    }
    const untilMs = (this.#frozenMs ?? Number.POSITIVE_INFINITY) - this.#settleMs;
    const isBelieved = !this.#isSelfSettled;
    return ({ isHere, isSettled, isLate, isStranger, metMs }) => {
      if (!isHere) return 'against';
      if (!isSettled) return 'none';
      // A newcomer does not know who else is one, and believes what they say.
      if (isBelieved) return 'for';
      return !isLate && (!isStranger || metMs <= untilMs) ? 'for' : 'against';
    };
  }
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((id, place) => id === right[place]);
}
