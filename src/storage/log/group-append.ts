/** What a host hands to the log for one group: the changes of one turn, as one unit. */
import type { Entry, GroupId, HardState, SnapshotMark } from '../../raft/index.ts';

/** All parts of one append become durable together or not at all; they take effect in the order written here. */
export interface GroupAppend {
  readonly group: GroupId;
  /** True: everything the log holds of the group is forgotten, before the rest of this append. */
  readonly removed?: boolean | undefined;
  /** A snapshot of the own state, durable under its name: the entries stay until they are compacted. */
  readonly snapshot?: SnapshotMark | undefined;
  /** A snapshot that came from the leader, durable under its name: it replaces all entries of the group. */
  readonly installed?: SnapshotMark | undefined;
  /** Entries up to this index are no longer needed; a snapshot covers them. Never below an earlier one. */
  readonly compactTo?: number | undefined;
  /** Its commit index never reaches beyond the group's last entry, those in this append included. */
  readonly hardState?: HardState | undefined;
  /** Consecutive. They replace what the log holds from the first one's index on. */
  readonly entries?: readonly Entry[] | undefined;
}

/** What a state record holds: an append without its entries, and with all that is known of the base. */
export interface StateChange {
  readonly removed?: boolean | undefined;
  readonly snapshot?: SnapshotMark | undefined;
  readonly installed?: SnapshotMark | undefined;
  /** The last entry that is no longer there, and the configuration in force at it. */
  readonly base?: SnapshotMark | undefined;
  readonly hardState?: HardState | undefined;
}

/** True when an append has more than entries. */
export function hasChange(append: GroupAppend): boolean {
  return (
    append.removed === true ||
    append.snapshot !== undefined ||
    append.installed !== undefined ||
    append.compactTo !== undefined ||
    append.hardState !== undefined
  );
}
