/**
 * What must be true of a log after a crash, by a model that keeps whole histories: for each group the state
 * after every append in the order of their submission. A recovered group must equal one of those states, not
 * older than the last one that was acknowledged, and all groups must agree on how far the log reaches.
 */
import assert from 'node:assert/strict';
import type { Entry, HardState, SnapshotMark } from '../../src/raft/index.ts';
import { initialHardState } from '../../src/raft/index.ts';
import type { GroupAppend, RecoveredGroup } from '../../src/storage/index.ts';
import { shown } from './log-fixture.ts';

interface ModelGroup {
  readonly hardState: HardState;
  readonly snapshot: SnapshotMark | undefined;
  readonly base: { readonly index: number; readonly term: number };
  readonly entries: readonly Entry[];
}

const nothing: ModelGroup = {
  hardState: initialHardState,
  snapshot: undefined,
  base: { index: 0, term: 0 },
  entries: [],
};

type State = ReadonlyMap<number, ModelGroup>;

export class LogModel {
  /** The state after each batch; the first one before any. */
  readonly #states: State[];
  /** How many batches are acknowledged: a prefix, because acknowledgements come in order. */
  acknowledged = 0;

  constructor(start: State = new Map()) {
    this.#states = [start];
  }

  get newest(): State {
    return this.#states.at(-1) as State;
  }

  group(group: number): ModelGroup {
    return this.newest.get(group) ?? nothing;
  }

  last(group: number): number {
    const { base, entries } = this.group(group);
    return base.index + entries.length;
  }

  submit(batch: readonly GroupAppend[]): void {
    const next = new Map(this.newest);
    for (const append of batch) {
      const moved = applied(next.get(append.group) ?? nothing, append);
      if (moved === nothing) next.delete(append.group);
      else next.set(append.group, moved);
    }
    this.#states.push(next);
  }

  /** The last submitted batches were refused: they never happened. */
  refuse(count: number): void {
    this.#states.length -= count;
  }

  /** Finds the state that the recovered groups show; fails when there is none that may be shown. */
  judge(groups: ReadonlyMap<number, RecoveredGroup>): LogModel {
    const recovered = describe(
      new Map(
        [...groups].map(([group, { hardState, snapshot, base, entries }]) => [
          group,
          { hardState, snapshot, base, entries },
        ]),
      ),
    );
    for (let batches = this.#states.length - 1; batches >= this.acknowledged; batches -= 1) {
      const state = this.#states[batches] as State;
      if (describe(state) === recovered) return new LogModel(state);
    }
    const acknowledged = describe(this.#states[this.acknowledged] as State);
    assert.fail(`recovered\n${recovered}\nbut at least this was acknowledged\n${acknowledged}`);
  }
}

function applied(before: ModelGroup, append: GroupAppend): ModelGroup {
  let { hardState, snapshot, base, entries } = append.removed === true ? nothing : before;
  if (append.snapshot !== undefined) snapshot = append.snapshot;
  if (append.installed !== undefined) {
    snapshot = append.installed;
    base = append.installed;
    entries = [];
  }
  if (append.compactTo !== undefined && append.compactTo > base.index) {
    const dropped = append.compactTo - base.index;
    base = { index: append.compactTo, term: (entries[dropped - 1] as Entry).term };
    entries = entries.slice(dropped);
  }
  if (append.hardState !== undefined) hardState = append.hardState;
  if (append.entries !== undefined && append.entries.length > 0) {
    const { index } = append.entries[0] as Entry;
    entries = [...entries.slice(0, index - base.index - 1), ...append.entries];
  }
  const empty = hardState.term === 0 && snapshot === undefined && base.index === 0 && entries.length === 0;
  return empty ? nothing : { hardState, snapshot, base, entries };
}

function describe(state: ReadonlyMap<number, ModelGroup>): string {
  const lines = [...state]
    .sort(([left], [right]) => left - right)
    .map(([group, { hardState, snapshot, base, entries }]) => {
      const vote = `term ${hardState.term} vote ${hardState.vote} commit ${hardState.commit}`;
      const mark = snapshot === undefined ? 'none' : `${snapshot.index}@${snapshot.term}`;
      return `group ${group}: ${vote}, snapshot ${mark}, base ${base.index}@${base.term}, ${shown(entries).join(' | ')}`;
    });
  return lines.join('\n');
}
