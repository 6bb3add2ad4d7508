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
  'invalid-option': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'An option or argument is outside what is allowed; the message names it and the allowed range.',
  },
  'value-invalid': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A value does not fit the schema that it was written or read with; the message tells where.',
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
  overloaded: {
    retryable: true,
    outcome: 'not-applied',
    meaning:
      'A node has so much to do that this would be answered too late; try again after the time that the error names.',
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
  'level-unsupported': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'The cluster is of a level that this release of the program does not support; the message names both and says which release to install.',
  },
  'command-unknown': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A node has an older release than the client, and knows no such command; upgrade the cluster.',
  },
  'level-too-low': {
    retryable: true,
    outcome: 'not-applied',
    meaning:
      'A command is for a newer release than the cluster has agreed on. Where the level is about to rise, trying again will do; where a member’s release does not know it or a member is not heard of, the error names the member and is not to be tried again: install the release on every member, start or remove those that are down.',
  },
  'member-exists': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A name or address belongs to another member; choose another, or remove that member first.',
  },
  'unknown-member': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'Nobody in the cluster has this name, identity or address; look at the list of members.',
  },
  'quorum-at-risk': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A removal would leave no majority of living voters; bring others back or add new ones first.',
  },
  'not-caught-up': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A learner is too far behind the log to vote; wait until it has caught up, or until it answers.',
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
  'backup-damaged': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A backup is not whole, or not what was written; use another copy of it, or another backup.',
  },
  'backup-lost': {
    retryable: true,
    outcome: 'not-applied',
    meaning: 'A backup was broken off before its end; what was received is not one, so begin it again.',
  },
  'restore-unfinished': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A restore or recovery into a data directory was broken off; run the same command again.',
  },
  'snapshot-damaged': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A snapshot file does not match its checksum; the message names the file.',
  },
  'ordered-store-damaged': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'The file of an ordered store is damaged or of another program; remove it, and the store is built anew from the snapshot and the log.',
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
  unauthenticated: {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'The cluster wants to know who asks, and nobody is logged in, or no longer, or the password is wrong; give user and password, or a certificate.',
  },
  'permission-denied': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'The user lacks a right that the request needs; the error names it, and a user with the role root can grant it.',
  },
  'security-refused': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'A change of users or roles is not possible; the message says what to do first.',
  },
  'not-for-clients': {
    retryable: false,
    outcome: 'not-applied',
    meaning:
      'Only the member that leads may send this command, as its clock decides; a client has no use for it.',
  },
  'not-watchable': {
    retryable: false,
    outcome: 'not-applied',
    meaning: 'The state machine of this group tells nobody of its changes; read it instead.',
  },
  'state-damaged': {
    retryable: false,
    outcome: 'not-applied',
    meaning: "What a store or a snapshot says about itself is not true; take another member's or a backup.",
  },
};
