/**
 * Who belongs to the cluster, as far as verdicts go. A member that is no longer in the view is not gone for that: gossip
 * forgets the dead after a while, and a losing side that forgets whom it has lost looks whole to itself and goes on,
 * beside the winners. So a member stays known until it says goodbye or somebody says that it is gone for good.
 */
import { invalidOption } from '../../base/index.ts';
import type { MemberStatus } from '../detection/index.ts';
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

const membersMax = 100_000;

export class Roster {
  readonly #self: string;
  #entries = new Map<string, Entry>();
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
    const entries = new Map([...this.#entries].map(([id, entry]) => [id, { ...entry, isHere: false }]));
    entries.set(this.#self, { joined: this.#entries.get(this.#self)?.joined ?? 0, isHere: true });
    for (const { id, status, joined = 0 } of members) {
      if (typeof id !== 'string' || id === '') throw invalidOption('members.id', id, 'the id of a member');
      if (!Number.isFinite(joined)) throw invalidOption('members.joined', joined, 'a finite number');
      const isHere = id === this.#self || status === 'HEALTHY' || status === 'SUSPECT';
      if (status === 'LEFT' && id !== this.#self) entries.delete(id);
      else entries.set(id, { joined, isHere });
    }
    if (entries.size > membersMax) {
      throw invalidOption(
        'members',
        entries.size,
        `at most ${membersMax} members, those that were lost included`,
      );
    }
    this.#entries = entries;
    return this.#lookAgain();
  }

  /** The member is gone for good; whether that shows anything new. */
  forget(id: string): boolean {
    if (id === this.#self) throw invalidOption('id', id, 'another member than this one');
    return this.#entries.delete(id) && this.#lookAgain();
  }

  #lookAgain(): boolean {
    const before = this.#sides;
    const after = this.#look();
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
