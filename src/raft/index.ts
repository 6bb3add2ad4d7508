/**
 * Raft for one group, as a pure state machine: no clock, no disk, no network. Whoever hosts it gives it
 * inputs and does what its output says.
 */
export {
  type Configuration,
  decodeConfiguration,
  emptyConfiguration,
  encodeConfiguration,
} from './configuration.ts';
export {
  type Entry,
  type EntryId,
  type EntryKind,
  type GroupId,
  type HardState,
  initialHardState,
  type MemberId,
  noEntry,
  type SnapshotMark,
} from './entry.ts';
