/** What the caller hears of a call that ended without an answer: by its deadline, or with its client. */
import { type Outcome, QuorateError } from '../base/index.ts';
import type { Address } from '../ports/index.ts';

export function timedOut(
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

export function closedError(outcome: Outcome): QuorateError<'closed'> {
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
