/**
 * The ground floor: what every room needs and no more. It imports nothing and runs anywhere JavaScript runs,
 * so that a core built on it runs in a browser, a simulator or a fuzzer as it does in a node.
 */
export { AssertionFailure, assert, assertFigures, unreachable } from './assert.ts';
export { BoundedQueue, type BoundedQueueOptions } from './bounded-queue.ts';
export { ByteReader } from './byte-reader.ts';
export { ByteWriter } from './byte-writer.ts';
export { crc32 } from './crc.ts';
export { Deque } from './deque.ts';
export { type Duration, durationMs } from './durations.ts';
export { type ErrorCode, errorCatalogue } from './error-codes.ts';
export type { ErrorDataByCode } from './error-data.ts';
export { errorMeanings } from './error-meanings.ts';
export type { ErrorTraits, Outcome } from './error-traits.ts';
export {
  type AnyQuorateError,
  invalidOption,
  isQuorateError,
  QuorateError,
  type QuorateErrorInit,
} from './errors.ts';
export { Heap } from './heap.ts';
export type { HistoryFault } from './history-fault.ts';
export { LatencyHistogram } from './latency-histogram.ts';
export { type LinkedSignal, linkSignals } from './linked-signal.ts';
export { Prng } from './prng.ts';
export {
  checked,
  jsonText,
  parsed,
  type SchemaIssue,
  type SchemaVerdict,
  type StandardSchema,
} from './schema.ts';
export { untilAborted } from './until-aborted.ts';
export { watchfulSignal } from './watchful-signal.ts';
