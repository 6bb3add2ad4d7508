/**
 * What every message must satisfy before it is looked at. Members of one version never break these rules, so
 * a message that does comes from a stranger, a bug or a damaged wire; it is refused as a whole.
 */
import type { Append, Message } from './messages.ts';
import type { RaftSettings } from './options.ts';

/** Why the message is refused, or `undefined` when it is sound. */
export function messageFault(settings: RaftSettings, message: Message): string | undefined {
  if (message.group !== settings.group) return `it is for group ${message.group}`;
  if (message.to !== settings.member) return `it is for member ${message.to}, and this is ${settings.member}`;
  if (message.from === settings.member) return 'it claims to come from this member itself';
  if (!isWhole(message.from) || message.from === 0) return 'its sender is not an identity';
  if (!isWhole(message.term) || message.term === 0)
    return `its term ${message.term} is not a whole number above 0`;
  return contentFault(message);
}

function contentFault(message: Message): string | undefined {
  switch (message.kind) {
    case 'append':
      return appendFault(message);
    case 'append-accepted':
      return isWhole(message.match) ? undefined : `its match ${message.match} is not an index`;
    case 'append-rejected':
      if (isWhole(message.rejected) && message.hint.index <= message.rejected) return undefined;
      return `its hint ${message.hint.index} lies behind what it rejects, ${message.rejected}`;
    case 'heartbeat':
      return isWhole(message.commit) && isWhole(message.round)
        ? undefined
        : 'its commit index or round is not a whole number';
    case 'install-snapshot':
      if (message.mark.index === 0 || message.mark.term > message.term)
        return 'its snapshot comes from a later term';
      return message.mark.configuration.voters.length > 0 ? undefined : 'its snapshot has no voters';
    default:
      return undefined;
  }
}

function appendFault({ previous, entries, term, commit }: Append): string | undefined {
  if (!isWhole(commit)) return `its commit index ${commit} is not an index`;
  if (previous.term > term) return `its entries follow term ${previous.term}, above its own term ${term}`;
  let before = previous;
  for (const entry of entries) {
    if (entry.index !== before.index + 1) return `its entry ${entry.index} follows ${before.index}`;
    if (entry.term < before.term || entry.term > term)
      return `its entry ${entry.index} has term ${entry.term}`;
    before = entry;
  }
  return undefined;
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
