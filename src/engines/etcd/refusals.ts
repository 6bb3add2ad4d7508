/**
 * What becomes of a call that failed: an error for the caller with the outcome told truthfully, or another try.
 * etcd has a text of its own for each refusal and gRPC only seventeen numbers, so the texts decide; they have been
 * the same since etcd 3.0, and its own client goes by them too.
 */
import { isQuorateError, type Outcome, QuorateError } from '../../base/index.ts';
import { type Address, addressText } from '../../ports/index.ts';
import type { CallFailure } from './http2/index.ts';

export interface Verdict {
  /** `again`: it may be sent anew, here or elsewhere, if it is one that may be repeated or was never sent. */
  readonly next: 'fail' | 'again' | 'login';
  /** True: nothing has happened. */
  readonly isUnsent: boolean;
  readonly error: QuorateError;
}

interface Refusal {
  readonly code:
    | 'engine-full'
    | 'engine-unauthenticated'
    | 'engine-protocol'
    | 'engine-failed'
    | 'session-expired';
  readonly remedy: string;
}

const unauthenticated = 'engine-unauthenticated';

/** By how etcd's text goes on behind `etcdserver: `. */
const refusals: readonly (readonly [begin: string, refusal: Refusal])[] = [
  [
    'mvcc: database space exceeded',
    { code: 'engine-full', remedy: 'compact, defragment and disarm the alarm NOSPACE, or raise its quota' },
  ],
  ['requested lease not found', { code: 'session-expired', remedy: 'open a new session' }],
  ['user name is empty', { code: unauthenticated, remedy: 'open it with user and password' }],
  ['authentication failed', { code: unauthenticated, remedy: 'check user and password' }],
  ['permission denied', { code: unauthenticated, remedy: 'give its user a role for these keys' }],
];

const grpcInvalidArgument = 3;
const grpcNotFound = 5;
const grpcFailedPrecondition = 9;
const grpcOutOfRange = 11;
const grpcUnimplemented = 12;
const refusedForSure: readonly number[] = [
  grpcInvalidArgument,
  grpcNotFound,
  grpcFailedPrecondition,
  grpcOutOfRange,
  grpcUnimplemented,
];
const grpcDeadlineExceeded = 4;
const grpcResourceExhausted = 8;
const grpcUnavailable = 14;

/** Refused before it was proposed, or dropped for certain. */
const unsentTexts = /^etcdserver: (no leader|too many requests|not capable)|raft proposal dropped/;
/** Go's words for the time that we gave it, which etcd passes on with a number that says nothing. */
const lateTexts = /^context (deadline exceeded|canceled)/;
const loginTexts = /^etcdserver: (invalid auth token|revision of auth store is old)/;

/** `what` was asked of the member at `address`. */
export function judge(failure: CallFailure, what: string, address: Address): Verdict {
  switch (failure.kind) {
    case 'status':
      return judgeStatus(failure, what, address);
    case 'unreachable':
    case 'late':
      return again(failure, what, address, failure.isUnsent);
    case 'protocol': {
      const error = notEtcd(failure, address, failure.isUnsent ? 'not-applied' : 'unknown');
      return { next: 'fail', isUnsent: failure.isUnsent, error };
    }
    case 'too-large': {
      const error = failed(failure, what, address, 'unknown', 'ask for less at once, with a limit');
      return { next: 'fail', isUnsent: false, error };
    }
  }
}

function judgeStatus(failure: CallFailure, what: string, address: Address): Verdict {
  const { status, message } = failure;
  if (loginTexts.test(message)) {
    const error = refused(unauthenticated, failure, what, address, 'check user and password');
    return { next: 'login', isUnsent: true, error };
  }
  if (unsentTexts.test(message)) return again(failure, what, address, true);
  const known = refusals.find(([begin]) => message.startsWith(`etcdserver: ${begin}`))?.[1];
  if (known !== undefined) {
    const error = refused(known.code, failure, what, address, known.remedy);
    return { next: 'fail', isUnsent: true, error };
  }
  if (status === grpcUnavailable || status === grpcDeadlineExceeded || lateTexts.test(message))
    return again(failure, what, address, false);
  if (status === grpcUnimplemented)
    return { next: 'fail', isUnsent: true, error: notEtcd(failure, address, 'not-applied') };
  const isUnsent = refusedForSure.includes(status) || status === grpcResourceExhausted;
  const outcome = isUnsent ? 'not-applied' : 'unknown';
  const error = failed(failure, what, address, outcome, 'its log may say more');
  return { next: 'fail', isUnsent, error };
}

function again(failure: CallFailure, what: string, address: Address, isUnsent: boolean): Verdict {
  const error = unreachable(what, addressText(address), failure, isUnsent ? 'not-applied' : 'unknown');
  return { next: 'again', isUnsent, error };
}

export function unreachable(
  what: string,
  address: string,
  cause: Error | undefined,
  outcome: Outcome,
): QuorateError<'engine-unreachable'> {
  const reason = reasonOf(cause);
  return new QuorateError({
    code: 'engine-unreachable',
    message: `etcd at ${address} did not answer ${what}: ${reason}; see that it runs, has a leader, and can be reached from here`,
    data: { engine: 'etcd', address },
    outcome,
    cause,
  });
}

/** The words of the transport, without the advice that was given with them before. */
function reasonOf(cause: Error | undefined): string {
  if (cause === undefined) return 'no connection';
  return isQuorateError(cause) && cause.cause instanceof Error ? reasonOf(cause.cause) : cause.message;
}

function notEtcd(failure: CallFailure, address: Address, outcome: Outcome): QuorateError<'engine-protocol'> {
  const text = addressText(address);
  return new QuorateError({
    code: 'engine-protocol',
    message:
      `what listens at ${text} does not speak etcd's protocol as asked: ${failure.message}; check the address, ` +
      'whether it uses TLS (etcds://), and who signed its certificate',
    data: { engine: 'etcd', address: text },
    outcome,
    cause: failure,
  });
}

/** An answer that is none of etcd's. What was asked may have happened. */
export function notUnderstood(what: string, address: string, cause: Error): QuorateError<'engine-protocol'> {
  return new QuorateError({
    code: 'engine-protocol',
    message: `etcd at ${address} answered ${what} with what is no answer of its protocol: ${cause.message}; see that it is etcd v3.4 or later`,
    data: { engine: 'etcd', address },
    cause,
  });
}

function refused(
  code: Refusal['code'],
  failure: CallFailure,
  what: string,
  address: Address,
  remedy: string,
): QuorateError {
  const text = addressText(address);
  const message = `etcd at ${text} refused ${what}: ${failure.message}; ${remedy}`;
  const shared = { message, outcome: 'not-applied', cause: failure } as const;
  switch (code) {
    case 'session-expired':
      return new QuorateError({ ...shared, code, data: { session: what } });
    case 'engine-failed':
      return failed(failure, what, address, 'not-applied', remedy);
    default:
      return new QuorateError({ ...shared, code, data: { engine: 'etcd', address: text } });
  }
}

function failed(
  failure: CallFailure,
  what: string,
  address: Address,
  outcome: Outcome,
  remedy: string,
): QuorateError<'engine-failed'> {
  return new QuorateError({
    code: 'engine-failed',
    message: `etcd at ${addressText(address)} refused ${what}: ${failure.message} (gRPC ${failure.status}); ${remedy}`,
    data: { engine: 'etcd', reason: failure.message },
    outcome,
    cause: failure,
  });
}
