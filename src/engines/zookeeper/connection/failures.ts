/** What goes wrong between this program and its ZooKeeper servers, in words that say what to do about it. */
import { type Outcome, QuorateError } from '../../../base/index.ts';
import { type Address, addressText } from '../../../ports/index.ts';
import { errorName, errorNumbers } from '../wire/index.ts';

const engine = 'zookeeper';

/** `retryable` is false for what only a change of settings mends, such as a certificate. */
export function unreachable(
  address: Address,
  problem: string,
  outcome: Outcome,
  { cause, retryable = true }: { readonly cause?: unknown; readonly retryable?: boolean } = {},
): QuorateError<'engine-unreachable'> {
  const at = addressText(address);
  return new QuorateError({
    code: 'engine-unreachable',
    message: `ZooKeeper at ${at}: ${problem}`,
    data: { engine, address: at },
    outcome,
    retryable,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The cause of a problem with a server that is there, and closed the connection before it said a word. */
export class TurnedAway extends Error {
  override readonly name = 'TurnedAway';
}

export function turnedAway(address: Address, cause: Error | undefined): QuorateError<'engine-unreachable'> {
  const problem =
    'the server closed the connection before it answered; it may be starting, have no majority, hold too many ' +
    'connections (maxClientCnxns), or serve reads only';
  return unreachable(address, problem, 'not-applied', { cause: new TurnedAway(problem, { cause }) });
}

export function foreignProtocol(address: Address, cause: unknown): QuorateError<'engine-protocol'> {
  const at = addressText(address);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new QuorateError({
    code: 'engine-protocol',
    message: `what listens at ${at} does not speak ZooKeeper's protocol (${reason}); check address and port`,
    data: { engine, address: at },
    cause,
  });
}

export function servesReadsOnly(address: Address): QuorateError<'engine-read-only'> {
  const at = addressText(address);
  return new QuorateError({
    code: 'engine-read-only',
    message: `ZooKeeper at ${at} serves reads only, because it is cut off from the others; mend its connection to them`,
    data: { engine, address: at },
  });
}

export function tooOld(address: Address, version: string): QuorateError<'engine-too-old'> {
  const at = addressText(address);
  return new QuorateError({
    code: 'engine-too-old',
    message: `ZooKeeper at ${at} is of version ${version} and has no persistent watches; 3.6 or later is needed`,
    data: { engine, version, needed: '3.6' },
  });
}

export function dataLost(problem: string): QuorateError<'engine-data-lost'> {
  return new QuorateError({
    code: 'engine-data-lost',
    message: `ZooKeeper has lost data: ${problem}; open a new engine, and take nothing for granted that was held there`,
    data: { engine, problem },
  });
}

export function closedError(what: string): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: `the ${what} was closed; open a new one`,
    data: { what },
    outcome: 'not-applied',
  });
}

/** The session of a client is over; what it was asked for last may have happened. */
export function sessionEnded(session: string): QuorateError<'session-expired'> {
  return new QuorateError({
    code: 'session-expired',
    message: `session ${session} is over: the server has let it expire; open a new one, and take nothing for granted that it held`,
    data: { session },
    outcome: 'unknown',
  });
}

/** What a server refused by a number of its own. Nothing was done. */
export function refusedBy(address: Address, error: number): QuorateError {
  const at = addressText(address);
  const name = errorName(error);
  const refusal = (code: 'engine-unauthenticated' | 'engine-full', what: string): QuorateError =>
    new QuorateError({
      code,
      message: `ZooKeeper at ${at} ${what} (${name})`,
      data: { engine, address: at },
    });
  switch (error) {
    case errorNumbers.noAuth:
      return refusal(
        'engine-unauthenticated',
        'grants no right to this node; give `auth` with credentials that its access list names',
      );
    case errorNumbers.authFailed:
    case errorNumbers.saslRequired:
      return refusal('engine-unauthenticated', 'refused the credentials, or asks for some; check `auth`');
    case errorNumbers.quotaExceeded:
      return refusal('engine-full', 'has a quota on this path that is used up; raise it or delete something');
    case errorNumbers.throttled:
      return refusal('engine-full', 'has too much to do and turns requests away; try again later');
    case errorNumbers.notReadOnly:
      return servesReadsOnly(address);
    case errorNumbers.badArguments:
      return failed(`ZooKeeper at ${at} takes no such path or value (${name}); choose another key`, name);
    case errorNumbers.notEmpty:
      return failed(
        `ZooKeeper at ${at} holds items below this key (${name}); a key with items below it is a directory`,
        name,
      );
    default:
      return failed(`ZooKeeper at ${at} refused with ${name}; its log says more`, name);
  }
}

export function failed(message: string, reason: string): QuorateError<'engine-failed'> {
  return new QuorateError({
    code: 'engine-failed',
    message,
    data: { engine, reason },
    outcome: 'not-applied',
  });
}
