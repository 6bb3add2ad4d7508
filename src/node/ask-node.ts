/**
 * One question to one node, over a connection of its own: how a node speaks of its membership with nodes that it
 * has no link to yet. Rare, so nothing is kept between two questions.
 */
import { ByteWriter, crc32, linkSignals, QuorateError } from '../base/index.ts';
import {
  type Checksum,
  decodeReply,
  encodeHello,
  encodeRequest,
  FrameReader,
  type QuestionKind,
  writeFrame,
} from '../net/index.ts';
import type { Address, Clock, Connection, Network } from '../ports/index.ts';

export interface NodeQuestion {
  readonly network: Network;
  readonly clock: Clock;
  readonly checksum: Checksum | undefined;
  readonly address: Address;
  /** The cluster that is meant; empty: whichever the node belongs to. */
  readonly cluster: string;
  /** Whoever asks shows what members show, under this identity, or 0 before it has one. Absent: it asks as any client. */
  readonly asMember?: number;
  readonly kind: QuestionKind;
  readonly body: Uint8Array;
  /** Without an answer for so long, nobody knows. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const answerBytesMax = 1 << 20;

/** Resolves to the answer; rejects with the node's error, or with what became of the connection. */
export async function askNode(question: NodeQuestion): Promise<Uint8Array> {
  const { network, clock, address, timeoutMs } = question;
  using patience = linkSignals(question.signal);
  const timer = clock.setTimer(timeoutMs, () => patience.abort(lost(address, 'no answer came in time')));
  try {
    const connection = await network.connect({ address, signal: patience.signal });
    try {
      return await answer(connection, question, patience.signal);
    } finally {
      connection.destroy();
    }
  } finally {
    timer.cancel();
  }
}

function answer(connection: Connection, question: NodeQuestion, signal: AbortSignal): Promise<Uint8Array> {
  const { checksum = crc32, address, kind, body } = question;
  const frames = new FrameReader({ payloadBytesMax: () => answerBytesMax, checksum });
  const answered = Promise.withResolvers<Uint8Array>();
  connection.start({
    received: (bytes) => {
      try {
        frames.push(bytes, (payload) => {
          const reply = decodeReply(payload);
          if (reply.ok) answered.resolve(reply.body.slice());
          else answered.reject(reply.error);
        });
      } catch (error) {
        answered.reject(error);
      }
    },
    drained: () => undefined,
    ended: () => connection.destroy(),
    closed: (cause) => answered.reject(lost(address, 'the connection was lost', cause)),
  });
  const writer = new ByteWriter(256);
  writeFrame(writer, checksum, () => writer.raw(helloOf(question)));
  // By itself: what comes behind it waits until both sides have proved what members share.
  connection.write(writer.copy());
  writer.reset();
  writeFrame(writer, checksum, () => encodeRequest(writer, { id: 1, kind, group: 0, body }));
  connection.write(writer.copy());
  const onAbort = (): void => answered.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return answered.promise.finally(() => signal.removeEventListener('abort', onAbort));
}

function helloOf({ cluster, asMember }: NodeQuestion): Uint8Array {
  const from = asMember ?? 0;
  return encodeHello({
    purpose: 'client',
    cluster,
    from,
    to: 0,
    ...(asMember === undefined ? {} : { asMember: true }),
  });
}

function lost({ host, port }: Address, reason: string, cause?: unknown): QuorateError<'network-failed'> {
  const address = `${host}:${port}`;
  return new QuorateError({
    code: 'network-failed',
    message: `asking ${address} failed: ${reason}`,
    data: { operation: 'ask', address, system: '' },
    cause,
  });
}
