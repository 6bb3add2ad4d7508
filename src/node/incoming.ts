/**
 * A connection that someone made to this node. Until its hello has shown that it belongs here it may send one
 * small frame and has a few seconds; after that it is either a member, whose messages go to the groups, or a
 * client, whose requests are answered. Whatever breaks the protocol ends this connection and nothing else.
 */
import { ByteReader } from '../base/index.ts';
import { type Checksum, decodeHello, FrameReader, type Hello } from '../net/index.ts';
import type { Clock, Connection, Log, Timer } from '../ports/index.ts';
import { decodeMessage, type Message } from '../raft/index.ts';
import type { ClientService, ClientSession } from './client-service.ts';
import type { SnapshotIntake } from './snapshot-intake.ts';

export interface IncomingOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly checksum: Checksum | undefined;
  /** Throws when the hello is for someone else. */
  readonly admit: (hello: Hello) => void;
  readonly onMessage: (message: Message) => void;
  /** A member's connection broke. */
  readonly onPeerLost: (member: number) => void;
  readonly clients: ClientService;
  /** Takes a snapshot that a member sends. */
  readonly intake: (connection: Connection) => SnapshotIntake;
  /** The connection is gone. */
  readonly onClosed: () => void;
}

type State =
  | { readonly kind: 'unknown'; readonly timer: Timer }
  | { readonly kind: 'peer'; readonly member: number }
  | { readonly kind: 'client'; readonly session: ClientSession }
  | { readonly kind: 'snapshot'; readonly intake: SnapshotIntake }
  | { readonly kind: 'closed' };

const helloBytesMax = 1024;
const frameBytesMax = 64 << 20;
const helloMsMax = 5_000;

export class Incoming {
  readonly #options: IncomingOptions;
  readonly #connection: Connection;
  readonly #frames: FrameReader;
  #state: State;

  constructor(connection: Connection, options: IncomingOptions) {
    this.#options = options;
    this.#connection = connection;
    this.#frames = new FrameReader({
      payloadBytesMax: () => (this.#state.kind === 'unknown' ? helloBytesMax : frameBytesMax),
      ...(options.checksum === undefined ? {} : { checksum: options.checksum }),
    });
    const timer = options.clock.setTimer(helloMsMax, () => this.#refuse(new Error('no hello came')), {
      background: true,
    });
    this.#state = { kind: 'unknown', timer };
    connection.start({
      received: (bytes) => this.#received(bytes),
      drained: () => {
        if (this.#state.kind === 'client') this.#state.session.drained();
      },
      ended: () => connection.destroy(),
      closed: () => this.#closed(),
    });
  }

  close(): void {
    this.#connection.destroy();
  }

  #received(bytes: Uint8Array): void {
    try {
      this.#frames.push(bytes, (payload) => this.#frame(payload));
    } catch (error) {
      this.#refuse(error);
    }
  }

  #frame(payload: Uint8Array): void {
    const state = this.#state;
    switch (state.kind) {
      case 'unknown':
        this.#greet(decodeHello(payload), state.timer);
        return;
      case 'peer':
        this.#messages(payload, state.member);
        return;
      case 'client':
        state.session.request(payload);
        return;
      case 'snapshot':
        state.intake.frame(payload);
        return;
      case 'closed':
        return;
    }
  }

  #greet(hello: Hello, timer: Timer): void {
    this.#options.admit(hello);
    timer.cancel();
    if (hello.purpose === 'peer') this.#state = { kind: 'peer', member: hello.from };
    else if (hello.purpose === 'snapshot')
      this.#state = { kind: 'snapshot', intake: this.#options.intake(this.#connection) };
    else this.#state = { kind: 'client', session: this.#options.clients.open(this.#connection) };
  }

  /** A frame holds the messages of one turn, each behind its length. */
  #messages(payload: Uint8Array, member: number): void {
    const reader = new ByteReader(payload, 'frame of messages');
    while (reader.remaining > 0) {
      const message = decodeMessage(reader.raw(reader.u32()));
      if (message.from !== member)
        throw reader.malformed(`a message from ${message.from} on the link of ${member}`, reader.offset);
      this.#options.onMessage(message);
    }
  }

  #refuse(cause: unknown): void {
    const { host, port } = this.#connection.remote;
    this.#options.log.warn('connection refused', { host, port, cause });
    this.#connection.destroy();
  }

  #closed(): void {
    const state = this.#state;
    if (state.kind === 'closed') return;
    this.#state = { kind: 'closed' };
    if (state.kind === 'unknown') state.timer.cancel();
    if (state.kind === 'client') state.session.close();
    if (state.kind === 'snapshot') state.intake.close();
    if (state.kind === 'peer') this.#options.onPeerLost(state.member);
    this.#options.onClosed();
  }
}
