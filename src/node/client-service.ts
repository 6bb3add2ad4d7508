/**
 * Answers clients. Replies of one turn leave in one write; a client that does not read its replies stops
 * being read itself, and a client with too many open requests is told to slow down.
 */
import { ByteWriter, crc32, isQuorateError, QuorateError } from '../base/index.ts';
import {
  type Checksum,
  decodeRequest,
  encodeReply,
  type Reply,
  type Request,
  writeFrame,
} from '../net/index.ts';
import type { Clock, Connection } from '../ports/index.ts';

export interface ClientServiceOptions {
  readonly clock: Clock;
  readonly checksum: Checksum | undefined;
  readonly serve: (request: Request) => Promise<Uint8Array>;
  /** Requests that one connection may have open. Default 16,384. */
  readonly requestsMax?: number;
}

export class ClientService {
  readonly #options: ClientServiceOptions;

  constructor(options: ClientServiceOptions) {
    this.#options = options;
  }

  open(connection: Connection): ClientSession {
    return new ClientSession(connection, this.#options);
  }
}

export class ClientSession {
  readonly #connection: Connection;
  readonly #options: ClientServiceOptions;
  readonly #writer = new ByteWriter(16 * 1024);
  #open = 0;
  #isBlocked = false;
  #flushPlanned = false;
  #closed = false;

  constructor(connection: Connection, options: ClientServiceOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  request(payload: Uint8Array): void {
    const request = decodeRequest(payload);
    const { serve, requestsMax = 16_384 } = this.#options;
    if (this.#open >= requestsMax) {
      this.#reply({ id: request.id, ok: false, error: tooMany(requestsMax) });
      return;
    }
    this.#open += 1;
    serve(request).then(
      (body) => this.#answer({ id: request.id, ok: true, body }),
      (error: unknown) => this.#answer({ id: request.id, ok: false, error: asQuorateError(error) }),
    );
  }

  drained(): void {
    this.#isBlocked = false;
    this.#connection.resume();
    this.#flush();
  }

  close(): void {
    this.#closed = true;
  }

  #answer(reply: Reply): void {
    this.#open -= 1;
    this.#reply(reply);
  }

  #reply(reply: Reply): void {
    if (this.#closed) return;
    writeFrame(this.#writer, this.#options.checksum ?? crc32, () => encodeReply(this.#writer, reply));
    if (this.#flushPlanned || this.#isBlocked) return;
    this.#flushPlanned = true;
    this.#options.clock.afterTurn(() => {
      this.#flushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#closed || this.#isBlocked || this.#writer.length === 0) return;
    const bytes = this.#writer.copy();
    this.#writer.reset();
    if (this.#connection.write(bytes)) return;
    this.#isBlocked = true;
    this.#connection.pause();
  }
}

function tooMany(limit: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `a connection has its limit of ${limit} requests open; wait for replies before sending more`,
    data: { queue: 'requests of a connection', limit },
  });
}

/** What is no error of ours is a fault of the node: the client learns that the outcome is unknown. */
function asQuorateError(error: unknown): QuorateError {
  if (isQuorateError(error)) return error;
  return new QuorateError({
    code: 'proposal-lost',
    message: `the node failed while it served a request: ${String(error)}`,
    data: { group: 0, reason: String(error) },
    cause: error,
  });
}
