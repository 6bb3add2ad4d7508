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
  'malformed-history': { readonly line: number; readonly fault: HistoryFault };
  'unfit-history': { readonly model: string; readonly operation: number; readonly problem: string };
  'queue-full': { readonly queue: string; readonly limit: number };
  closed: { readonly what: string };
  'disk-failed': { readonly operation: string; readonly path: string; readonly system: string };
  'disk-full': { readonly operation: string; readonly path: string };
  'not-found': { readonly what: string; readonly path: string };
  'already-exists': { readonly what: string; readonly path: string };
  'in-use': { readonly what: string; readonly holder: string };
  'network-failed': { readonly operation: string; readonly address: string; readonly system: string };
  'frame-refused': { readonly reason: string };
  'hello-refused': { readonly reason: string };
  'proposal-lost': { readonly group: number; readonly reason: string };
  'unknown-group': { readonly group: number };
  'directory-damaged': { readonly directory: string; readonly reason: string };
  'deadline-exceeded': { readonly milliseconds: number };
  'not-leader': { readonly group: number; readonly leader: number };
  'group-busy': { readonly group: number; readonly what: string; readonly limit: number };
  'command-too-large': { readonly bytes: number; readonly limit: number };
  'change-refused': { readonly group: number; readonly reason: string };
  'transfer-refused': { readonly group: number; readonly to: number; readonly reason: string };
  'read-lost': { readonly group: number; readonly reason: string };
  'message-refused': { readonly group: number; readonly from: number; readonly reason: string };
  'recovery-refused': { readonly problem: string };
  'too-large': { readonly what: string; readonly bytes: number; readonly limit: number };
  'log-failed': { readonly directory: string; readonly cause: string };
  'log-damaged': {
    readonly directory: string;
    readonly segment: number;
    readonly position: number;
    readonly groups: readonly number[];
    readonly mayMissGroups: boolean;
  };
  'snapshot-damaged': { readonly path: string; readonly problem: string };
  'identity-missing': { readonly path: string };
  'identity-mismatch': { readonly path: string; readonly expected: string; readonly found: string };
  'unsupported-format': { readonly path: string; readonly version: number; readonly supported: number };
}

/** How a recorded history can break its own rules. */
export type HistoryFault =
  | 'not-json'
  | 'not-an-event'
  | 'unknown-field'
  | 'bad-process'
  | 'bad-type'
  | 'bad-function'
  | 'bad-key'
  | 'bad-value'
  | 'bad-time'
  | 'bad-revision'
  | 'time-went-back'
  | 'duplicate-invoke'
  | 'process-reused'
  | 'completion-without-invoke'
  | 'completion-mismatch';

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
  'malformed-history': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A history breaks its own rules; the message names the line, counted from 1, and the fault.',
  },
  'unfit-history': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A history holds an operation that its model does not know; choose the model that recorded it.',
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
  'frame-refused': {
    retryable: false,
    outcome: 'unknown',
    meaning:
      'A peer sent bytes that are no frame of this protocol; check the address and what listens there.',
  },
  'hello-refused': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A connection came from another cluster, another version, or was meant for another member.',
  },
  'proposal-lost': {
    retryable: false,
    outcome: 'unknown',
    meaning: 'Leadership or the node ended before a proposal was answered; its outcome says what is known.',
  },
  'deadline-exceeded': {
    retryable: true,
    outcome: 'unknown',
    meaning: 'No answer came in time; what was asked may or may not have happened.',
  },
  'directory-damaged': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'A data directory lacks what must be there or holds what cannot be; restore it or join as a new member.',
  },
  'unknown-group': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'The node asked hosts no such group; ask another member.',
  },
  'not-leader': {
    retryable: true,
    outcome: 'not-applied',
    meaning:
      'The member asked does not lead the group; ask the one that the error names, or wait for an election.',
  },
  'group-busy': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'A group holds as many uncommitted bytes or waiting reads as it may; slow down and try again.',
  },
  'command-too-large': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'A command is above the limit that the message names; split it, or raise commandBytesMax everywhere.',
  },
  'change-refused': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'The members of a group cannot change at this moment; the message says what must happen first.',
  },
  'transfer-refused': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'Leadership cannot go to this member at this moment; the message says why.',
  },
  'read-lost': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'A linearizable read got no answer because the leader changed or was not heard; read again.',
  },
  'message-refused': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A message from another member breaks the protocol and changed nothing; check who sends it.',
  },
  'recovery-refused': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'What a member found on its disk cannot be its state; repair it from its peers or replace the member.',
  },
  'too-large': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'What was handed over is larger than what can be stored at once; the message names the limit.',
  },
  'log-failed': {
    retryable: false,
    outcome: 'unknown',
    meaning:
      'A write of the log failed, so the node has stopped acknowledging for good; mend the disk and restart the node.',
  },
  'log-damaged': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'The log has lost acknowledged data; repair the member from its peers, or restore a backup where it has none.',
  },
  'snapshot-damaged': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A snapshot file does not match its checksum; the message names the file.',
  },
  'identity-missing': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'A data directory holds a log but not the identity of its node; restore the identity file or start with an empty directory.',
  },
  'identity-mismatch': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A data directory or file belongs to another node or cluster; give each node its own.',
  },
  'unsupported-format': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A file was written by a newer release; run that release or a newer one.',
  },
};
