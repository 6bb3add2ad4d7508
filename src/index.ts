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
  type Condition,
  type ConnectOptions,
  connect,
  type DeleteAnswer,
  Entry,
  type FenceOption,
  type GetShape,
  type Keys,
  type List,
  type ListOptions,
  type Operator,
  type PutAnswer,
  type PutOptions,
  type ReadOptions,
  Store,
  StoreSession,
  StoreWatch,
  type TransactionAnswer,
  type TransactionOperation,
  type TransactionRequest,
  type TransactionResult,
  type WatchBatch,
  type WatchOptions,
  type WriteOptions,
} from './client/index.ts';
