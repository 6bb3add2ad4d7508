/**
 * An operation is an `invoke` with what became of it: what checkers work on. Its place in real time is given
 * twice. The times are for people; `invokeAt` and `completeAt` are the positions of its events in the
 * history, which order even events that share a nanosecond, as all events of one simulated instant do.
 */
import type { Outcome } from '../../base/index.ts';
import type { HistoryEvent, HistoryFunction, HistoryKey, HistoryValue } from './event.ts';

/** What became of an operation: a request's outcome, or that it was done. */
export type OperationOutcome = 'applied' | Outcome;

export interface Operation {
  /** Its place among the operations of the history, by invocation. */
  readonly index: number;
  readonly process: number;
  readonly f: HistoryFunction;
  readonly key: HistoryKey | null;
  /** The argument: `null` for reads and acquires. */
  readonly input: HistoryValue;
  /**
   * The answer of an applied operation, else `null`. Read: the value. Cas: `true` when it swapped, `false`
   * when it saw another value. Acquire: the token, `true` where there are no tokens, `false` when it found
   * the lock held. Release: `true`, or `false` for "not yours". Add: the new value, or `null` when it was not
   * told. Txn: the steps with their reads filled. Write and append: `null`.
   */
  readonly output: HistoryValue;
  readonly outcome: OperationOutcome;
  /** Nanoseconds. */
  readonly invokeTime: number;
  /** Nanoseconds; `Infinity` when the outcome is unknown, because it may still take effect. */
  readonly completeTime: number;
  /** Position of the invoke among all events. */
  readonly invokeAt: number;
  /** Position of the completion among all events; `Infinity` when the outcome is unknown. */
  readonly completeAt: number;
  readonly revision: number | undefined;
}

/** Events and the operations they pair into. Both are in order of time; operations by their invocation. */
export interface History {
  readonly events: readonly HistoryEvent[];
  readonly operations: readonly Operation[];
}
