/**
 * A call that asks the engine more than once, because it does not know what became of what it asked before. Whatever
 * ends such a call speaks only of the last question; that the first one was not carried out, it does not say.
 */
import { isQuorateError, QuorateError } from '../base/index.ts';

/** Whether what failed with this may have been carried out, so that asking once more does no harm and may tell. */
export function leavesDoubt(error: unknown): boolean {
  return isQuorateError(error) && error.retryable && error.outcome === 'unknown';
}

/** What ends a call of which something may have been carried out. */
export function inDoubt(error: unknown): unknown {
  if (!isQuorateError(error) || error.outcome === 'unknown') return error;
  const { code, data, retryable, message } = error;
  return new QuorateError({
    code,
    message: `an earlier try may have been carried out, and it is not known whether: ${message}`,
    data,
    retryable,
    outcome: 'unknown',
    cause: error,
  });
}
