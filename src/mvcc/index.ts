/**
 * The revisioned store as a pure state machine: keys with versions and history, transactions, leases,
 * sessions whose requests are carried out once, fences, and the order in which watches hear of changes.
 * Commands go in as bytes and answers come out as bytes; everything lies in an ordered store that the host
 * provides.
 */
export { auditState } from './audit.ts';
export { CollectionClock } from './collection-clock.ts';
export { decodeCommand } from './command-decoding.ts';
export { encodeCommand } from './command-encoding.ts';
export { commandLevel, isInternalCommand, isKeepAlive, isKnownCommand } from './command-format.ts';
export type {
  Add,
  Append,
  Command,
  CommandBody,
  Compare,
  CompareOperator,
  Delete,
  Fence,
  Get,
  KeyRange,
  LeaseCheckpoint,
  LeaseExpire,
  Operation,
  Put,
  SessionRequest,
  Transaction,
} from './commands.ts';
export type { EventKind, HistoryEvent } from './event.ts';
export type { Position } from './head.ts';
export { HistoryClock } from './history-clock.ts';
export type { KeyValue } from './key-value.ts';
export type { HistoryCursor } from './keyspace.ts';
export { LeaseClock, type LeaseWork } from './lease-clock.ts';
export type { LeaseChange } from './lease-commands.ts';
export type { LeaseStatus } from './leases.ts';
export { initialLimits, type Limits } from './limits.ts';
export { type Refusal, type RefusalCode, refusalError } from './refusals.ts';
export {
  type AddResult,
  type AppendResult,
  type DeleteResult,
  decodeReply,
  type GetResult,
  type OperationResult,
  type PutResult,
  type Reply,
  type ReplyBody,
  refusalCodeOf,
} from './replies.ts';
export {
  type Access,
  credentialOf,
  decodePasswordHash,
  encodePasswordHash,
  inEnvelope,
  isEnvelope,
  isName,
  leaderCredential,
  type PasswordHash,
  type Permission,
  type Role,
  requestIn,
  type SecurityChange,
  type SecurityTable,
  type User,
} from './security-format.ts';
export {
  readSnapshotClaim,
  type SnapshotClaim,
  type SnapshotOptions,
  SnapshotRestore,
  StoreSnapshot,
} from './snapshot.ts';
export { type Applied, RevisionedStore, type RevisionedStoreStatus } from './store.ts';
export {
  decodeWatchItem,
  decodeWatchQuery,
  encodeWatchEvents,
  encodeWatchMark,
  encodeWatchQuery,
  type WatchEvent,
  type WatchItem,
  type WatchQuery,
} from './watch-format.ts';
export type { WatchChange, WatcherId } from './watch-matcher.ts';
export {
  type CatchUp,
  type CatchUpBudget,
  type WatchDelivery,
  WatchHub,
  type WatchRequest,
  type WatchSource,
} from './watches.ts';
