/**
 * The facts of every group, twice: as encoded into flushes so far, which is what the next append must follow,
 * and as durable. A refused flush takes the first back to the second.
 */
import type { GroupId } from '../../raft/index.ts';
import type { GroupAppend } from './group-append.ts';
import { applyAppend, copyFacts, emptyFacts, type GroupFacts, isEmpty, noteEntries } from './group-facts.ts';
import type { RecoveredGroup } from './replay.ts';

interface GroupView {
  readonly encoded: GroupFacts;
  readonly durable: GroupFacts;
  /** Appends that are encoded and not yet durable. */
  pending: number;
  /** The lowest index that a pending append replaces; entries from here on are not to be copied any more. */
  pendingFloor: number;
}

export class GroupTable {
  readonly #views = new Map<GroupId, GroupView>();

  constructor(groups: Iterable<RecoveredGroup>) {
    for (const { group, hardState, snapshot, base, entries } of groups) {
      const { encoded, durable } = this.#view(group);
      encoded.hardState = hardState;
      encoded.snapshot = snapshot;
      encoded.base = base;
      encoded.last = base.index;
      noteEntries(encoded, entries);
      copyFacts(encoded, durable);
    }
  }

  /** The facts that hold once the append is encoded. */
  encoded(append: GroupAppend): Readonly<GroupFacts> {
    const view = this.#view(append.group);
    applyAppend(view.encoded, append);
    view.pending += 1;
    if (append.removed === true || append.installed !== undefined) view.pendingFloor = 0;
    const first = append.entries?.[0]?.index;
    if (first !== undefined && first < view.pendingFloor) view.pendingFloor = first;
    return view.encoded;
  }

  durable(append: GroupAppend): void {
    const view = this.#view(append.group);
    applyAppend(view.durable, append);
    view.pending -= 1;
    if (view.pending > 0) return;
    view.pendingFloor = Number.POSITIVE_INFINITY;
    if (append.removed === true && isEmpty(view.durable)) this.#views.delete(append.group);
  }

  /** What was encoded and is not durable never will be. */
  rollBack(): void {
    for (const view of this.#views.values()) {
      if (view.pending === 0) continue;
      copyFacts(view.durable, view.encoded);
      view.pending = 0;
      view.pendingFloor = Number.POSITIVE_INFINITY;
    }
  }

  /** The facts that the next record of a group follows; undefined for a group that the log does not know. */
  factsOf(group: GroupId): Readonly<GroupFacts> | undefined {
    return this.#views.get(group)?.encoded;
  }

  /** Entries from this index on are about to be replaced. */
  pendingFloor(group: GroupId): number {
    return this.#views.get(group)?.pendingFloor ?? 0;
  }

  #view(group: GroupId): GroupView {
    let view = this.#views.get(group);
    if (view === undefined) {
      view = {
        encoded: emptyFacts(),
        durable: emptyFacts(),
        pending: 0,
        pendingFloor: Number.POSITIVE_INFINITY,
      };
      this.#views.set(group, view);
    }
    return view;
  }
}
