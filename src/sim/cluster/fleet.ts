/**
 * Which machine runs which member. A machine whose disk was wiped has lost its identity with it: what comes up
 * there next is a stranger with a new one, and the old one is dead for ever. The operator takes the dead out of
 * the cluster and the strangers in.
 */
import { assert } from '../../base/index.ts';
import type { MemberId } from '../../raft/index.ts';

/** Identities of one machine differ by this. */
const machinesMax = 100;
const livesMax = 8;

interface Site {
  readonly name: string;
  /** The first identity; each later one is greater by `machinesMax`. */
  readonly first: MemberId;
  lives: number;
}

export class Fleet {
  readonly #sites: readonly Site[];
  /** Strangers on machines whose members are to be replaced by them. */
  readonly #awaited = new Set<MemberId>();

  constructor(names: readonly string[]) {
    assert(names.length < machinesMax, `a fleet has fewer than ${machinesMax} machines`);
    this.#sites = names.map((name, place) => ({ name, first: place + 1, lives: 1 }));
  }

  get names(): readonly string[] {
    return this.#sites.map(({ name }) => name);
  }

  /** The present identity of each machine. */
  get members(): readonly MemberId[] {
    return this.#sites.map(latest);
  }

  /** All identities that the machines may ever have, with the machine's name. */
  get identities(): readonly (readonly [member: MemberId, name: string])[] {
    return this.#sites.flatMap(({ first, name }) =>
      Array.from({ length: livesMax }, (_, life) => [first + life * machinesMax, name] as const),
    );
  }

  memberOf(name: string): MemberId {
    return latest(this.#site(name));
  }

  nameOf(member: MemberId): string {
    return (this.#sites[(member % machinesMax) - 1] as Site).name;
  }

  /** An identity whose disk was wiped. */
  isDead(member: MemberId): boolean {
    return member !== this.heirOf(member);
  }

  /** Who runs now where `member` ran. */
  heirOf(member: MemberId): MemberId {
    return latest(this.#sites[(member % machinesMax) - 1] as Site);
  }

  /** False: the machine has used up its identities. */
  mayWipe(name: string): boolean {
    return this.#site(name).lives < livesMax;
  }

  /** The first of those who shall take the place of a wiped member, and are not voters yet. */
  get awaited(): MemberId | undefined {
    return this.#awaited.values().next().value;
  }

  /** The machine's disk is wiped: the next process there is somebody else, who shall take the old one's place if that was a member. */
  wiped(name: string, wasMember: boolean): void {
    const site = this.#site(name);
    site.lives += 1;
    if (wasMember) this.#awaited.add(latest(site));
  }

  arrived(heir: MemberId): void {
    this.#awaited.delete(heir);
  }

  #site(name: string): Site {
    const site = this.#sites.find((other) => other.name === name);
    assert(site !== undefined, `no machine of the fleet is named ${name}`);
    return site;
  }
}

function latest({ first, lives }: Site): MemberId {
  return first + (lives - 1) * machinesMax;
}
