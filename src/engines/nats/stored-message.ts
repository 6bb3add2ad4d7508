/**
 * What lies in the stream: one message for each change of an item. What is known about an item beside its value
 * travels in headers. A deletion is a message too, because one that is merely gone tells nobody who watches.
 *
 * Each message names the one that it replaces, and counts only when that is the newest of its name that counts
 * (`mirror.ts`): so the order of the stream alone decides who was first.
 */
import { QuorateError } from '../../base/index.ts';
import type { NatsMessage } from './nats-module.ts';
import type { Place } from './subjects.ts';

export const headerNames = {
  /** The sequence of the message that made the item; absent from that message itself. */
  created: 'Quorate-Created',
  session: 'Quorate-Session',
  /** On a deletion: how it came to it. */
  gone: 'Quorate-Gone',
  floor: 'Quorate-Floor',
  /** The sequence of the message that it replaces; 0 for none. */
  previous: 'Quorate-Previous',
  /** By which its writer knows it again. */
  id: 'Quorate-Id',
  expectedStream: 'Nats-Expected-Stream',
} as const;

/** The newest of a name. */
export interface Entry {
  readonly name: string;
  readonly sequence: number;
  readonly created: number;
  readonly value: Uint8Array;
  readonly session: string | undefined;
  /** Present: the item is gone, and this is the message that says so. */
  readonly gone: 'deleted' | 'expired' | undefined;
  /** The message that it replaces; 0 for none. */
  readonly previous: number;
  /** When the server took it, by its wall clock. */
  readonly takenMs: number;
}

export type Stored =
  | { readonly kind: 'entry'; readonly entry: Entry; readonly id: string }
  | { readonly kind: 'floor'; readonly floor: number }
  /** Says nothing but how far the stream has come. */
  | { readonly kind: 'nothing' };

/** What a consumer tells with each message. */
export interface Delivery {
  readonly sequence: number;
  /** Counted by the consumer from 1, without gaps. */
  readonly consumerSequence: number;
  /** When the server took the message, by its wall clock. */
  readonly takenMs: number;
  /** The same in nanoseconds of its day, by which a message is known again (`answers.ts`). */
  readonly moment: number;
}

const dayNanoseconds = 86_400_000_000_000n;
const figure = /^\d{1,20}$/;

/**
 * Reads where a consumer is from the reply address of what it delivered:
 * `$JS.ACK.[domain.account.]stream.consumer.deliveries.sequence.consumerSequence.nanoseconds.pending[.more]`.
 */
export function readDelivery(reply: string): Delivery {
  const tokens = reply.split('.');
  const at = tokens.length === 9 ? 4 : 6;
  const figures = tokens.slice(at, at + 5);
  const isOne = tokens[0] === '$JS' && tokens[1] === 'ACK' && figures.length === 5;
  if (!isOne || !figures.every((text) => figure.test(text))) {
    throw new QuorateError({
      code: 'malformed-bytes',
      message: `a message of a consumer has the reply address ${JSON.stringify(reply.slice(0, 200))}, which does not say its place in the stream; another program may be writing to our inbox`,
      data: { what: 'the reply address of a delivered message', offset: 0 },
    });
  }
  const [, sequence, consumerSequence, nanoseconds] = figures as [string, string, string, string, string];
  return {
    sequence: Number(sequence),
    consumerSequence: Number(consumerSequence),
    takenMs: Number(nanoseconds) / 1e6,
    moment: Number(BigInt(nanoseconds) % dayNanoseconds),
  };
}

/** What a delivered message says about the directory that it lies in. */
export function readStored(
  message: NatsMessage,
  place: Place,
  { sequence, takenMs }: Pick<Delivery, 'sequence' | 'takenMs'>,
): Stored {
  const header = (field: string): string => message.headers?.get(field) ?? '';
  if (message.subject === place.floor) return { kind: 'floor', floor: numberOf(header(headerNames.floor)) };
  const name = message.subject === place.barrier ? undefined : place.nameOf(message.subject);
  if (name === undefined) return { kind: 'nothing' };
  const gone = header(headerNames.gone);
  const entry: Entry = {
    name,
    sequence,
    created: numberOf(header(headerNames.created)) || sequence,
    value: message.data,
    session: header(headerNames.session) || undefined,
    gone: gone === '' ? undefined : gone === 'expired' ? 'expired' : 'deleted',
    previous: numberOf(header(headerNames.previous)),
    takenMs,
  };
  return { kind: 'entry', entry, id: header(headerNames.id) };
}

/** 0 for what is none of ours. */
function numberOf(text: string): number {
  const number = figure.test(text) ? Number(text) : 0;
  return Number.isSafeInteger(number) ? number : 0;
}
