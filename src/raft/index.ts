/**
 * Raft for one group, as a pure state machine: no clock, no disk, no network. Whoever hosts it gives it
 * inputs and does what its output says. Published as `quorate/raft`.
 */
// What the codec reads and writes.
export { ByteReader, ByteWriter } from '../base/index.ts';
export type { MembershipChange } from './change.ts';
export {
  type Configuration,
  decodeConfiguration,
  emptyConfiguration,
  encodeConfiguration,
  type MemberDetails,
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
} from './entry.ts';
export type { Input, Verdict } from './input.ts';
export { type LevelRange, levelUnsupported, supportsLevel } from './level-range.ts';
export { decodeMessage, decodeMessageFrom, encodeMessage } from './message-codec.ts';
export type { Message } from './messages.ts';
export type { RaftOptions } from './options.ts';
export type { FailedRead, Output, Persist, RaftEvent, RoleName, SnapshotOrder } from './output.ts';
export { RaftGroup } from './raft-group.ts';
export type { RaftStatus } from './raft-status.ts';
export type { MatchVisitor, RaftView } from './raft-view.ts';
export type { Recovery } from './recovered.ts';
export type { Damage } from './repair.ts';
export type { SnapshotMark } from './snapshot-mark.ts';
