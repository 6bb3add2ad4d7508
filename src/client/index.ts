/** Talks to a cluster from outside: finds the leader, pipelines requests, retries what is safe to retry. */
export type { CallOptions, ClusterClientOptions } from './call-options.ts';
export { ClusterClient } from './cluster-client.ts';
export { type ConnectOptions, connect } from './connect.ts';
export type { Credentials } from './credentials.ts';
export { Entry } from './entry.ts';
export { type Bytes, type Keys, rangeOf } from './keys.ts';
export type { Consistency, Receipt } from './receipt.ts';
export {
  type Right,
  type RoleDescription,
  type SecurityDescription,
  StoreSecurity,
} from './security.ts';
export { type SessionCall, type SessionOptions, type SessionState, StoreSession } from './session.ts';
export { Store } from './store.ts';
export { StoreBackup } from './store-backup.ts';
export type {
  AddAnswer,
  AddOptions,
  AppendAnswer,
  AppendOptions,
  DeleteAnswer,
  FenceOption,
  List,
  ListOptions,
  ListQuery,
  PutAnswer,
  PutJsonOptions,
  PutOptions,
  ReadOptions,
  SessionRequest,
  TransactionAnswer,
  WatchOptions,
  WriteOptions,
} from './store-options.ts';
export { StoreWatch, type StoreWatchOptions, type WatchBatch } from './store-watch.ts';
export type {
  Added,
  Appended,
  Condition,
  GetShape,
  Operator,
  TransactionOperation,
  TransactionRequest,
  TransactionResult,
} from './transaction.ts';
