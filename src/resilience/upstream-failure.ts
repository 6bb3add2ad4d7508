/**
 * Which outcomes say something of what was called. Four kinds of error do not: those of a caller who gave up, which
 * tell of his patience; refusals of policies further in, for which nothing was called; failed assertions, which tell
 * of this program; and limits of time in a process that stood still meanwhile. Everything else is a failure, unless the breaker's options say that it is an answer.
 */
import { AssertionFailure, type ErrorCode, isQuorateError } from '../base/index.ts';

/** With outcome `not-applied` they come from this process. An engine that cannot be reached has that outcome too, and is a failure. */
const ownRefusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'answer-pending',
  'bulkhead-full',
  'circuit-open',
  'closed',
  'deadline-exceeded',
  'feature-degraded',
  'invalid-option',
  'key-reused',
  'load-shed',
  'no-instance',
  'rate-limited',
]);

/** A process that was late by this part of a limit, or more, cannot say whether an answer would have come in time. */
const stallShareMin = 0.25;

/** Whether `error` says nothing of what was called. */
export function saysNothing(error: unknown): boolean {
  if (error instanceof AssertionFailure) return true;
  if (!isQuorateError(error) || !ownRefusals.has(error.code)) return false;
  if (error.code === 'deadline-exceeded') {
    const { milliseconds, lateMs = 0 } = error.data;
    if (lateMs > 0 && lateMs >= stallShareMin * milliseconds) return true;
  }
  return error.outcome === 'not-applied' || error.code === 'answer-pending';
}
