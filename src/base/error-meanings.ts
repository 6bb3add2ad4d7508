/**
 * What each error code means and what to do, one sentence for the table of `docs/ERRORS.md`. Apart from the catalogue,
 * which travels with every error: who bundles a program for a browser need not carry the manual.
 */

import { engineMeanings } from './engine-error-meanings.ts';
import type { ErrorCode } from './error-codes.ts';
import { messagingMeanings } from './messaging-error-meanings.ts';
import { recipeMeanings } from './recipe-error-meanings.ts';
import { resilienceMeanings } from './resilience-error-meanings.ts';
import { storeMeanings } from './store-error-meanings.ts';

export const errorMeanings: { readonly [Code in ErrorCode]: string } = {
  ...engineMeanings,
  ...messagingMeanings,
  ...recipeMeanings,
  ...resilienceMeanings,
  ...storeMeanings,
  'invalid-option':
    'An option or argument is outside what is allowed; the message names it and the allowed range.',
  'value-invalid':
    'A value does not fit the schema that it was written or read with; the message tells where.',
  'out-of-bounds':
    'A read or write reached past the end of its bytes; the bytes are shorter than their format promises.',
  'malformed-bytes': 'Bytes do not follow their format; the message names the format and the offset.',
  'clock-ahead':
    'A timestamp is further ahead than a clock believes, and changed nothing; set right the clock that is wrong.',
  'malformed-history':
    'A history breaks its own rules; the message names the line, counted from 1, and the fault.',
  'unfit-history':
    'A history holds an operation that its model does not know; choose the model that recorded it.',
  'queue-full':
    'A bounded queue is full; slow down and try again, or raise the limit that the message names.',
  overloaded:
    'A node has so much to do that this would be answered too late; try again after the time that the error names.',
  closed: 'The object was closed before or during the call; open a new one.',
  'disk-failed': 'The operating system refused a disk operation; the message names the file and the reason.',
  'disk-full': 'There is no space left where the file lies; free some and try again.',
  'not-found': 'A file or folder that must exist does not; check the path in the message.',
  'already-exists': 'A file or folder that must be new exists already; choose another path or remove it.',
  'in-use': 'Another process holds the data folder or the port; stop it or choose another.',
  'network-failed':
    'A connection could not be made or was lost; the message names the address and the reason.',
  'frame-refused':
    'A peer sent bytes that are no frame of this protocol; check the address and what listens there.',
  'hello-refused':
    'A connection came from another cluster, another version, or was meant for another member.',
  'proposal-lost':
    'Leadership or the node ended before a proposal was answered; its outcome says what is known.',
  'deadline-exceeded': 'No answer came in time; what was asked may or may not have happened.',
  'directory-damaged':
    'A data directory lacks what must be there or holds what cannot be; restore it or join as a new member.',
  'unknown-group': 'The node asked hosts no such group; ask another member.',
  'not-leader':
    'The member asked does not lead the group; ask the one that the error names, or wait for an election.',
  'group-busy':
    'A group holds as many uncommitted bytes or waiting reads as it may; slow down and try again.',
  'command-too-large':
    'A command is above the limit that the message names; split it, or raise commandBytesMax everywhere.',
  'change-refused':
    'The members of a group cannot change at this moment; the message says what must happen first.',
  'level-unsupported':
    'The cluster is of a level that this release of the program does not support; the message names both and says which release to install.',
  'command-unknown':
    'A node has an older release than the client, and knows no such command; upgrade the cluster.',
  'level-too-low':
    'A command is for a newer release than the cluster has agreed on. Where the level is about to rise, trying again will do; where a member’s release does not know it or a member is not heard of, the error names the member and is not to be tried again: install the release on every member, start or remove those that are down.',
  'member-exists':
    'A name or address belongs to another member; choose another, or remove that member first.',
  'unknown-member': 'Nobody in the cluster has this name, identity or address; look at the list of members.',
  'quorum-at-risk':
    'A removal would leave no majority of living voters; bring others back or add new ones first.',
  'not-caught-up':
    'A learner is too far behind the log to vote; wait until it has caught up, or until it answers.',
  'transfer-refused': 'Leadership cannot go to this member at this moment; the message says why.',
  'read-lost': 'A linearizable read got no answer because the leader changed or was not heard; read again.',
  'message-refused':
    'A message from another member breaks the protocol and changed nothing; check who sends it.',
  'recovery-refused':
    'What a member found on its disk cannot be its state; repair it from its peers or replace the member.',
  'too-large': 'What was handed over is larger than what can be stored at once; the message names the limit.',
  'log-failed':
    'A write of the log failed, so the node has stopped acknowledging for good; mend the disk and restart the node.',
  'log-damaged':
    'The log has lost acknowledged data; repair the member from its peers, or restore a backup where it has none.',
  'backup-damaged':
    'A backup is not whole, or not what was written; use another copy of it, or another backup.',
  'backup-lost': 'A backup was broken off before its end; what was received is not one, so begin it again.',
  'restore-unfinished':
    'A restore or recovery into a data directory was broken off; run the same command again.',
  'snapshot-damaged': 'A snapshot file does not match its checksum; the message names the file.',
  'ordered-store-damaged':
    'The file of an ordered store is damaged or of another program; remove it, and the store is built anew from the snapshot and the log.',
  'identity-missing':
    'A data directory holds a log but not the identity of its node; restore the identity file or start with an empty directory.',
  'identity-mismatch': 'A data directory or file belongs to another node or cluster; give each node its own.',
  'unsupported-format': 'A file was written by a newer release; run that release or a newer one.',
  unauthenticated:
    'The cluster wants to know who asks, and nobody is logged in, or no longer, or the password is wrong; give user and password, or a certificate.',
  'permission-denied':
    'The user lacks a right that the request needs; the error names it, and a user with the role root can grant it.',
  'security-refused': 'A change of users or roles is not possible; the message says what to do first.',
  'not-for-clients':
    'Only the member that leads may send this command, as its clock decides; a client has no use for it.',
  'not-watchable': 'The state machine of this group tells nobody of its changes; read it instead.',
  'not-running':
    'A node is not in the state in which it does this: it starts, joins, recovers, leaves or has failed; the error names the state, and another node may do it.',
  partitioned:
    'A member stands on the losing side of a partition and does not do this; ask a member of the other side, or wait until the partition is healed.',
  'state-damaged':
    "What a store or a snapshot says about itself is not true; take another member's or a backup.",
};
