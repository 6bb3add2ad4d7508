/** Messages written by hand, for tests that play the other members themselves. Positions are [index, term]. */
import type { Configuration, Entry, EntryId, Message } from '../../src/raft/index.ts';

type Letter<Kind extends Message['kind']> = Extract<Message, { kind: Kind }>;
export type Position = readonly [index: number, term: number];

interface Ends {
  readonly from: number;
  readonly to: number;
  readonly term: number;
  readonly group?: number;
}

function envelope({ from, to, term, group = 1 }: Ends): Omit<Ends, 'group'> & { readonly group: number } {
  return { group, from, to, term };
}

function at([index, term]: Position): EntryId {
  return { index, term };
}

export function appendLetter(
  ends: Ends,
  content: {
    readonly previous?: Position;
    readonly entries?: readonly Entry[];
    readonly commit?: number;
    readonly lease?: boolean;
  } = {},
): Letter<'append'> {
  const { previous = [0, 0], entries = [], commit = 0, lease = false } = content;
  return { kind: 'append', ...envelope(ends), previous: at(previous), entries, commit, lease };
}

export function acceptedLetter(ends: Ends, match: number, damaged = false): Letter<'append-accepted'> {
  return { kind: 'append-accepted', ...envelope(ends), damaged, match };
}

export function rejectedLetter(
  ends: Ends,
  rejected: number,
  hint: Position,
  damaged = false,
): Letter<'append-rejected'> {
  return { kind: 'append-rejected', ...envelope(ends), rejected, hint: at(hint), damaged };
}

export function heartbeatLetter(
  ends: Ends,
  content: {
    readonly commit?: number;
    readonly round?: number;
    readonly lease?: boolean;
    readonly quiesceAt?: Position;
  } = {},
): Letter<'heartbeat'> {
  const { commit = 0, round = 1, lease = false, quiesceAt } = content;
  const heartbeat = { kind: 'heartbeat', ...envelope(ends), commit, round, lease } as const;
  return quiesceAt === undefined ? heartbeat : { ...heartbeat, quiesceAt: at(quiesceAt) };
}

export function pulseLetter(ends: Ends, round: number, damaged = false): Letter<'heartbeat-reply'> {
  return { kind: 'heartbeat-reply', ...envelope(ends), damaged, round };
}

export function voteRequestLetter(
  ends: Ends,
  last: Position,
  { preVote = false, forced = false }: { readonly preVote?: boolean; readonly forced?: boolean } = {},
): Letter<'vote-request'> {
  return { kind: 'vote-request', ...envelope(ends), last: at(last), preVote, forced };
}

export function voteReplyLetter(
  ends: Ends,
  granted: boolean,
  { preVote = false }: { readonly preVote?: boolean } = {},
): Letter<'vote-reply'> {
  return { kind: 'vote-reply', ...envelope(ends), granted, preVote };
}

export function snapshotLetter(
  ends: Ends,
  mark: Position,
  configuration: Configuration,
): Letter<'install-snapshot'> {
  return { kind: 'install-snapshot', ...envelope(ends), mark: { ...at(mark), configuration } };
}

export function transferLetter(ends: Ends): Letter<'transfer-now'> {
  return { kind: 'transfer-now', ...envelope(ends) };
}

export function readRequestLetter(ends: Ends, context: number): Letter<'read-request'> {
  return { kind: 'read-request', ...envelope(ends), context };
}

export function readReplyLetter(ends: Ends, context: number, index: number): Letter<'read-reply'> {
  return { kind: 'read-reply', ...envelope(ends), context, index };
}
