/**
 * Rebuilds what the log knows of each group from its records, in order. A record that is lost does not stop
 * it: the loss is remembered until later records make it irrelevant (entries that were overwritten or
 * compacted since, a vote that was replaced), and what remains is reported group by group.
 */
import { assert } from '../../base/index.ts';
import {
  type Entry,
  type GroupId,
  type HardState,
  initialHardState,
  type SnapshotMark,
} from '../../raft/index.ts';
import type { StateChange } from './group-append.ts';
import { noBase } from './group-facts.ts';
import { decodeChange, decodeEntries, type RecordHeader, statePart } from './record-format.ts';
import type { SegmentLedger } from './segment-ledger.ts';
import type { LogRecord } from './segment-scanner.ts';

/** What was lost of a group and could not be made up for by later records. */
export interface GroupDamage {
  /** True: a newer term or vote may have been given. The member must not vote or campaign in its known term. */
  readonly hardStateLost: boolean;
  /** True: a newer snapshot mark may have been there. */
  readonly snapshotLost: boolean;
  /** The first index that was lost, and the last one known; `last` is absent when it is not known. */
  readonly entriesLost?: { readonly first: number; readonly last?: number };
}

export interface RecoveredGroup {
  readonly group: GroupId;
  /** In a damaged group the commit index is at most the last of `entries`. */
  readonly hardState: HardState;
  readonly snapshot: SnapshotMark | undefined;
  /** The entry before the first of `entries`, with the configuration in force at it. */
  readonly base: SnapshotMark;
  /** Consecutive from `base` on. In a damaged group, those before the first loss. */
  readonly entries: readonly Entry[];
  readonly damage: GroupDamage | undefined;
}

interface Run {
  first: number;
  entries: Entry[];
}

interface ReplayedGroup {
  hardState: HardState;
  snapshot: SnapshotMark | undefined;
  base: SnapshotMark;
  /** Sorted, without overlap; more than one only where something is missing between. */
  runs: Run[];
  hardStateLost: boolean;
  snapshotLost: boolean;
  /** The last index of a lost record that no later one has replaced; 0 for none. */
  lostLast: number;
  /** How many losses of unknown groups had been met when the part was last seen; -1 for never. */
  hardStateSeen: number;
  entriesSeen: number;
}

export class Replay {
  readonly #groups = new Map<GroupId, ReplayedGroup>();
  readonly #ledger: SegmentLedger;
  /** Places where records of unknown groups were lost. */
  #unknownLosses = 0;
  #lostAtStart = false;

  constructor(ledger: SegmentLedger) {
    this.#ledger = ledger;
  }

  /** True: groups may have existed of which nothing is left. */
  get mayMissGroups(): boolean {
    return this.#unknownLosses > 0 || this.#lostAtStart;
  }

  /** Takes an intact record. Throws `malformed-bytes` or `out-of-bounds` for one that says nothing sensible. */
  apply(record: LogRecord, segment: number): void {
    const { header, payload } = record;
    const { group } = header;
    if (header.type === 'state') {
      const change = decodeChange(payload, header.parts);
      this.#change(this.#group(group), change);
      const { base, ...parts } = change;
      this.#ledger.written({ ...parts, group, compactTo: base?.index }, segment, 0);
      return;
    }
    const entries = decodeEntries(payload, header.first, header.count);
    if (entries.length === 0) return;
    const replayed = this.#group(group);
    if (header.type === 'entries') {
      dropFrom(replayed, header.first);
      addRun(replayed, { first: header.first, entries });
      replayed.lostLast = 0;
      replayed.entriesSeen = this.#unknownLosses;
      this.#ledger.written({ group, entries }, segment, payload.length);
    } else {
      restate(replayed, header.first, entries);
      const last = header.first + header.count - 1;
      this.#ledger.restated(group, { segment, first: header.first, last, bytes: payload.length });
    }
  }

  /** A record is lost whose header is known. */
  lost(header: RecordHeader): void {
    const replayed = this.#group(header.group);
    const last = header.first + header.count - 1;
    if (header.type === 'entries') {
      dropFrom(replayed, header.first);
      replayed.lostLast = last;
    } else if (header.type === 'restated') {
      if (endOf(replayed) < last) replayed.lostLast = Math.max(replayed.lostLast, last);
    } else {
      const { removed, snapshot, installed, hardState } = statePart;
      if ((header.parts & (removed | hardState)) !== 0) replayed.hardStateLost = true;
      if ((header.parts & (removed | snapshot | installed)) !== 0) replayed.snapshotLost = true;
      if ((header.parts & (removed | installed)) !== 0) replayed.entriesSeen = -1;
    }
  }

  /** Records of unknown groups are lost here. */
  lostUnknown(): void {
    this.#unknownLosses += 1;
  }

  /** Records of unknown groups are lost before the first one that was applied. */
  lostAtStart(): void {
    this.#lostAtStart = true;
  }

  groups(): Map<GroupId, RecoveredGroup> {
    const recovered = new Map<GroupId, RecoveredGroup>();
    for (const [group, replayed] of this.#groups) {
      if (isForgotten(replayed)) continue;
      const entries = prefixOf(replayed);
      const damage = this.#damageOf(replayed, replayed.base.index + entries.length);
      const { snapshot, base } = replayed;
      const hardState = clamped(replayed.hardState, base.index + entries.length);
      recovered.set(group, { group, hardState, snapshot, base, entries, damage });
    }
    return recovered;
  }

  #damageOf(replayed: ReplayedGroup, end: number): GroupDamage | undefined {
    const hardStateLost = replayed.hardStateLost || this.#outdated(replayed.hardStateSeen);
    const { snapshotLost, hardState, lostLast } = replayed;
    const knownLast = Math.max(endOf(replayed), lostLast, hardState.commit);
    const mayMissMore = this.#outdated(replayed.entriesSeen) || (snapshotLost && replayed.entriesSeen < 0);
    if (knownLast > end) {
      return { hardStateLost, snapshotLost, entriesLost: { first: end + 1, last: knownLast } };
    }
    if (mayMissMore) return { hardStateLost, snapshotLost, entriesLost: { first: end + 1 } };
    return hardStateLost || snapshotLost ? { hardStateLost, snapshotLost } : undefined;
  }

  /** True when something may have been lost since the part was last seen. */
  #outdated(seen: number): boolean {
    return Math.max(seen, 0) < this.#unknownLosses || (this.#lostAtStart && seen < 0);
  }

  #change(replayed: ReplayedGroup, change: StateChange): void {
    if (change.removed === true) reset(replayed, this.#unknownLosses);
    if (change.snapshot !== undefined) {
      replayed.snapshot = change.snapshot;
      replayed.snapshotLost = false;
    }
    if (change.installed !== undefined) {
      const mark = change.installed;
      replayed.snapshot = mark;
      replayed.snapshotLost = false;
      replayed.base = mark;
      replayed.runs = [];
      replayed.lostLast = 0;
      replayed.entriesSeen = this.#unknownLosses;
    }
    if (change.base !== undefined) {
      replayed.base = change.base;
      dropUpTo(replayed, change.base.index);
      if (replayed.lostLast <= change.base.index) replayed.lostLast = 0;
    }
    if (change.hardState !== undefined) {
      replayed.hardState = change.hardState;
      replayed.hardStateLost = false;
      replayed.hardStateSeen = this.#unknownLosses;
    }
  }

  #group(group: GroupId): ReplayedGroup {
    let replayed = this.#groups.get(group);
    if (replayed === undefined) {
      replayed = {
        hardState: initialHardState,
        snapshot: undefined,
        base: noBase,
        runs: [],
        hardStateLost: false,
        snapshotLost: false,
        lostLast: 0,
        hardStateSeen: -1,
        entriesSeen: -1,
      };
      this.#groups.set(group, replayed);
    }
    return replayed;
  }
}

function clamped(hardState: HardState, last: number): HardState {
  return hardState.commit <= last ? hardState : { ...hardState, commit: last };
}

/** A removal is known to be the whole truth about a group at this point. */
function reset(replayed: ReplayedGroup, losses: number): void {
  replayed.hardState = initialHardState;
  replayed.snapshot = undefined;
  replayed.base = noBase;
  replayed.runs = [];
  replayed.hardStateLost = false;
  replayed.snapshotLost = false;
  replayed.lostLast = 0;
  replayed.hardStateSeen = losses;
  replayed.entriesSeen = losses;
}

function isForgotten(replayed: ReplayedGroup): boolean {
  const { hardState, snapshot, base, runs } = replayed;
  const { hardStateLost, snapshotLost, lostLast } = replayed;
  const empty = hardState.term === 0 && snapshot === undefined && base.index === 0;
  return empty && runs.length === 0 && !hardStateLost && !snapshotLost && lostLast === 0;
}

function endOf(replayed: ReplayedGroup): number {
  const newest = replayed.runs.at(-1);
  return newest === undefined ? replayed.base.index : newest.first + newest.entries.length - 1;
}

function prefixOf(replayed: ReplayedGroup): readonly Entry[] {
  const oldest = replayed.runs[0];
  return oldest !== undefined && oldest.first === replayed.base.index + 1 ? oldest.entries : [];
}

function dropFrom(replayed: ReplayedGroup, index: number): void {
  const { runs } = replayed;
  for (let newest = runs.at(-1); newest !== undefined; newest = runs.at(-1)) {
    const kept = index - newest.first;
    if (kept >= newest.entries.length) return;
    if (kept > 0) {
      newest.entries.length = kept;
      return;
    }
    runs.pop();
  }
}

function dropUpTo(replayed: ReplayedGroup, index: number): void {
  const { runs } = replayed;
  for (let oldest = runs[0]; oldest !== undefined; oldest = runs[0]) {
    const dropped = index - oldest.first + 1;
    if (dropped <= 0) return;
    if (dropped < oldest.entries.length) {
      oldest.entries.splice(0, dropped);
      oldest.first = index + 1;
      return;
    }
    runs.shift();
  }
}

/** Adds entries behind all that is there. */
function addRun(replayed: ReplayedGroup, added: Run): void {
  const newest = replayed.runs.at(-1);
  if (newest === undefined || newest.first + newest.entries.length < added.first) {
    replayed.runs.push(added);
    return;
  }
  assert(newest.first + newest.entries.length === added.first, 'a run is added behind the newest');
  for (const entry of added.entries) newest.entries.push(entry);
}

/** Puts copies in their places, over what stands there and between what stands around. */
function restate(replayed: ReplayedGroup, first: number, entries: Entry[]): void {
  const skipped = Math.max(0, replayed.base.index + 1 - first);
  if (skipped >= entries.length) return;
  const behind: Run[] = [];
  const last = first + entries.length - 1;
  for (const run of replayed.runs) {
    const from = Math.max(0, last + 1 - run.first);
    if (from < run.entries.length) behind.push({ first: run.first + from, entries: run.entries.slice(from) });
  }
  dropFrom(replayed, first + skipped);
  addRun(replayed, { first: first + skipped, entries: skipped === 0 ? entries : entries.slice(skipped) });
  for (const run of behind) addRun(replayed, run);
}
