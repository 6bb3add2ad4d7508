/** What the caller hears of a call that ended without an answer: by its deadline, or with its client. */
import { isQuorateError, type Outcome, QuorateError } from '../base/index.ts';
import type { Address } from '../ports/index.ts';
import type { Call } from './call-options.ts';

/** The reasons with which a call's signal stops it; what its caller learns depends on how far it was. */
export const expired: Error = new Error('the deadline is over');
export const closed: Error = new Error('the client was closed');

/** How a request fared before it failed. */
export interface Fate {
  /** One of its tries may have had an effect. Default false. */
  readonly isUncertain?: boolean;
  /** Why the last try failed that was not the end. */
  readonly refusal?: unknown;
  /** How long it might take. */
  readonly timeoutMs: number;
}

/** What the caller hears: its own signal's reason as it is, ours with what is known of the outcome. */
export function told(
  error: unknown,
  { kind }: Call,
  { isUncertain = false, refusal, timeoutMs }: Fate,
): unknown {
  const outcome = (kind === 'command' || kind === 'change') && isUncertain ? 'unknown' : 'not-applied';
  if (error === expired) return timedOut(timeoutMs, outcome, refusal);
  if (error === closed) return closedError(outcome);
  if (outcome === 'unknown' && isQuorateError(error) && error.outcome === 'not-applied')
    return notTheWhole(error);
  return error;
}

/** The last try certainly did nothing, and speaks for itself alone. */
function notTheWhole({ code, message, data, retryable, cause }: QuorateError): QuorateError {
  return new QuorateError({
    code,
    message: `${message}; an earlier try may have been applied, so look before you do it again`,
    data,
    retryable,
    outcome: 'unknown',
    cause,
  });
}

function timedOut(
  milliseconds: number,
  outcome: Outcome,
  refusal: unknown,
): QuorateError<'deadline-exceeded'> {
  const known =
    outcome === 'unknown' ? 'the command may or may not have been applied' : 'nothing was applied';
  const last = refusal instanceof Error ? `; the last try failed: ${refusal.message}` : '';
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `no answer within ${milliseconds} ms; ${known}${last}`,
    data: { milliseconds },
    outcome,
    cause: refusal,
  });
}

function closedError(outcome: Outcome): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: 'the client was closed',
    data: { what: 'client' },
    outcome,
  });
}

/** Where a member is said to listen there is somebody else; others of the cluster may know better. */
export function movedAway({ host, port }: Address, cause: QuorateError): QuorateError<'network-failed'> {
  const address = `${host}:${port}`;
  return new QuorateError({
    code: 'network-failed',
    message: `who listens at ${address} is not of this cluster: ${cause.message}`,
    data: { operation: 'request', address, system: cause.code },
    cause,
    outcome: 'not-applied',
  });
}
