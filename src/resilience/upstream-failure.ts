/**
 * Which outcomes say something of what was called. Three kinds of error do not: those of a caller who gave up, which
 * tell of his patience; refusals of policies further in, for which nothing was called; and failed assertions, which
 * tell of this program. Everything else is a failure, unless the breaker's options say that it is an answer.
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

/** Whether `error` says nothing of what was called. */
export function saysNothing(error: unknown): boolean {
  if (error instanceof AssertionFailure) return true;
  if (!isQuorateError(error) || !ownRefusals.has(error.code)) return false;
  return error.outcome === 'not-applied' || error.code === 'answer-pending';
}
