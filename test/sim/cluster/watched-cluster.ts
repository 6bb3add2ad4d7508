/** Members as the monitor hears of them: each test tells it what they and their disks do, good and then bad. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  type Configuration,
  type Entry,
  emptyConfiguration,
  encodeConfiguration,
  type HardState,
  type Message,
  type Recovery,
  type SnapshotMark,
} from '../../../src/raft/index.ts';
import { InvariantBroken } from '../../../src/sim/cluster/invariants/index.ts';
import { Monitor } from '../../../src/sim/cluster/monitor.ts';
import type { GroupAppend } from '../../../src/storage/index.ts';

export const threeVoters: Configuration = { ...emptyConfiguration, voters: [1, 2, 3] };

const envelope = { group: 0, from: 1, to: 2, term: 1 } as const;

export class WatchedCluster {
  /** True time. */
  nowMs = 0;
  readonly monitor: Monitor = new Monitor({ nowMs: () => this.nowMs });
  #sequence = 0;

  /** Of the configuration `voters` with learners. */
  static of(configuration: Configuration, members: readonly number[]): WatchedCluster {
    const cluster = new WatchedCluster();
    for (const member of members) cluster.boot(member, { configuration });
    return cluster;
  }

  static ofThree(): WatchedCluster {
    return WatchedCluster.of(threeVoters, [1, 2, 3]);
  }

  boot(member: number, recovery: Recovery): void {
    this.monitor.started(member);
    if (recovery.snapshot !== undefined) {
      this.monitor.restored(member);
      this.monitor.reached(member, recovery.snapshot.index, recovery.snapshot.index);
    }
    this.monitor.recovered(member, recovery);
  }

  /** The member asks its disk for it; only `durable` says that it is there. */
  persists(
    member: number,
    what: { hardState?: HardState; entries?: Entry[]; snapshot?: SnapshotMark },
  ): void {
    this.#sequence += 1;
    const { hardState, entries = [], snapshot } = what;
    this.monitor.persists(member, { sequence: this.#sequence, hardState, entries, snapshot });
  }

  durable(member: number, append: Omit<GroupAppend, 'group'>): void {
    const disk = this.monitor.disk(member);
    const { entries = [], ...state } = append;
    disk.change(0, state);
    for (const { index, term } of entries) disk.entry(0, index, term);
  }

  /** Both at once. */
  holds(member: number, what: { hardState?: HardState; entries?: Entry[] }): void {
    this.persists(member, what);
    this.durable(member, what);
  }

  votes(from: number, to: number, term: number): void {
    this.holds(from, { hardState: { term, vote: to, commit: 0 } });
    if (from !== to) this.says({ kind: 'vote-reply', from, to, term, preVote: false, granted: true });
  }

  /** The member wins `term` with the votes of all and begins it with an empty entry, its own term durable. */
  leads(member: number, term: number, voters: readonly number[] = [1, 2, 3]): void {
    for (const voter of voters) this.votes(voter, member, term);
    this.wins(member, term);
  }

  wins(member: number, term: number): void {
    this.monitor.event(member, { kind: 'role-changed', role: 'leader', term, reason: 'won the election' });
  }

  campaigns(member: number, term: number): void {
    this.monitor.event(member, { kind: 'role-changed', role: 'candidate', term, reason: 'won the pre-vote' });
  }

  stepsDown(member: number, term: number): void {
    this.monitor.event(member, { kind: 'role-changed', role: 'follower', term, reason: 'no quorum answers' });
  }

  says(message: PartOf<Message>): void {
    this.monitor.sent({ ...envelope, ...message } as Message);
  }

  tells(from: number, term: number, commit: number): void {
    this.says({
      kind: 'append',
      from,
      term,
      previous: { index: 0, term: 0 },
      entries: [],
      commit,
      lease: false,
    });
  }
}

type PartOf<M> = M extends Message ? { readonly kind: M['kind'] } & Partial<M> : never;

export function entry(index: number, term: number, text = 'x'): Entry {
  return { index, term, kind: 'command', data: new TextEncoder().encode(text) };
}

export function change(index: number, term: number, configuration: Partial<Configuration>): Entry {
  const data = encodeConfiguration({ ...emptyConfiguration, ...configuration });
  return { index, term, kind: 'configuration', data };
}

/** A bad deed, after whatever good ones it takes; the last one must be noticed, and no other. */
export interface Deed {
  readonly name: string;
  readonly good: (cluster: WatchedCluster) => void;
  readonly bad: (cluster: WatchedCluster) => void;
  readonly told: RegExp;
}

/** The rows of a table as tests. */
export function testDeeds(deeds: readonly Deed[]): void {
  for (const { name, good, bad, told } of deeds) {
    test(`stops the world: ${name}`, () => {
      const cluster = WatchedCluster.ofThree();
      good(cluster);
      assert.throws(
        () => bad(cluster),
        (error) => error instanceof InvariantBroken && told.test(error.message),
      );
    });
  }
}

/** Member 1 leads term 1 and has entries 1 and 2 of it on its disk and on that of member 2. */
export function twoEntries(cluster: WatchedCluster): void {
  cluster.leads(1, 1);
  cluster.holds(1, { entries: [entry(1, 1), entry(2, 1)] });
  cluster.holds(2, { entries: [entry(1, 1), entry(2, 1)] });
}

export function accepts(from: number, term: number, match: number, damaged = false): Accepted {
  return { kind: 'append-accepted', from, to: 1, term, match, damaged };
}

type Accepted = Omit<Extract<Message, { kind: 'append-accepted' }>, 'group'>;
