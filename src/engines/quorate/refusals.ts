/** What the store refuses, where the port has other words for it. */
import { isQuorateError, QuorateError } from '../../base/index.ts';

/** The error as users of the port hear it. */
export function portError(error: unknown): unknown {
  if (!isQuorateError(error)) return error;
  if (error.code === 'not-a-number') return noCounter(error);
  return isTooOld(error) || (error.code === 'deadline-exceeded' && isTooOld(error.cause))
    ? clusterTooOld(error)
    : error;
}

/**
 * A cluster in which some node does not know appends and adds yet: told at once where somebody has to install something
 * first, at the deadline where the level was about to rise.
 */
function isTooOld(error: unknown): boolean {
  return isQuorateError(error) && (error.code === 'level-too-low' || error.code === 'command-unknown');
}

function clusterTooOld(cause: QuorateError): QuorateError<'engine-too-old'> {
  return new QuorateError({
    code: 'engine-too-old',
    message: `the cluster does not know appends and counters, which takes this release on every node of it: ${cause.message}`,
    data: { engine: 'quorate', version: 'level 1', needed: 'level 2' },
    outcome: cause.outcome,
    cause,
  });
}

function noCounter(cause: QuorateError): QuorateError<'engine-failed'> {
  return new QuorateError({
    code: 'engine-failed',
    message: `what a counter was to be added to holds no whole number; delete it, or use another key: ${cause.message}`,
    data: { engine: 'quorate', reason: 'a value is no whole number' },
    outcome: 'not-applied',
    cause,
  });
}
