/**
 * The facts of every group, as encoded into flushes so far: what the next append must follow. Beside them, for
 * each flush that is not durable yet, the facts as they were before it, so that a refused flush leaves no
 * trace.
 */
import { assert } from '../../base/index.ts';
import type { GroupId } from '../../raft/index.ts';
import type { GroupAppend } from './group-append.ts';
import { addSlice, applyAppend, copyFacts, emptyFacts, type GroupFacts, isEmpty } from './group-facts.ts';
import type { ReplayedGroup } from './replay.ts';

interface GroupView {
  readonly facts: GroupFacts;
  /** One for each flush under way that has something of this group, oldest first. */
  readonly pending: PendingChange[];
}

interface PendingChange {
  readonly sequence: number;
  readonly before: GroupFacts;
  /** The lowest index that the flush replaces. */
  floor: number;
}

export class GroupTable {
  readonly #views = new Map<GroupId, GroupView>();

  constructor(groups: Iterable<ReplayedGroup>) {
    for (const { group, hardState, snapshot, base, slices } of groups) {
      const { facts } = this.#view(group);
      facts.hardState = hardState;
      facts.snapshot = snapshot;
      facts.base = base;
      facts.last = base.index;
      for (const slice of slices) addSlice(facts, slice);
    }
  }

  /** An append goes into the flush of this sequence; returns the facts that hold then. */
  encoded(append: GroupAppend, sequence: number): Readonly<GroupFacts> {
    const { facts, pending } = this.#view(append.group);
    let change = pending.at(-1);
    if (change?.sequence !== sequence) {
      assert(change === undefined || change.sequence < sequence, 'flushes are encoded in their order');
      change = { sequence, before: { ...facts }, floor: Number.POSITIVE_INFINITY };
      pending.push(change);
    }
    applyAppend(facts, append);
    if (append.removed === true || append.installed !== undefined) change.floor = 0;
    const first = append.entries?.[0]?.index;
    if (first !== undefined && first < change.floor) change.floor = first;
    return facts;
  }

  /** The flush of this sequence is durable. */
  durable(group: GroupId, sequence: number): void {
    const { facts, pending } = this.#view(group);
    while (pending[0] !== undefined && pending[0].sequence <= sequence) pending.shift();
    if (pending.length === 0 && isEmpty(facts)) this.#views.delete(group);
  }

  /** What was encoded and is not durable never will be. */
  rollBack(): void {
    for (const { facts, pending } of this.#views.values()) {
      const [oldest] = pending.splice(0);
      if (oldest !== undefined) copyFacts(oldest.before, facts);
    }
  }

  /** The facts that the next record of a group follows; undefined for a group that the log does not know. */
  factsOf(group: GroupId): Readonly<GroupFacts> | undefined {
    return this.#views.get(group)?.facts;
  }

  /** Entries from this index on are about to be replaced. */
  pendingFloor(group: GroupId): number {
    let floor = Number.POSITIVE_INFINITY;
    for (const change of this.#views.get(group)?.pending ?? []) floor = Math.min(floor, change.floor);
    return floor;
  }

  #view(group: GroupId): GroupView {
    let view = this.#views.get(group);
    if (view === undefined) {
      view = { facts: emptyFacts(), pending: [] };
      this.#views.set(group, view);
    }
    return view;
  }
}
