/**
 * Who belongs to the cluster, as far as verdicts go. A member that is no longer in the view is not gone for that: gossip
 * forgets the dead after a while, and a losing side that forgets whom it has lost looks whole to itself and goes on,
 * beside the winners. So a member stays known until it says goodbye or somebody says that it is gone for good.
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
}

interface Entry {
  readonly joined: number;
  readonly isHere: boolean;
}

/** Members that are lost, and waited for. Of more the one that was lost first is given up, as if it had said goodbye. */
const lostMax = 10_000;

/** Of more the one that was given up first may be lost again, should others still tell of it. */
const givenUpMax = 10_000;

export class Roster {
  readonly #self: string;
  /** Those that are lost lie in the order in which they were lost. */
  readonly #entries = new Map<string, Entry>();
  /** Given up although the view, or others, may still have them: gossip remembers the dead for a while. */
  readonly #givenUp = new Set<string>();
  #sides: Sides;

  constructor(self: string) {
    if (typeof self !== 'string' || self === '') throw invalidOption('self', self, 'the id of this member');
    this.#self = self;
    this.#entries.set(self, { joined: 0, isHere: true });
    this.#sides = this.#look();
  }

  get sides(): Sides {
    return this.#sides;
  }

  /** Takes a view in; whether it shows anything new. */
  observe(members: readonly KnownMember[]): boolean {
    for (const { id, joined = 0 } of members) {
      if (typeof id !== 'string' || id === '') throw invalidOption('members.id', id, 'the id of a member');
      if (!Number.isFinite(joined)) throw invalidOption('members.joined', joined, 'a finite number');
    }
    const seen = new Set([this.#self]);
    let isNew = false;
    for (const { id, status, joined = 0 } of members) {
      seen.add(id);
      const isHere = id === this.#self || status === 'HEALTHY' || status === 'SUSPECT';
      if (isHere) this.#givenUp.delete(id);
      if (this.#givenUp.has(id)) continue;
      if (status === 'LEFT' && id !== this.#self) isNew = this.#entries.delete(id) || isNew;
      else isNew = this.#note(id, { joined, isHere }) || isNew;
    }
    for (const [id, { joined, isHere }] of this.#entries) {
      if (isHere && !seen.has(id)) isNew = this.#note(id, { joined, isHere: false });
    }
    return isNew && this.#lookAgain();
  }

  /**
   * Others tell of somebody whom the view never had, or has no more. Who is dead there is lost here, and counts as the
   * oldest, since nobody says when it joined: so whoever starts on a losing side finds that it is one.
   */
  hear(strangers: readonly Stranger[]): boolean {
    let isNew = false;
    for (const { id, status } of strangers) {
      const entry = this.#entries.get(id);
      if (entry?.isHere === true) continue;
      if (status === 'LEFT') isNew = this.#entries.delete(id) || isNew;
      else if (entry === undefined && !this.#givenUp.has(id)) {
        isNew = this.#note(id, { joined: 0, isHere: false }) || isNew;
      }
    }
    return isNew && this.#lookAgain();
  }

  /** The member is gone for good; whether that shows anything new. */
  forget(id: string): boolean {
    if (id === this.#self) throw invalidOption('id', id, 'another member than this one');
    this.#givenUp.delete(id);
    this.#givenUp.add(id);
    const [longest] = this.#givenUp;
    if (longest !== undefined && this.#givenUp.size > givenUpMax) this.#givenUp.delete(longest);
    return this.#entries.delete(id) && this.#lookAgain();
  }

  /** Whether it says anything new. */
  #note(id: string, entry: Entry): boolean {
    const before = this.#entries.get(id);
    if (before?.isHere === entry.isHere && before.joined === entry.joined) return false;
    if (before?.isHere !== entry.isHere) this.#entries.delete(id);
    this.#entries.set(id, entry);
    return true;
  }

  #giveUp(lost: number): void {
    let tooMany = lost - lostMax;
    for (const [id, { isHere }] of this.#entries) {
      if (tooMany <= 0) return;
      if (isHere) continue;
      this.#entries.delete(id);
      tooMany -= 1;
    }
  }

  #lookAgain(): boolean {
    const before = this.#sides;
    let after = this.#look();
    if (after.lost.length > lostMax) {
      this.#giveUp(after.lost.length);
      after = this.#look();
    }
    this.#sides = after;
    return !(
      before.oldest === after.oldest &&
      isSame(before.alive, after.alive) &&
      isSame(before.lost, after.lost)
    );
  }

  #look(): Sides {
    const alive: string[] = [];
    const lost: string[] = [];
    let oldest: { readonly id: string; readonly joined: number } | undefined;
    for (const id of [...this.#entries.keys()].sort()) {
      const { joined, isHere } = this.#entries.get(id) as Entry;
      (isHere ? alive : lost).push(id);
      if (oldest === undefined || joined < oldest.joined) oldest = { id, joined };
    }
    return { alive, lost, oldest: oldest?.id ?? this.#self };
  }
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((id, place) => id === right[place]);
}
