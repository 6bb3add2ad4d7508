/**
 * What a message says must survive a crash of its sender: a vote, an acknowledgement, the term that it is
 * sent in (Raft, figure 2). Checked at the moment when the message leaves, against the sender's disk.
 */
import assert from 'node:assert/strict';
import type { Message } from '../../src/raft/index.ts';
import type { Durable } from './durable.ts';

interface Sender {
  readonly id: number;
  readonly durable: Durable;
}

export function checkPromise({ id, durable }: Sender, message: Message): void {
  const { hardState, base, entries } = durable;
  const { kind, term, to } = message;
  const name = `${kind} from ${id} to ${to} in term ${term}`;
  const speaksOfLater =
    kind === 'read-request' ||
    (kind === 'vote-request' && message.preVote) ||
    (kind === 'vote-reply' && message.preVote && message.granted);
  assert(speaksOfLater || term <= hardState.term, `${name} left before its term was durable`);
  if (hardState.term > term) return;
  if (kind === 'vote-request' && !message.preVote)
    assert.equal(hardState.vote, id, `${name} left before the own vote was durable`);
  if (kind === 'vote-reply' && !message.preVote && message.granted)
    assert.equal(hardState.vote, to, `${name} left before the vote was durable`);
  if (kind === 'append-accepted')
    assert(message.match <= base.index + entries.length, `${name} left before ${message.match} was durable`);
}
