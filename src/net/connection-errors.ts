/** A connection that was lost, or could not be made: what every side that makes connections tells its callers. */
import { isQuorateError, type Outcome, QuorateError } from '../base/index.ts';
import type { Address } from '../ports/index.ts';

export function connectionLost(
  { host, port }: Address,
  cause: Error | undefined,
  outcome: Outcome,
): QuorateError<'network-failed'> {
  const address = `${host}:${port}`;
  return new QuorateError({
    code: 'network-failed',
    message: `the connection to ${address} was lost${cause === undefined ? '' : `: ${cause.message}`}`,
    data: { operation: 'request', address, system: isQuorateError(cause) ? cause.code : '' },
    cause,
    outcome,
  });
}

export function connectUnanswered(
  { host, port }: Address,
  milliseconds: number,
): QuorateError<'network-failed'> {
  const address = `${host}:${port}`;
  return new QuorateError({
    code: 'network-failed',
    message: `connect ${address} failed: no answer within ${milliseconds} ms; check the network and firewalls between the two`,
    data: { operation: 'connect', address, system: '' },
    outcome: 'not-applied',
  });
}
