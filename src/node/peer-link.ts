/**
 * The way to one other member: a connection that is made when there is something to say, and made again,
 * with growing pauses, when it breaks. Messages of one turn leave in one write. Members' messages may be
 * lost, so what cannot be sent is dropped rather than kept until memory ends; the core sends again.
 */
import {
  type AnyQuorateError,
  ByteWriter,
  crc32,
  isQuorateError,
  type Prng,
  type QuorateError,
} from '../base/index.ts';
import {
  type Checksum,
  connectUnanswered,
  decodeReply,
  encodeHello,
  FrameReader,
  type Hello,
  reconnectPauseMs,
  strangerError,
  writeFrame,
} from '../net/index.ts';
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
  /** Most messages, and bytes of entries in them, that wait for a connection or a slow peer. Defaults 4,096 and 32 MiB. */
  readonly messagesMax?: number;
  readonly messageBytesMax?: number;
  /** Pauses between attempts grow from the first to the last. Defaults 20 and 500 ms. */
  readonly retryMsMin?: number;
  readonly retryMsMax?: number;
  /** An attempt to connect that takes longer has failed. Default 2 s. */
  readonly connectMsMax?: number;
  /** A connection that takes nothing for so long is given up. Default 10 s. */
  readonly stallMsMax?: number;
  /** The connection broke or could not be made: called once, until a connection has lasted again. */
  readonly onUnreachable: () => void;
  /** The peer wants nothing from this node, for this reason. */
  readonly onRefused: (error: AnyQuorateError) => void;
  /** This program is wrong: it could not send what it made itself. */
  readonly onFailure: (error: unknown) => void;
}

type State =
  | { readonly kind: 'idle'; readonly retryAt: number }
  | { readonly kind: 'connecting'; readonly abort: AbortController }
  | { readonly kind: 'open'; readonly connection: Connection; readonly since: number };

/** A frame is closed when its payload has grown beyond this, so that no receiver needs much memory at once. */
const frameBytesAim = 1 << 20;

/** A peer says no more than why it refuses this node. */
const refusalBytesMax = 64 * 1024;

export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #writer = new ByteWriter(4096);
  #state: State = { kind: 'idle', retryAt: 0 };
  #messages: Message[] = [];
  #messageBytes = 0;
  /** Attempts in a row of which none came to anything. */
  #failures = 0;
  /** When the peer began to take nothing more. */
  #blockedAt: number | undefined;
  /** The peer has said why it wants nothing from us, and that was told. */
  #isRefused = false;
  #closed = false;
  /** Messages that were given up since the start. */
  dropped = 0;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
  }

  /** Takes a message for the next flush. */
  send(message: Message): void {
    const { messagesMax = 4096, messageBytesMax = 32 << 20 } = this.#options;
    const bytes = entryBytes(message);
    const isFull =
      this.#messages.length >= messagesMax ||
      (this.#messages.length > 0 && this.#messageBytes + bytes > messageBytesMax);
    if (this.#closed || isFull) {
      this.dropped += 1;
      return;
    }
    this.#messages.push(message);
    this.#messageBytes += bytes;
  }

  /** Connects although there is nothing to say but who this node is, and where. */
  greet(): void {
    const isDue = this.#state.kind === 'idle' && this.#options.clock.now() >= this.#state.retryAt;
    if (isDue && !this.#closed) void this.#connect();
  }

  /** Sends what the turn brought, or starts to connect. */
  flush(): void {
    if (this.#messages.length === 0 || this.#closed) return;
    const { clock, stallMsMax = 10_000 } = this.#options;
    const state = this.#state;
    if (state.kind === 'open') {
      if (this.#blockedAt === undefined) this.#write(state.connection);
      else if (clock.now() - this.#blockedAt >= stallMsMax) state.connection.destroy();
    } else if (state.kind === 'idle') {
      if (clock.now() >= state.retryAt) void this.#connect();
      else this.#drop();
    }
  }

  close(): void {
    this.#closed = true;
    this.#drop();
    if (this.#state.kind === 'connecting') this.#state.abort.abort(new Error('the node was closed'));
    if (this.#state.kind === 'open') this.#state.connection.destroy();
  }

  async #connect(): Promise<void> {
    const abort = new AbortController();
    this.#state = { kind: 'connecting', abort };
    const { network, address, clock, connectMsMax = 2000 } = this.#options;
    const timer = clock.setTimer(connectMsMax, () => abort.abort(connectUnanswered(address, connectMsMax)));
    let connection: Connection;
    try {
      connection = await network.connect({ address, signal: abort.signal });
    } catch (error) {
      this.#lost(error);
      return;
    } finally {
      timer.cancel();
    }
    this.#guarded(() => this.#opened(connection));
  }

  #opened(connection: Connection): void {
    const frames = new FrameReader({
      payloadBytesMax: () => refusalBytesMax,
      checksum: this.#checksum,
    });
    connection.start({
      received: (bytes) => this.#refused(connection, frames, bytes),
      drained: () => {
        this.#blockedAt = undefined;
        this.#guarded(() => this.flush());
      },
      ended: () => connection.destroy(),
      closed: (cause) => {
        if (frames.stranger !== undefined) this.#told(strangerError(frames.stranger));
        this.#lost(cause);
      },
    });
    if (this.#closed) {
      connection.destroy();
      return;
    }
    this.#state = { kind: 'open', connection, since: this.#options.clock.now() };
    this.#blockedAt = undefined;
    this.#writer.reset();
    writeFrame(this.#writer, this.#checksum, () => this.#writer.raw(encodeHello(this.#options.hello)));
    connection.write(this.#writer.copy());
    this.flush();
  }

  /** The peer answers on a connection of its own; on this one it only ever says why it wants nothing from us. */
  #refused(connection: Connection, frames: FrameReader, bytes: Uint8Array): void {
    try {
      frames.push(bytes, (payload) => {
        const reply = decodeReply(payload);
        if (!reply.ok) this.#told(reply.error);
        connection.destroy();
      });
    } catch {
      connection.destroy();
    }
  }

  /** Why the peer wants nothing from this node: once, until a connection has lasted. */
  #told(error: QuorateError): void {
    const { log, address, onRefused } = this.#options;
    if (this.#isRefused || this.#closed) return;
    this.#isRefused = true;
    log.warn('peer refused this node', { ...address, error });
    if (isQuorateError(error)) onRefused(error);
  }

  #lost(cause: unknown): void {
    if (this.#closed) return;
    const { clock, prng, log, address, retryMsMin = 20, retryMsMax = 500, onUnreachable } = this.#options;
    const now = clock.now();
    // One that is accepted and cut at once is no connection: the peer refuses this node, or dies as it starts.
    const hasLasted = this.#state.kind === 'open' && now - this.#state.since >= retryMsMax;
    if (hasLasted) {
      this.#failures = 0;
      this.#isRefused = false;
    }
    const isNews = this.#failures === 0;
    const pauseMs = reconnectPauseMs(this.#failures, { leastMs: retryMsMin, mostMs: retryMsMax }, prng);
    this.#failures += 1;
    this.#state = { kind: 'idle', retryAt: now + pauseMs };
    this.#drop();
    if (!isNews) return;
    log.info('peer is unreachable', { host: address.host, port: address.port, cause });
    onUnreachable();
  }

  #write(connection: Connection): void {
    const messages = this.#messages;
    this.#messages = [];
    this.#messageBytes = 0;
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
    if (!connection.write(writer.copy())) this.#blockedAt = this.#options.clock.now();
  }

  get #checksum(): Checksum {
    return this.#options.checksum ?? crc32;
  }

  #drop(): void {
    this.dropped += this.#messages.length;
    this.#messages = [];
    this.#messageBytes = 0;
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onFailure(error);
    }
  }
}

function entryBytes(message: Message): number {
  if (message.kind !== 'append') return 0;
  let bytes = 0;
  for (const entry of message.entries) bytes += entry.data.length;
  return bytes;
}
