/**
 * A connection from a client to one node: requests go out pipelined, one write a turn, and are matched to
 * their replies by number. When the connection breaks, whatever was sent and not answered has an unknown
 * outcome, and what was not sent yet has none.
 */
import { ByteWriter, crc32, isQuorateError, QuorateError } from '../base/index.ts';
import {
  type Checksum,
  decodeReply,
  encodeHello,
  encodeRequest,
  FrameReader,
  type RequestKind,
  writeFrame,
} from '../net/index.ts';
import type { Address, Clock, Connection, Network } from '../ports/index.ts';

export interface LinkOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly address: Address;
  readonly checksum: Checksum | undefined;
  /** Requests that may be open at once; more are refused. */
  readonly requestsMax: number;
  readonly signal?: AbortSignal;
}

interface Waiter {
  resolve(body: Uint8Array): void;
  reject(reason: unknown): void;
}

const frameBytesMax = 64 << 20;

export class Link {
  readonly #options: LinkOptions;
  readonly #connection: Connection;
  readonly #waiters = new Map<number, Waiter>();
  readonly #writer = new ByteWriter(16 * 1024);
  readonly #frames: FrameReader;
  readonly #checksum: Checksum;
  #lastId = 0;
  #isFlushPlanned = false;
  readonly #whenLost = Promise.withResolvers<void>();
  #lost: QuorateError | undefined;

  static async open(options: LinkOptions): Promise<Link> {
    const { address, signal } = options;
    const connection = await options.network.connect(
      signal === undefined ? { address } : { address, signal },
    );
    return new Link(connection, options);
  }

  private constructor(connection: Connection, options: LinkOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#checksum = options.checksum ?? crc32;
    this.#frames = new FrameReader({ payloadBytesMax: () => frameBytesMax, checksum: this.#checksum });
    connection.start({
      received: (bytes) => this.#received(bytes),
      drained: () => this.#flush(),
      ended: () => connection.destroy(),
      closed: (cause) => this.#closed(cause),
    });
    const hello = encodeHello({ purpose: 'client', cluster: '', from: 0, to: 0 });
    writeFrame(this.#writer, this.#checksum, () => this.#writer.raw(hello));
    this.#plan();
  }

  /** Resolves when the connection is gone. */
  get lost(): Promise<void> {
    return this.#whenLost.promise;
  }

  request(kind: RequestKind, group: number, body: Uint8Array): Promise<Uint8Array> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const { requestsMax } = this.#options;
    if (this.#waiters.size >= requestsMax) return Promise.reject(tooMany(requestsMax));
    this.#lastId += 1;
    const id = this.#lastId;
    writeFrame(this.#writer, this.#checksum, () => encodeRequest(this.#writer, { id, kind, group, body }));
    this.#plan();
    return new Promise((resolve, reject) => this.#waiters.set(id, { resolve, reject }));
  }

  close(): void {
    this.#connection.destroy();
  }

  #plan(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#writer.length === 0 || this.#lost !== undefined) return;
    const bytes = this.#writer.copy();
    this.#writer.reset();
    // The bound on open requests bounds what can wait here, so the answer of `write` needs no heed.
    this.#connection.write(bytes);
  }

  #received(bytes: Uint8Array): void {
    try {
      this.#frames.push(bytes, (payload) => this.#reply(payload));
    } catch (cause) {
      this.#connection.destroy();
      this.#closed(cause instanceof Error ? cause : undefined);
    }
  }

  #reply(payload: Uint8Array): void {
    const reply = decodeReply(payload);
    const waiter = this.#waiters.get(reply.id);
    if (waiter === undefined) return;
    this.#waiters.delete(reply.id);
    if (reply.ok) waiter.resolve(reply.body);
    else waiter.reject(reply.error);
  }

  #closed(cause: Error | undefined): void {
    if (this.#lost !== undefined) return;
    const { host, port } = this.#options.address;
    this.#lost = new QuorateError({
      code: 'network-failed',
      message: `the connection to ${host}:${port} was lost${cause === undefined ? '' : `: ${cause.message}`}`,
      data: {
        operation: 'request',
        address: `${host}:${port}`,
        system: isQuorateError(cause) ? cause.code : '',
      },
      cause,
    });
    for (const waiter of this.#waiters.values()) waiter.reject(this.#lost);
    this.#waiters.clear();
    this.#whenLost.resolve();
  }
}

function tooMany(limit: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `this connection has its limit of ${limit} requests open; wait for replies before sending more`,
    data: { queue: 'requests of a connection', limit },
  });
}
