/**
 * What every message must satisfy before it is looked at. Members of one version never break these rules, so
 * a message that does comes from a stranger, a bug or a damaged wire; it is refused as a whole.
 */
import { isQuorateError, type QuorateError } from '../base/index.ts';
import { decodeConfiguration } from './configuration.ts';
import type { Entry, EntryId } from './entry.ts';
import { levelFault } from './levels.ts';
import type { Append, InstallSnapshot, Message } from './messages.ts';
import type { RaftSettings } from './options.ts';

/**
 * A new term every millisecond would take thousands of years to get there, so whatever lies beyond is a
 * mistake. Taken for true it would leave the group no number to count on with.
 */
const termMax = 2 ** 48;

/** An error: it is sound, and of a level that this release does not support. */
type Fault = string | QuorateError<'level-unsupported'>;

/** Why the message is refused, or `undefined` when it is sound. */
export function messageFault(settings: RaftSettings, message: Message): Fault | undefined {
  if (message.group !== settings.group) return `it is for group ${message.group}`;
  if (message.to !== settings.member) return `it is for member ${message.to}, and this is ${settings.member}`;
  if (message.from === settings.member) return 'it claims to come from this member itself';
  if (!isWhole(message.from) || message.from === 0) return 'its sender is not an identity';
  return termFault(message) ?? contentFault(settings, message);
}

/** Who was never in any term may still decline a pre-vote; every other message belongs to a term. */
function termFault(message: Message): string | undefined {
  const { kind, term } = message;
  const least = kind === 'vote-reply' && message.preVote ? 0 : 1;
  if (isWhole(term) && term >= least && term <= termMax) return undefined;
  return `its term ${term} is not a whole number from ${least} to ${termMax}`;
}

function contentFault(settings: RaftSettings, message: Message): Fault | undefined {
  switch (message.kind) {
    case 'append':
      return appendFault(settings, message);
    case 'append-accepted':
      return isWhole(message.match) ? undefined : `its match ${message.match} is not an index`;
    case 'append-rejected':
      return isPosition(message.hint) && isWhole(message.rejected) && message.hint.index <= message.rejected
        ? undefined
        : `its hint ${message.hint.index} does not lie at or before what it rejects, ${message.rejected}`;
    case 'heartbeat':
      return isWhole(message.commit) && isWhole(message.round)
        ? undefined
        : 'its commit index or round is not a whole number';
    case 'heartbeat-reply':
      return isWhole(message.round) ? undefined : `its round ${message.round} is not a whole number`;
    case 'install-snapshot':
      return markFault(settings, message);
    case 'vote-request':
      return isPosition(message.last) && message.last.term < message.term
        ? undefined
        : `its log ends in term ${message.last.term}, not below the term ${message.term} that it asks for`;
    case 'read-request':
    case 'repair-request':
      return isWhole(message.context) ? undefined : `its context ${message.context} is not a whole number`;
    case 'read-reply':
    case 'repair-reply':
      return isWhole(message.context) && isWhole(message.index)
        ? undefined
        : 'its context or index is not a whole number';
    case 'vote-reply':
    case 'transfer-now':
      return undefined;
  }
}

function markFault(settings: RaftSettings, { mark, term }: InstallSnapshot): Fault | undefined {
  if (!isPosition(mark) || mark.index === 0) return `its snapshot at ${mark.index} stands for nothing`;
  if (mark.term > term) return `its snapshot of term ${mark.term} comes from later than its own term ${term}`;
  if (mark.configuration.voters.length === 0) return 'its snapshot has no voters';
  return levelFault(settings, mark.configuration);
}

function appendFault(settings: RaftSettings, { previous, entries, term, commit }: Append): Fault | undefined {
  if (!isWhole(commit) || !isPosition(previous)) return `its commit index ${commit} or start is not an index`;
  if (previous.term > term) return `its entries follow term ${previous.term}, above its own term ${term}`;
  let before = previous;
  for (const entry of entries) {
    if (entry.index !== before.index + 1) return `its entry ${entry.index} follows ${before.index}`;
    if (entry.term < before.term || entry.term > term)
      return `its entry ${entry.index} has term ${entry.term}`;
    const fault = entry.kind === 'configuration' ? configurationFault(settings, entry) : undefined;
    if (fault !== undefined) return fault;
    before = entry;
  }
  return undefined;
}

/** It will be in force as soon as it is appended, so it is read before anything is. */
function configurationFault(settings: RaftSettings, { index, data }: Entry): Fault | undefined {
  try {
    const configuration = decodeConfiguration(data);
    if (configuration.voters.length > 0) return levelFault(settings, configuration);
    return `the configuration in its entry ${index} has no voters`;
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    return `the configuration in its entry ${index} cannot be read: ${error.message}`;
  }
}

function isPosition({ index, term }: EntryId): boolean {
  return isWhole(index) && isWhole(term);
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
