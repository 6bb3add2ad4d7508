/**
 * Every error code a user can see, in one place: the data it carries, whether the same request may be tried
 * again, and what is known about its effect. `docs/ERRORS.md` holds the same list as a table for people; a
 * test keeps the two equal. A room that needs a new code adds it here.
 */

/** What can be said about a request that failed: it had no effect, or nobody here can know. */
export type Outcome = 'not-applied' | 'unknown';

/** The data that travels with each code. */
export interface ErrorDataByCode {
  'invalid-option': { readonly option: string; readonly value: unknown; readonly expected: string };
  'out-of-bounds': {
    readonly what: string;
    readonly offset: number;
    readonly wanted: number;
    readonly available: number;
  };
  'malformed-bytes': { readonly what: string; readonly offset: number };
  'queue-full': { readonly queue: string; readonly limit: number };
  closed: { readonly what: string };
  'disk-failed': { readonly operation: string; readonly path: string; readonly system: string };
  'disk-full': { readonly operation: string; readonly path: string };
  'not-found': { readonly what: string; readonly path: string };
  'already-exists': { readonly what: string; readonly path: string };
  'in-use': { readonly what: string; readonly holder: string };
  'network-failed': { readonly operation: string; readonly address: string; readonly system: string };
}

export type ErrorCode = keyof ErrorDataByCode;

/** What holds for a code unless the place that throws knows better. */
export interface ErrorTraits {
  readonly retryable: boolean;
  readonly outcome: Outcome;
  /** One sentence for the table: when it is thrown, and what to do. */
  readonly meaning: string;
}

export const errorCatalogue: { readonly [Code in ErrorCode]: ErrorTraits } = {
  'invalid-option': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'An option or argument is outside what is allowed; the message names it and the allowed range.',
  },
  'out-of-bounds': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'A read or write reached past the end of its bytes; the bytes are shorter than their format promises.',
  },
  'malformed-bytes': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'Bytes do not follow their format; the message names the format and the offset.',
  },
  'queue-full': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'A bounded queue is full; slow down and try again, or raise the limit that the message names.',
  },
  closed: {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'The object was closed before or during the call; open a new one.',
  },
  'disk-failed': {
    retryable: false,
    outcome: 'unknown',
    meaning: 'The operating system refused a disk operation; the message names the file and the reason.',
  },
  'disk-full': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'There is no space left where the file lies; free some and try again.',
  },
  'not-found': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A file or folder that must exist does not; check the path in the message.',
  },
  'already-exists': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A file or folder that must be new exists already; choose another path or remove it.',
  },
  'in-use': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'Another process holds the data folder or the port; stop it or choose another.',
  },
  'network-failed': {
    retryable: true,
    outcome: 'unknown',
    meaning: 'A connection could not be made or was lost; the message names the address and the reason.',
  },
};
