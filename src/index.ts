/**
 * `quorate`: what every user of the package imports first.
 */
export {
  type AnyQuorateError,
  type Duration,
  type ErrorCode,
  type ErrorDataByCode,
  isQuorateError,
  type Outcome,
  QuorateError,
} from './base/index.ts';
export {
  type Bytes,
  type ConnectOptions,
  connect,
  type DeleteAnswer,
  Entry,
  type FenceOption,
  type Keys,
  type List,
  type ListOptions,
  type PutAnswer,
  type PutOptions,
  type ReadOptions,
  Store,
  StoreSession,
  StoreWatch,
  type TransactionAnswer,
  type TransactionRequest,
  type WatchBatch,
  type WatchOptions,
  type WriteOptions,
} from './client/index.ts';
