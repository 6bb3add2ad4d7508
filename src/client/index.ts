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
export {
  type AddAnswer,
  type AddOptions,
  type AppendAnswer,
  type AppendOptions,
  type DeleteAnswer,
  type FenceOption,
  type List,
  type ListOptions,
  type PutAnswer,
  type PutJsonOptions,
  type PutOptions,
  type ReadOptions,
  type SessionRequest,
  Store,
  type TransactionAnswer,
  type WatchOptions,
  type WriteOptions,
} from './store.ts';
export { StoreBackup } from './store-backup.ts';
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
