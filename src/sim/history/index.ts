/**
 * Histories: what clients of a system saw, recorded while it runs, written to files, read back with every
 * rule enforced, and paired into the operations that checkers judge.
 */
export type {
  EventType,
  HistoryEvent,
  HistoryFunction,
  HistoryKey,
  HistoryValue,
  MicroOperation,
  Scalar,
} from './event.ts';
export { HistoryBuilder } from './history-builder.ts';
export { parseHistory, readHistory } from './history-parser.ts';
export {
  type HistoryAnswer,
  type HistoryClient,
  HistoryRecorder,
  type HistoryRequest,
  type RecordedOperation,
  type RecorderOptions,
} from './history-recorder.ts';
export { historyLines, serializeHistory } from './history-writer.ts';
export type { History, Operation, OperationOutcome } from './operation.ts';
export { describeOperation, timeText, valueText } from './operation-story.ts';
