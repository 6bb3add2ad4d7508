/**
 * A command that the store refuses changes nothing and is answered with one of these: a value, because every
 * member must come to the same one, and small, because it is kept with a session's answers. Each code has two
 * numbers that say what was wrong; the client makes the error that users see of it.
 */
import { QuorateError } from '../base/index.ts';
import { limitNames } from './limits.ts';
import { securityProblems } from './security-problems.ts';

/** In the order of the wire, counted from 1; a new code goes to the end. */
export const refusalCodes = [
  'malformed-bytes',
  'compacted',
  'future-revision',
  'fenced',
  'lease-not-found',
  'lease-exists',
  'too-many-leases',
  'lease-full',
  'ttl-out-of-range',
  'session-expired',
  'session-full',
  'stale-request',
  'quota-exceeded',
  'key-too-large',
  'value-too-large',
  'transaction-too-large',
  'too-many-keys',
  'duplicate-key',
  'limit-out-of-range',
  'not-read-only',
  'unauthenticated',
  'permission-denied',
  'security-refused',
  'not-a-number',
  'counter-out-of-range',
  'key-exists',
] as const;

export type RefusalCode = (typeof refusalCodes)[number];

export interface Refusal {
  readonly code: RefusalCode;
  readonly first: number;
  readonly second: number;
}

export function refuse(code: RefusalCode, first = 0, second = 0): Refusal {
  return { code, first, second };
}

/** By the number of the right that is missing. */
const missingTexts = [
  { right: 'read', text: 'reads keys that this user may not read' },
  { right: 'write', text: 'writes keys that this user may not write' },
  { right: 'admin', text: 'is for administrators' },
  { right: 'lease', text: 'uses a lease or session that is not its own' },
  { right: 'root', text: 'is for users with the role root' },
] as const;

type Maker = (first: number, second: number) => QuorateError;

const makers: { readonly [Code in RefusalCode]: Maker } = {
  'malformed-bytes': (offset) =>
    new QuorateError({
      code: 'malformed-bytes',
      message: `the store could not read the command: it is malformed at offset ${offset}`,
      data: { what: 'command', offset },
    }),
  compacted: (requested, compacted) =>
    new QuorateError({
      code: 'compacted',
      message: `revision ${requested} was compacted; the oldest that can be read is ${compacted}`,
      data: { requested, compacted },
    }),
  'future-revision': (requested, current) =>
    new QuorateError({
      code: 'future-revision',
      message: `revision ${requested} is not reached yet; the store is at ${current}`,
      data: { requested, current },
    }),
  fenced: (token, current) =>
    new QuorateError({
      code: 'fenced',
      message: `the holder with token ${token} was superseded${current === 0 ? '' : ` by ${current}`}; acquire again`,
      data: { token, current },
    }),
  'lease-not-found': (lease) =>
    new QuorateError({
      code: 'lease-not-found',
      message: `lease ${lease} does not exist: it expired, was revoked or was never granted`,
      data: { lease },
    }),
  'lease-exists': (lease) =>
    new QuorateError({
      code: 'lease-exists',
      message: `lease ${lease} exists already; ask for another number or for none`,
      data: { lease },
    }),
  'too-many-leases': (limit) =>
    new QuorateError({
      code: 'too-many-leases',
      message: `the store holds its limit of ${limit} leases; revoke some or raise leasesMax`,
      data: { limit },
    }),
  'lease-full': (lease, limit) =>
    new QuorateError({
      code: 'lease-full',
      message: `lease ${lease} holds its limit of ${limit} keys; spread them over several leases`,
      data: { lease, limit },
    }),
  'ttl-out-of-range': (ttlMs, limitMs) =>
    new QuorateError({
      code: 'ttl-out-of-range',
      message: `a time to live of ${ttlMs} ms was asked for, but it is 1 to ${limitMs} ms`,
      data: { ttlMs, limitMs },
    }),
  'session-expired': (session) =>
    new QuorateError({
      code: 'session-expired',
      message: `session ${session} has ended, and with it what is known of its earlier requests; open a new one`,
      data: { session },
    }),
  'session-full': (session, limit) =>
    new QuorateError({
      code: 'session-full',
      message: `session ${session} has ${limit} answers that it has not acknowledged; acknowledge some and try again`,
      data: { session, limit },
    }),
  'stale-request': (request, acknowledged) =>
    new QuorateError({
      code: 'stale-request',
      message: `request ${request} was answered, and its answer acknowledged with all up to ${acknowledged}`,
      data: { request, acknowledged },
    }),
  'quota-exceeded': (usedBytes, quotaBytes) =>
    new QuorateError({
      code: 'quota-exceeded',
      message: `the store holds ${usedBytes} of ${quotaBytes} bytes; delete and compact, or raise the quota`,
      data: { usedBytes, quotaBytes },
    }),
  'key-too-large': (bytes, limit) =>
    new QuorateError({
      code: 'key-too-large',
      message: `a key has ${bytes} bytes, but at most ${limit} are allowed`,
      data: { bytes, limit },
    }),
  'value-too-large': (bytes, limit) =>
    new QuorateError({
      code: 'value-too-large',
      message: `a value has ${bytes} bytes, but at most ${limit} are allowed`,
      data: { bytes, limit },
    }),
  'transaction-too-large': (operations, limit) =>
    new QuorateError({
      code: 'transaction-too-large',
      message: `a transaction lists ${operations} compares or operations, but at most ${limit} are allowed`,
      data: { operations, limit },
    }),
  'too-many-keys': (limit) =>
    new QuorateError({
      code: 'too-many-keys',
      message: `a range holds more than ${limit} keys, too many to be deleted, sorted or compared at once`,
      data: { limit },
    }),
  'duplicate-key': (operation) =>
    new QuorateError({
      code: 'duplicate-key',
      message: `operation ${operation} writes a key that the same transaction writes elsewhere`,
      data: { operation },
    }),
  'limit-out-of-range': (place, value) =>
    new QuorateError({
      code: 'limit-out-of-range',
      message: `${limitNames[place - 1] ?? 'a limit'} of ${value} is outside of its range`,
      data: { limit: limitNames[place - 1] ?? '', value },
    }),
  unauthenticated: () =>
    new QuorateError({
      code: 'unauthenticated',
      message:
        'nobody is logged in, or no longer: give the name of a user and its password, or its certificate',
      data: { user: '' },
    }),
  'permission-denied': (missing) => {
    const { right, text } = missingTexts[missing - 1] ?? { right: 'root', text: 'is not for this user' };
    return new QuorateError({
      code: 'permission-denied',
      message: `the request ${text}; ask an administrator for a role with that right (quorate role grant)`,
      data: { right },
    });
  },
  'security-refused': (place) => {
    const reason = securityProblems[place - 1] ?? 'the change is not possible';
    return new QuorateError({ code: 'security-refused', message: `refused: ${reason}`, data: { reason } });
  },
  'not-a-number': (operation) =>
    new QuorateError({
      code: 'not-a-number',
      message: `operation ${operation} adds to a value that is no whole number in decimal text within ±(2^53 - 1); put a number there first`,
      data: { operation },
    }),
  'counter-out-of-range': (place, magnitude) => {
    const current = place % 2 === 0 ? magnitude : -magnitude;
    const operation = Math.floor(place / 2);
    return new QuorateError({
      code: 'counter-out-of-range',
      message: `operation ${operation} would take a counter that is at ${current} out of its range; nothing was done`,
      data: { operation, current },
    });
  },
  'key-exists': (operation) =>
    new QuorateError({
      code: 'key-exists',
      message: `operation ${operation} appends a key that somebody has put by hand; delete it, and put none of that form`,
      data: { operation },
    }),
  'not-read-only': () =>
    new QuorateError({
      code: 'not-read-only',
      message: 'a read holds an operation that writes; send it as a command',
      data: {},
    }),
};

/** The error that a user sees for a refusal. */
export function refusalError(refusal: Refusal): QuorateError {
  return makers[refusal.code](refusal.first, refusal.second);
}

/** What a store or a snapshot says about itself is not true. */
export function damagedState(problem: string): QuorateError<'state-damaged'> {
  return new QuorateError({
    code: 'state-damaged',
    message: `the store's state is damaged: ${problem}; restore it from a snapshot or another member`,
    data: { problem },
  });
}
