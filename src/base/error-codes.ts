/**
 * Every error code a user can see, in one place: the data it carries, whether the same request may be tried
 * again, and what is known about its effect. `docs/ERRORS.md` holds the same list as a table for people; a
 * test keeps the two equal. A room that needs a new code adds it here.
 */
import { engineErrors } from './engine-error-codes.ts';
import type { ErrorDataByCode } from './error-data.ts';
import type { ErrorTraits } from './error-traits.ts';
import { messagingErrors } from './messaging-error-codes.ts';
import { recipeErrors } from './recipe-error-codes.ts';
import { resilienceErrors } from './resilience-error-codes.ts';
import { storeErrors } from './store-error-codes.ts';

export type ErrorCode = keyof ErrorDataByCode;

export const errorCatalogue: { readonly [Code in ErrorCode]: ErrorTraits } = {
  ...messagingErrors,
  ...engineErrors,
  ...recipeErrors,
  ...resilienceErrors,
  ...storeErrors,
  'invalid-option': { retryable: false, outcome: 'not-applied' },
  'value-invalid': { retryable: false, outcome: 'not-applied' },
  'out-of-bounds': { retryable: false, outcome: 'not-applied' },
  'malformed-bytes': { retryable: false, outcome: 'not-applied' },
  'clock-ahead': { retryable: false, outcome: 'not-applied' },
  'malformed-history': { retryable: false, outcome: 'not-applied' },
  'unfit-history': { retryable: false, outcome: 'not-applied' },
  'queue-full': { retryable: true, outcome: 'not-applied' },
  overloaded: { retryable: true, outcome: 'not-applied' },
  closed: { retryable: false, outcome: 'not-applied' },
  'disk-failed': { retryable: false, outcome: 'unknown' },
  'disk-full': { retryable: true, outcome: 'not-applied' },
  'not-found': { retryable: false, outcome: 'not-applied' },
  'already-exists': { retryable: false, outcome: 'not-applied' },
  'in-use': { retryable: false, outcome: 'not-applied' },
  'network-failed': { retryable: true, outcome: 'unknown' },
  'frame-refused': { retryable: false, outcome: 'unknown' },
  'hello-refused': { retryable: false, outcome: 'not-applied' },
  'proposal-lost': { retryable: false, outcome: 'unknown' },
  'deadline-exceeded': { retryable: true, outcome: 'unknown' },
  'directory-damaged': { retryable: false, outcome: 'not-applied' },
  'unknown-group': { retryable: true, outcome: 'not-applied' },
  'not-leader': { retryable: true, outcome: 'not-applied' },
  'group-busy': { retryable: true, outcome: 'not-applied' },
  'command-too-large': { retryable: false, outcome: 'not-applied' },
  'change-refused': { retryable: true, outcome: 'not-applied' },
  'level-unsupported': { retryable: false, outcome: 'not-applied' },
  'command-unknown': { retryable: false, outcome: 'not-applied' },
  'level-too-low': { retryable: true, outcome: 'not-applied' },
  'member-exists': { retryable: false, outcome: 'not-applied' },
  'unknown-member': { retryable: false, outcome: 'not-applied' },
  'quorum-at-risk': { retryable: false, outcome: 'not-applied' },
  'not-caught-up': { retryable: false, outcome: 'not-applied' },
  'transfer-refused': { retryable: true, outcome: 'not-applied' },
  'read-lost': { retryable: true, outcome: 'not-applied' },
  'message-refused': { retryable: false, outcome: 'not-applied' },
  'recovery-refused': { retryable: false, outcome: 'not-applied' },
  'too-large': { retryable: false, outcome: 'not-applied' },
  'log-failed': { retryable: false, outcome: 'unknown' },
  'log-damaged': { retryable: false, outcome: 'not-applied' },
  'backup-damaged': { retryable: false, outcome: 'not-applied' },
  'backup-lost': { retryable: true, outcome: 'not-applied' },
  'restore-unfinished': { retryable: false, outcome: 'not-applied' },
  'snapshot-damaged': { retryable: false, outcome: 'not-applied' },
  'ordered-store-damaged': { retryable: false, outcome: 'not-applied' },
  'identity-missing': { retryable: false, outcome: 'not-applied' },
  'identity-mismatch': { retryable: false, outcome: 'not-applied' },
  'unsupported-format': { retryable: false, outcome: 'not-applied' },
  unauthenticated: { retryable: false, outcome: 'not-applied' },
  'permission-denied': { retryable: false, outcome: 'not-applied' },
  'security-refused': { retryable: false, outcome: 'not-applied' },
  'not-for-clients': { retryable: false, outcome: 'not-applied' },
  'not-watchable': { retryable: false, outcome: 'not-applied' },
  'not-running': { retryable: true, outcome: 'not-applied' },
  partitioned: { retryable: true, outcome: 'not-applied' },
  'state-damaged': { retryable: false, outcome: 'not-applied' },
};
