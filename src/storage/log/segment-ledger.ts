/**
 * Which segment is still needed, and by whom. For each group it keeps the segments that hold its live
 * entries, as few ranges, and those that hold its current hard state, snapshot mark and base. A segment that
 * nothing points to any more can go once all before it have gone: the log is always a suffix of its history,
 * so a record that overrides an older one never disappears before it.
 */
import { assert } from '../../base/index.ts';
import type { GroupId } from '../../raft/index.ts';
import type { GroupAppend } from './group-append.ts';

export interface LiveRange {
  readonly segment: number;
  first: number;
  last: number;
  /** About what these entries take on disk. */
  bytes: number;
}

interface GroupPins {
  /** Sorted by index, without overlap. */
  ranges: LiveRange[];
  /** Segment numbers; 0 for none. */
  hardState: number;
  snapshot: number;
  base: number;
}

interface SegmentUse {
  pins: number;
  bytes: number;
}

type Part = 'hardState' | 'snapshot' | 'base';

export class SegmentLedger {
  readonly #groups = new Map<GroupId, GroupPins>();
  readonly #segments = new Map<number, SegmentUse>();
  #liveBytes = 0;

  /** About how many bytes of entries are live in the whole log. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  liveBytesIn(segment: number): number {
    return this.#segments.get(segment)?.bytes ?? 0;
  }

  /** The lowest segment that something needs, or `active` when only that one can be. */
  oldestNeeded(active: number): number {
    let oldest = active;
    for (const [number, use] of this.#segments) if (use.pins > 0 && number < oldest) oldest = number;
    return oldest;
  }

  /** The groups that need something in `segment`. */
  groupsIn(segment: number): GroupId[] {
    const groups: GroupId[] = [];
    for (const [group, pins] of this.#groups) {
      const { hardState, snapshot, base } = pins;
      const needed = hardState === segment || snapshot === segment || base === segment;
      if (needed || pins.ranges.some((range) => range.segment === segment)) groups.push(group);
    }
    return groups;
  }

  /** The live entries of a group that lie in `segment`. */
  rangesIn(group: GroupId, segment: number): readonly Readonly<LiveRange>[] {
    return this.#groups.get(group)?.ranges.filter((range) => range.segment === segment) ?? [];
  }

  /** True when a part of the group's state, not an entry, is kept in `segment`. */
  hasStateIn(group: GroupId, segment: number): boolean {
    const pins = this.#groups.get(group);
    if (pins === undefined) return false;
    return pins.hardState === segment || pins.snapshot === segment || pins.base === segment;
  }

  /** The changes of an append became durable in `segment`; its entries are noted by `entriesWritten`. */
  changeWritten(append: GroupAppend, segment: number): void {
    if (append.removed === true) this.#forget(append.group);
    const pins = this.#pins(append.group);
    if (append.snapshot !== undefined) this.#movePart(pins, 'snapshot', segment);
    if (append.installed !== undefined) {
      this.#dropFrom(pins, 0);
      this.#movePart(pins, 'snapshot', segment);
      this.#movePart(pins, 'base', segment);
    }
    if (append.compactTo !== undefined) {
      this.#dropUpTo(pins, append.compactTo);
      this.#movePart(pins, 'base', segment);
    }
    if (append.hardState !== undefined) this.#movePart(pins, 'hardState', segment);
    if (append.removed === true && isEmpty(pins)) this.#groups.delete(append.group);
  }

  /** Entries became durable; they replace what stood from their first index on. */
  entriesWritten(group: GroupId, range: LiveRange): void {
    this.#extend(this.#pins(group), range);
  }

  /** Copies of live entries became durable in `segment`; their old places are no longer needed. */
  restated(group: GroupId, copy: LiveRange): void {
    const pins = this.#pins(group);
    const ranges: LiveRange[] = [];
    for (const range of pins.ranges) {
      const before = part(range, range.first, Math.min(range.last, copy.first - 1));
      const behind = part(range, Math.max(range.first, copy.last + 1), range.last);
      if (before === range || behind === range) {
        ranges.push(range);
        continue;
      }
      this.#release(range);
      for (const rest of [before, behind]) if (rest !== undefined) ranges.push(this.#hold(rest));
    }
    ranges.push(this.#hold(copy));
    pins.ranges = ranges.sort((left, right) => left.first - right.first);
  }

  /** Entries from `index` on turned out to be useless. */
  truncated(group: GroupId, index: number): void {
    const pins = this.#groups.get(group);
    if (pins !== undefined) this.#dropFrom(pins, index);
  }

  #pins(group: GroupId): GroupPins {
    let pins = this.#groups.get(group);
    if (pins === undefined) {
      pins = { ranges: [], hardState: 0, snapshot: 0, base: 0 };
      this.#groups.set(group, pins);
    }
    return pins;
  }

  #forget(group: GroupId): void {
    const pins = this.#pins(group);
    this.#dropFrom(pins, 0);
    for (const name of ['hardState', 'snapshot', 'base'] as const) this.#movePart(pins, name, 0);
  }

  #movePart(pins: GroupPins, name: Part, segment: number): void {
    const before = pins[name];
    if (before === segment) return;
    if (before > 0) this.#use(before).pins -= 1;
    if (segment > 0) this.#use(segment).pins += 1;
    pins[name] = segment;
    this.#sweep(before);
  }

  #extend(pins: GroupPins, added: LiveRange): void {
    const tail = pins.ranges.at(-1);
    if (tail !== undefined && tail.last >= added.first) this.#dropFrom(pins, added.first);
    const newest = pins.ranges.at(-1);
    if (newest !== undefined && newest.segment === added.segment && newest.last === added.first - 1) {
      newest.last = added.last;
      newest.bytes += added.bytes;
      this.#use(added.segment).bytes += added.bytes;
      this.#liveBytes += added.bytes;
      return;
    }
    pins.ranges.push(this.#hold(added));
  }

  /** Forgets entries from `index` on. */
  #dropFrom(pins: GroupPins, index: number): void {
    for (let tail = pins.ranges.at(-1); tail !== undefined && tail.last >= index; tail = pins.ranges.at(-1)) {
      pins.ranges.pop();
      const rest = part(tail, tail.first, index - 1);
      this.#release(tail);
      if (rest !== undefined) pins.ranges.push(this.#hold(rest));
    }
  }

  /** Forgets entries up to and including `index`. */
  #dropUpTo(pins: GroupPins, index: number): void {
    let dropped = 0;
    for (const range of pins.ranges) {
      if (range.first > index) break;
      dropped += 1;
      const rest = part(range, index + 1, range.last);
      this.#release(range);
      if (rest !== undefined) {
        pins.ranges[dropped - 1] = this.#hold(rest);
        dropped -= 1;
        break;
      }
    }
    pins.ranges.splice(0, dropped);
  }

  #hold(range: LiveRange): LiveRange {
    const use = this.#use(range.segment);
    use.pins += 1;
    use.bytes += range.bytes;
    this.#liveBytes += range.bytes;
    return range;
  }

  #release(range: LiveRange): void {
    const use = this.#use(range.segment);
    use.pins -= 1;
    use.bytes -= range.bytes;
    this.#liveBytes -= range.bytes;
    assert(use.pins >= 0, 'a segment is released as often as it is held');
    this.#sweep(range.segment);
  }

  #use(segment: number): SegmentUse {
    let use = this.#segments.get(segment);
    if (use === undefined) {
      use = { pins: 0, bytes: 0 };
      this.#segments.set(segment, use);
    }
    return use;
  }

  #sweep(segment: number): void {
    if (this.#segments.get(segment)?.pins === 0) this.#segments.delete(segment);
  }
}

/** The part of a range between two indexes, the range itself when that is all of it, undefined when empty. */
function part(range: LiveRange, first: number, last: number): LiveRange | undefined {
  if (first > last) return undefined;
  if (first === range.first && last === range.last) return range;
  const bytes = Math.round((range.bytes * (last - first + 1)) / (range.last - range.first + 1));
  return { segment: range.segment, first, last, bytes };
}

function isEmpty(pins: GroupPins): boolean {
  return pins.ranges.length === 0 && pins.hardState === 0 && pins.snapshot === 0 && pins.base === 0;
}
