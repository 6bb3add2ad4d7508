/**
 * Rebuilds what the log knows of each group from its records, in order. A record that is lost does not stop
 * it: the loss is remembered until later records make it irrelevant (entries that were overwritten or
 * compacted since, a vote that was replaced), and what remains is reported group by group.
 */
import {
  type Entry,
  type GroupId,
  type HardState,
  initialHardState,
  type SnapshotMark,
} from '../../raft/index.ts';
import { decodeSlices, EntrySlice } from './entry-slice.ts';
import type { StateChange } from './group-append.ts';
import { noBase } from './group-facts.ts';
import { decodeChange, type RecordHeader, statePart } from './record-format.ts';
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
  /** Consecutive from `base` on; made when first asked for. In a damaged group, those before the first loss. */
  readonly entries: readonly Entry[];
  readonly damage: GroupDamage | undefined;
}

/** The same, with the entries as they were read. */
export interface ReplayedGroup extends Omit<RecoveredGroup, 'entries'> {
  slices: readonly EntrySlice[];
}

/** Hands a group out; its entries are decoded when they are asked for. */
export function recoveredGroup(replayed: ReplayedGroup): RecoveredGroup {
  const { group, hardState, snapshot, base, damage, slices } = replayed;
  let decoded: readonly Entry[] | undefined;
  return {
    group,
    hardState,
    snapshot,
    base,
    damage,
    get entries(): readonly Entry[] {
      decoded ??= decodeSlices(slices);
      return decoded;
    },
  };
}

interface GroupReplay {
  hardState: HardState;
  snapshot: SnapshotMark | undefined;
  base: SnapshotMark;
  /** Sorted, without overlap; where something is missing, the next one does not follow. */
  slices: EntrySlice[];
  hardStateLost: boolean;
  snapshotLost: boolean;
  /** The last index of a lost record that no later one has replaced; 0 for none. */
  lostLast: number;
  /** Entries that a lost record may have replaced: both included, the last 0 for none. */
  doubtFirst: number;
  doubtLast: number;
  /** How many losses of unknown groups had been met when the part was last seen; -1 for never. */
  hardStateSeen: number;
  entriesSeen: number;
}

export class Replay {
  readonly #groups = new Map<GroupId, GroupReplay>();
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
      this.#ledger.changeWritten({ ...parts, group, compactTo: base?.index }, segment);
      return;
    }
    const slice = EntrySlice.of(payload, header);
    const { first, last, bytes } = slice;
    const replay = this.#group(group);
    if (header.type === 'entries') {
      dropFrom(replay, first);
      replay.slices.push(slice);
      replay.lostLast = 0;
      trustFrom(replay, first);
      replay.entriesSeen = this.#unknownLosses;
      this.#ledger.entriesWritten(group, { segment, first, last, bytes });
    } else {
      restate(replay, slice);
      this.#ledger.restated(group, { segment, first, last, bytes });
    }
  }

  /** A record is lost whose header is known. */
  lost(header: RecordHeader): void {
    const replay = this.#group(header.group);
    const last = header.first + header.count - 1;
    if (header.type === 'entries') {
      dropFrom(replay, header.first);
      replay.lostLast = last;
    } else if (header.type === 'restated') {
      if (endOf(replay) < last) replay.lostLast = Math.max(replay.lostLast, last);
    } else {
      const { removed, snapshot, installed, hardState } = statePart;
      if ((header.parts & (removed | hardState)) !== 0) replay.hardStateLost = true;
      if ((header.parts & (removed | snapshot | installed)) !== 0) replay.snapshotLost = true;
      if ((header.parts & (removed | installed)) !== 0) {
        // It may have replaced the end of the log, and what comes next may follow that old end all the same.
        replay.entriesSeen = -1;
        doubtUncommitted(replay);
      }
    }
  }

  /**
   * Records of unknown groups are lost here. Among them may be entries that replaced what stands behind a
   * group's commit index; that the next ones follow the old end does not show that there were none.
   */
  lostUnknown(): void {
    this.#unknownLosses += 1;
    for (const replay of this.#groups.values()) doubtUncommitted(replay);
  }

  /** Records of unknown groups are lost before the first one that was applied. */
  lostAtStart(): void {
    this.#lostAtStart = true;
  }

  groups(): Map<GroupId, ReplayedGroup> {
    const groups = new Map<GroupId, ReplayedGroup>();
    for (const [group, replay] of this.#groups) {
      if (isForgotten(replay)) continue;
      const slices = prefixOf(replay);
      const last = slices.at(-1)?.last ?? replay.base.index;
      const damage = this.#damageOf(replay, last);
      const { snapshot, base } = replay;
      groups.set(group, {
        group,
        hardState: clamped(replay.hardState, last),
        snapshot,
        base,
        slices,
        damage,
      });
    }
    return groups;
  }

  #damageOf(replay: GroupReplay, end: number): GroupDamage | undefined {
    const hardStateLost = replay.hardStateLost || this.#outdated(replay.hardStateSeen);
    const { snapshotLost, hardState, lostLast } = replay;
    const knownLast = Math.max(endOf(replay), lostLast, hardState.commit);
    const mayMissMore = this.#outdated(replay.entriesSeen) || (snapshotLost && replay.entriesSeen < 0);
    if (mayMissMore) return { hardStateLost, snapshotLost, entriesLost: { first: end + 1 } };
    if (knownLast > end) {
      return { hardStateLost, snapshotLost, entriesLost: { first: end + 1, last: knownLast } };
    }
    return hardStateLost || snapshotLost ? { hardStateLost, snapshotLost } : undefined;
  }

  /** True when something may have been lost since the part was last seen. */
  #outdated(seen: number): boolean {
    return Math.max(seen, 0) < this.#unknownLosses || (this.#lostAtStart && seen < 0);
  }

  #change(replay: GroupReplay, change: StateChange): void {
    if (change.removed === true) reset(replay, this.#unknownLosses);
    if (change.snapshot !== undefined) {
      replay.snapshot = change.snapshot;
      replay.snapshotLost = false;
    }
    if (change.installed !== undefined) {
      const mark = change.installed;
      replay.snapshot = mark;
      replay.snapshotLost = false;
      replay.base = mark;
      replay.slices = [];
      replay.lostLast = 0;
      replay.doubtLast = 0;
      replay.entriesSeen = this.#unknownLosses;
    }
    if (change.base !== undefined) {
      replay.base = change.base;
      dropUpTo(replay, change.base.index);
      if (replay.lostLast <= change.base.index) replay.lostLast = 0;
      if (replay.doubtLast <= change.base.index) replay.doubtLast = 0;
    }
    if (change.hardState !== undefined) {
      replay.hardState = change.hardState;
      replay.hardStateLost = false;
      replay.hardStateSeen = this.#unknownLosses;
    }
  }

  #group(group: GroupId): GroupReplay {
    let replay = this.#groups.get(group);
    if (replay === undefined) {
      replay = {
        hardState: initialHardState,
        snapshot: undefined,
        base: noBase,
        slices: [],
        hardStateLost: false,
        snapshotLost: false,
        lostLast: 0,
        doubtFirst: 0,
        doubtLast: 0,
        hardStateSeen: -1,
        entriesSeen: -1,
      };
      this.#groups.set(group, replay);
    }
    return replay;
  }
}

function clamped(hardState: HardState, last: number): HardState {
  return hardState.commit <= last ? hardState : { ...hardState, commit: last };
}

/** A removal is known to be the whole truth about a group at this point. */
function reset(replay: GroupReplay, losses: number): void {
  replay.hardState = initialHardState;
  replay.snapshot = undefined;
  replay.base = noBase;
  replay.slices = [];
  replay.hardStateLost = false;
  replay.snapshotLost = false;
  replay.lostLast = 0;
  replay.doubtLast = 0;
  replay.hardStateSeen = losses;
  replay.entriesSeen = losses;
}

function isForgotten(replay: GroupReplay): boolean {
  const { hardState, snapshot, base, slices } = replay;
  const { hardStateLost, snapshotLost, lostLast } = replay;
  const empty = hardState.term === 0 && snapshot === undefined && base.index === 0;
  return empty && slices.length === 0 && !hardStateLost && !snapshotLost && lostLast === 0;
}

function endOf(replay: GroupReplay): number {
  return replay.slices.at(-1)?.last ?? replay.base.index;
}

/** The slices that follow the base without a hole and without a doubt. */
function prefixOf({ base, slices, doubtFirst, doubtLast }: GroupReplay): EntrySlice[] {
  const end = doubtLast === 0 ? Number.POSITIVE_INFINITY : doubtFirst;
  const prefix: EntrySlice[] = [];
  let next = base.index + 1;
  for (const slice of slices) {
    if (slice.first !== next || next >= end) break;
    prefix.push(slice.last < end ? slice : slice.between(slice.first, end - 1));
    next = slice.last + 1;
  }
  return prefix;
}

/** Something is lost here that may have replaced what was not committed yet. */
function doubtUncommitted(replay: GroupReplay): void {
  if (replay.doubtLast === 0) replay.doubtFirst = Math.max(replay.hardState.commit, replay.base.index) + 1;
  const end = endOf(replay);
  replay.doubtLast = end < replay.doubtFirst ? 0 : end;
}

/** Entries from `index` on were written after whatever was lost. */
function trustFrom(replay: GroupReplay, index: number): void {
  if (replay.doubtLast === 0) return;
  replay.doubtLast = index <= replay.doubtFirst ? 0 : Math.min(replay.doubtLast, index - 1);
}

/** Copies are made of what the log holds at that time. */
function trustCopies(replay: GroupReplay, { first, last }: EntrySlice): void {
  if (replay.doubtLast === 0 || last < replay.doubtFirst) return;
  if (last >= replay.doubtLast) trustFrom(replay, first);
  else if (first <= replay.doubtFirst) replay.doubtFirst = last + 1;
}

function dropFrom({ slices }: GroupReplay, index: number): void {
  for (let newest = slices.at(-1); newest !== undefined && newest.last >= index; newest = slices.at(-1)) {
    slices.pop();
    if (newest.first < index) slices.push(newest.between(newest.first, index - 1));
  }
}

function dropUpTo({ slices }: GroupReplay, index: number): void {
  let dropped = 0;
  while (dropped < slices.length && (slices[dropped] as EntrySlice).last <= index) dropped += 1;
  slices.splice(0, dropped);
  const [oldest] = slices;
  if (oldest !== undefined && oldest.first <= index) slices[0] = oldest.between(index + 1, oldest.last);
}

/** Puts copies in their places, over what stands there and between what stands around. */
function restate(replay: GroupReplay, copy: EntrySlice): void {
  trustCopies(replay, copy);
  const first = Math.max(copy.first, replay.base.index + 1);
  if (first > copy.last) return;
  const slices: EntrySlice[] = [];
  for (const slice of replay.slices) {
    if (slice.first < first) slices.push(slice.between(slice.first, Math.min(slice.last, first - 1)));
  }
  slices.push(copy.between(first, copy.last));
  for (const slice of replay.slices) {
    if (slice.last > copy.last) slices.push(slice.between(Math.max(slice.first, copy.last + 1), slice.last));
  }
  replay.slices = slices;
}
