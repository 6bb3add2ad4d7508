/** Watches of etcd: one stream of gRPC a connection, as its own clients have it, of which only the events are counted. */
import { connect, type Socket } from 'node:net';
import {
  flags,
  frame,
  frameHeaderBytes,
  frames,
  messagePrefixBytes,
  opening,
  packedHeaders,
  packedMessage,
  uint32,
} from '../http2-frames.ts';
import type { Endpoint } from '../job.ts';
import { LoadSocket } from '../load-socket.ts';
import { countFields, hasField, lengthField } from '../protobuf.ts';
import { watchedKeys } from './watch-job.ts';
import type { WatchingConnection, WatchingEvents } from './watching.ts';

const stream = 1;
/** Fields of a `WatchResponse`. */
const fields = { created: 3, canceled: 4, events: 11 } as const;
const windowPortionBytes = 1 << 20;

export async function watchEtcd(
  endpoint: Endpoint,
  count: number,
  events: WatchingEvents,
): Promise<WatchingConnection> {
  const watching = new EtcdWatching(count, events);
  await watching.open(endpoint);
  return watching;
}

/** It asks, and never reads what it is told. */
export function watchEtcdWithoutReading(endpoint: Endpoint): Promise<WatchingConnection> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ ...endpoint, noDelay: true }, () => {
      socket.write(questions(endpoint, 1), () => resolve({ close: () => socket.destroy() }));
    });
    socket.pause();
    socket.once('error', reject);
  });
}

class EtcdWatching implements WatchingConnection {
  readonly #count: number;
  readonly #events: WatchingEvents;
  readonly #started = Promise.withResolvers<void>();
  #startedCount = 0;
  #socket: LoadSocket | undefined;
  #received = 0;
  /** The beginning of a message of which the rest is to come. */
  #pieces: Buffer[] = [];
  #piecesBytes = 0;

  constructor(count: number, events: WatchingEvents) {
    this.#count = count;
    this.#events = events;
  }

  async open(endpoint: Endpoint): Promise<void> {
    this.#socket = await LoadSocket.open(endpoint, {
      parse: (bytes) => this.#parse(bytes),
      failed: (error) => {
        this.#started.reject(error);
        this.#events.failed(error);
      },
    });
    this.#socket.append(questions(endpoint, this.#count));
    this.#socket.flush();
    await this.#started.promise;
  }

  close(): void {
    this.#socket?.close();
  }

  #parse(bytes: Buffer): number {
    let at = 0;
    while (at + frameHeaderBytes <= bytes.length) {
      const end = at + frameHeaderBytes + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      this.#frame(
        bytes[at + 3] as number,
        bytes[at + 4] as number,
        bytes.subarray(at + frameHeaderBytes, end),
      );
      at = end;
    }
    this.#received += at;
    if (this.#received >= windowPortionBytes) {
      for (const widened of [0, stream])
        this.#socket?.append(frame(frames.windowUpdate, 0, widened, uint32(this.#received)));
      this.#received = 0;
    }
    return at;
  }

  #frame(kind: number, flag: number, payload: Buffer): void {
    if (kind === frames.data) this.#data(payload);
    else if (kind === frames.reset || kind === frames.goAway)
      throw new Error(`etcd ended a watch with ${payload.toString('hex')}`);
    else if ((kind === frames.settings || kind === frames.ping) && (flag & flags.acknowledged) === 0)
      this.#socket?.append(
        frame(kind, flags.acknowledged, 0, kind === frames.ping ? payload : Buffer.alloc(0)),
      );
  }

  /** A message may lie in several frames, and a frame hold several messages. */
  #data(payload: Buffer): void {
    this.#pieces.push(payload);
    this.#piecesBytes += payload.length;
    const first = this.#pieces[0] as Buffer;
    if (first.length >= messagePrefixBytes && this.#piecesBytes < messageEnd(first, 0)) {
      if (this.#pieces.length === 1) this.#pieces[0] = Buffer.from(first);
      else this.#pieces[this.#pieces.length - 1] = Buffer.from(payload);
      return;
    }
    const bytes = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
    let at = 0;
    while (at + messagePrefixBytes <= bytes.length) {
      const end = messageEnd(bytes, at);
      if (end > bytes.length) break;
      this.#message(bytes.subarray(at + messagePrefixBytes, end));
      at = end;
    }
    this.#pieces = at === bytes.length ? [] : [Buffer.from(bytes.subarray(at))];
    this.#piecesBytes = bytes.length - at;
  }

  #message(message: Buffer): void {
    if (hasField(message, fields.canceled)) throw new Error('etcd cancelled a watch');
    if (hasField(message, fields.created)) {
      this.#startedCount += 1;
      if (this.#startedCount === this.#count) this.#started.resolve();
      return;
    }
    this.#events.heard(countFields(message, fields.events));
  }
}

function messageEnd(bytes: Buffer, at: number): number {
  return at + messagePrefixBytes + bytes.readUInt32BE(at + 1);
}

function questions({ host, port }: Endpoint, count: number): Buffer {
  const { start, end } = watchedKeys();
  const create = lengthField(1, Buffer.concat([lengthField(1, start), lengthField(2, end)]));
  const question = frame(frames.data, 0, stream, packedMessage(create));
  return Buffer.concat([
    opening(),
    frame(
      frames.headers,
      flags.endHeaders,
      stream,
      packedHeaders(`${host}:${port}`, '/etcdserverpb.Watch/Watch'),
    ),
    ...Array.from({ length: count }, () => question),
  ]);
}
