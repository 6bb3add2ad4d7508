/**
 * The way to one other member: a connection that is made when there is something to say, and made again,
 * with growing pauses, when it breaks. Messages of one turn leave in one write. Members' messages may be
 * lost, so what cannot be sent is dropped rather than kept until memory ends; the core sends again.
 */
import { ByteWriter, crc32, type Prng } from '../base/index.ts';
import { type Checksum, encodeHello, type Hello, writeFrame } from '../net/index.ts';
import type { Address, Clock, Connection, Log, Network } from '../ports/index.ts';
import { encodeMessage, type Message } from '../raft/index.ts';

export interface PeerLinkOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly log: Log;
  readonly prng: Prng;
  readonly address: Address;
  readonly hello: Hello;
  readonly checksum?: Checksum;
  /** Most messages that wait for a connection or a slow peer. Default 4,096. */
  readonly messagesMax?: number;
  /** Pauses between attempts grow from the first to the last. Defaults 20 and 500 ms. */
  readonly retryMsMin?: number;
  readonly retryMsMax?: number;
  /** The connection broke or could not be made. */
  readonly onUnreachable: () => void;
}

type State =
  | { readonly kind: 'idle'; readonly retryAt: number }
  | { readonly kind: 'connecting'; readonly abort: AbortController }
  | { readonly kind: 'open'; readonly connection: Connection };

/** A frame is closed when its payload has grown beyond this, so that no receiver needs much memory at once. */
const frameBytesAim = 1 << 20;

export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #writer = new ByteWriter(64 * 1024);
  #state: State = { kind: 'idle', retryAt: 0 };
  #messages: Message[] = [];
  #failures = 0;
  #isBlocked = false;
  #closed = false;
  /** Messages that were given up since the start. */
  dropped = 0;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
  }

  /** Takes a message for the next flush. */
  send(message: Message): void {
    if (this.#messages.length >= (this.#options.messagesMax ?? 4096)) {
      this.dropped += 1;
      return;
    }
    this.#messages.push(message);
  }

  /** Sends what the turn brought, or starts to connect. */
  flush(): void {
    if (this.#messages.length === 0 || this.#closed) return;
    if (this.#state.kind === 'open') {
      if (!this.#isBlocked) this.#write(this.#state.connection);
    } else if (this.#state.kind === 'idle') {
      if (this.#options.clock.now() >= this.#state.retryAt) void this.#connect();
      else this.#drop();
    }
  }

  close(): void {
    this.#closed = true;
    this.#drop();
    if (this.#state.kind === 'connecting') this.#state.abort.abort();
    if (this.#state.kind === 'open') this.#state.connection.destroy();
  }

  async #connect(): Promise<void> {
    const abort = new AbortController();
    this.#state = { kind: 'connecting', abort };
    const { network, address } = this.#options;
    try {
      const connection = await network.connect({ address, signal: abort.signal });
      this.#opened(connection);
    } catch (error) {
      this.#lost(error);
    }
  }

  #opened(connection: Connection): void {
    connection.start({
      // The other side answers on a connection of its own.
      received: () => connection.destroy(),
      drained: () => {
        this.#isBlocked = false;
        this.flush();
      },
      ended: () => connection.destroy(),
      closed: (cause) => this.#lost(cause),
    });
    if (this.#closed) {
      connection.destroy();
      return;
    }
    this.#state = { kind: 'open', connection };
    this.#isBlocked = false;
    this.#failures = 0;
    this.#writer.reset();
    writeFrame(this.#writer, this.#checksum, () => this.#writer.raw(encodeHello(this.#options.hello)));
    connection.write(this.#writer.copy());
    this.flush();
  }

  #lost(cause: unknown): void {
    if (this.#closed) return;
    const { clock, prng, log, address, retryMsMin = 20, retryMsMax = 500 } = this.#options;
    const pauseMs = Math.min(retryMsMax, retryMsMin * 2 ** this.#failures);
    if (this.#state.kind === 'open' || this.#failures === 0) {
      log.info('peer is unreachable', { host: address.host, port: address.port, cause });
    }
    this.#failures = Math.min(this.#failures + 1, 16);
    // Half of the pause is random, so that members which lost a peer together do not come back together.
    this.#state = { kind: 'idle', retryAt: clock.now() + pauseMs * (0.5 + prng.float() / 2) };
    this.#drop();
    this.#options.onUnreachable();
  }

  #write(connection: Connection): void {
    const messages = this.#messages;
    this.#messages = [];
    const writer = this.#writer;
    writer.reset();
    let place = 0;
    while (place < messages.length) {
      writeFrame(writer, this.#checksum, () => {
        const start = writer.length;
        while (place < messages.length && writer.length - start < frameBytesAim) {
          const length = writer.skip(4);
          encodeMessage(writer, messages[place] as Message);
          writer.patchU32(length, writer.length - length - 4);
          place += 1;
        }
      });
    }
    if (!connection.write(writer.copy())) this.#isBlocked = true;
  }

  get #checksum(): Checksum {
    return this.#options.checksum ?? crc32;
  }

  #drop(): void {
    this.dropped += this.#messages.length;
    this.#messages = [];
  }
}
