/**
 * A connection that someone made to this node. Until its hello has shown that it belongs here it may send one
 * small frame and has a few seconds; after that it is either a member, whose messages go to the groups, or a
 * client, whose requests are answered. Whatever breaks the protocol ends this connection and nothing else.
 */
import { ByteReader, ByteWriter, crc32, isQuorateError, type QuorateError } from '../base/index.ts';
import {
  type Checksum,
  decodeHello,
  encodeReply,
  FrameReader,
  framePayloadBytesMax,
  type Hello,
  speaksAsMember,
  writeFrame,
} from '../net/index.ts';
import type { Clock, Connection, Log, Timer } from '../ports/index.ts';
import { decodeMessageFrom, type Message } from '../raft/index.ts';
import type { ClientService, ClientSession } from './client-service.ts';
import { framed, isOpening, type MemberSecret, ProofIntake, secretUnknown } from './member-proof.ts';
import type { SnapshotIntake } from './snapshot-intake.ts';

export interface IncomingOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly checksum: Checksum | undefined;
  /** Throws `hello-refused` when the hello is for someone else, `level-unsupported` when its release cannot take part, and `queue-full` when there is no room. */
  readonly admit: (hello: Hello) => void;
  /** Present: a member proves that it knows this before it is admitted. */
  readonly secret?: MemberSecret;
  readonly onMessage: (message: Message) => void;
  /** Told why, or cut, because of what came on it. */
  readonly onRefused: () => void;
  /** A member's connection broke. */
  readonly onPeerLost: (member: number) => void;
  readonly clients: ClientService;
  /** Takes a snapshot that a member sends. */
  readonly intake: (connection: Connection, from: number) => SnapshotIntake;
  /** The connection is gone. */
  readonly onClosed: () => void;
}

type State =
  | { readonly kind: 'unknown'; readonly timer: Timer }
  /** A member has said hello, and shows that it is one. */
  | { readonly kind: 'proving'; readonly hello: Hello; readonly proof: ProofIntake; readonly timer: Timer }
  /** It has been told why, and has until the timer to take note and go. */
  | { readonly kind: 'refused'; readonly timer: Timer }
  | { readonly kind: 'peer'; readonly member: number }
  | { readonly kind: 'client'; readonly session: ClientSession; readonly member: number | undefined }
  | { readonly kind: 'snapshot'; readonly intake: SnapshotIntake }
  | { readonly kind: 'closed' };

const helloBytesMax = 1024;
const snapshotFrameBytesMax = 1 << 20;
/** Before a login. */
const nobodyFrameBytesMax = 256 << 10;
const helloMsMax = 5_000;

/** What someone with a sound hello is told; whatever else is wrong with one is no hello of ours. */
const spokenRefusals: ReadonlySet<string> = new Set(['hello-refused', 'level-unsupported', 'queue-full']);

/** For someone who speaks TLS to a port without. */
const plainWords = new TextEncoder().encode('quorate: this port speaks no TLS\n');

export class Incoming {
  readonly #options: IncomingOptions;
  readonly #connection: Connection;
  readonly #frames: FrameReader;
  #state: State;

  constructor(connection: Connection, options: IncomingOptions) {
    this.#options = options;
    this.#connection = connection;
    this.#frames = new FrameReader({
      payloadBytesMax: (length) => this.#payloadBytesMax(length),
      ...(options.checksum === undefined ? {} : { checksum: options.checksum }),
    });
    const timer = options.clock.setTimer(helloMsMax, () => this.#expired(), { background: true });
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

  /** Ends the connection; whatever it held is given back at once. */
  close(): void {
    this.#connection.destroy();
    this.#closed();
  }

  /** A client that is nobody, where it must be somebody. */
  get isNobody(): boolean {
    return this.#state.kind === 'client' && this.#state.session.isNobody;
  }

  #payloadBytesMax(length: number): number {
    const { kind } = this.#state;
    if (kind === 'unknown' || kind === 'proving' || kind === 'refused') return helloBytesMax;
    if (length > nobodyFrameBytesMax && this.isNobody) return nobodyFrameBytesMax;
    return kind === 'snapshot' ? snapshotFrameBytesMax : framePayloadBytesMax;
  }

  #received(bytes: Uint8Array): void {
    if (this.#state.kind === 'refused') return;
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
        this.#greet(payload, state.timer);
        return;
      case 'proving':
        this.#prove(payload, state);
        return;
      case 'peer':
        this.#messages(payload, state.member);
        return;
      case 'client':
        if (state.member === undefined || !isOpening(payload)) state.session.request(payload);
        else {
          state.session.close();
          this.#secretUnknown();
        }
        return;
      case 'snapshot':
        state.intake.frame(payload);
        return;
      case 'refused':
      case 'closed':
        return;
    }
  }

  #greet(payload: Uint8Array, timer: Timer): void {
    const { secret, checksum = crc32 } = this.#options;
    this.#spoken(timer, () => {
      const hello = decodeHello(payload);
      if (secret === undefined || !speaksAsMember(hello)) {
        this.#admit(hello, timer);
        return;
      }
      const answer = (bytes: Uint8Array): void => void this.#connection.write(framed(bytes, checksum));
      this.#state = { kind: 'proving', hello, proof: new ProofIntake(secret, payload, answer), timer };
    });
  }

  #prove(payload: Uint8Array, { hello, proof, timer }: Extract<State, { kind: 'proving' }>): void {
    this.#spoken(timer, () => {
      if (proof.take(payload)) this.#admit(hello, timer);
    });
  }

  /** What is wrong with who stands at the door is told, where it can be. */
  #spoken(timer: Timer, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!isQuorateError(error) || !spokenRefusals.has(error.code)) throw error;
      this.#turnAway(error, timer);
    }
  }

  #admit(hello: Hello, timer: Timer): void {
    const { admit, intake, clients } = this.#options;
    admit(hello);
    timer.cancel();
    const { purpose, from } = hello;
    if (purpose === 'peer') this.#state = { kind: 'peer', member: from };
    else if (purpose === 'snapshot')
      this.#state = { kind: 'snapshot', intake: intake(this.#connection, from) };
    else {
      const member = hello.asMember === true ? from : undefined;
      const session = clients.open(this.#connection, member);
      this.#state = { kind: 'client', session, member };
      if (hello.asksFeatures === true) session.tellFeatures();
    }
  }

  /** Someone who speaks our language came to the wrong door: it hears why. */
  #turnAway(error: QuorateError, timer: Timer): void {
    const { log, checksum = crc32, onRefused } = this.#options;
    const { host, port } = this.#connection.remote;
    log.warn('hello refused', { host, port, error });
    onRefused();
    const writer = new ByteWriter(1024);
    writeFrame(writer, checksum, () => encodeReply(writer, { id: 0, ok: false, error }));
    this.#partFrom(writer.bytes(), timer);
  }

  /** The last words to someone who is turned away; it has until the timer to take note and go. */
  #partFrom(words: Uint8Array, timer: Timer): void {
    this.#state = { kind: 'refused', timer };
    this.#connection.write(words);
    this.#connection.end();
  }

  /** A frame holds the messages of one turn, each behind its length. */
  #messages(payload: Uint8Array, member: number): void {
    if (isOpening(payload)) {
      this.#secretUnknown();
      return;
    }
    const reader = new ByteReader(payload, 'frame of messages');
    while (reader.remaining > 0) {
      const length = reader.u32();
      const start = reader.offset;
      const message = decodeMessageFrom(reader);
      if (reader.offset - start !== length)
        throw reader.malformed(`a message that is not ${length} bytes long`, start);
      if (message.from !== member)
        throw reader.malformed(`a message from ${message.from} on the link of ${member}`, reader.offset);
      // The core takes this one as proof that the snapshot's bytes are here, and only a stream of them brings it.
      if (message.kind === 'install-snapshot')
        throw reader.malformed('a snapshot to install without its bytes', start);
      this.#options.onMessage(message);
    }
  }

  #secretUnknown(): void {
    const { clock } = this.#options;
    this.#turnAway(
      secretUnknown(),
      clock.setTimer(helloMsMax, () => this.#expired(), { background: true }),
    );
  }

  #expired(): void {
    if (this.#state.kind === 'unknown') this.#refuse(new Error('no hello came'));
    else if (this.#state.kind === 'proving') this.#refuse(new Error('no proof of the secret came'));
    else this.#connection.destroy();
  }

  #refuse(cause: unknown): void {
    const state = this.#state;
    if (state.kind === 'closed' || state.kind === 'refused') return;
    const { host, port } = this.#connection.remote;
    this.#options.log.warn('connection refused', { host, port, cause });
    this.#options.onRefused();
    // Whatever is no TLS ends a handshake with a clear word; a connection that is cut would only look broken.
    if (state.kind === 'unknown' && this.#frames.stranger === 'tls') this.#partFrom(plainWords, state.timer);
    else this.#connection.destroy();
  }

  #closed(): void {
    const state = this.#state;
    if (state.kind === 'closed') return;
    this.#state = { kind: 'closed' };
    if (state.kind === 'unknown' || state.kind === 'proving' || state.kind === 'refused')
      state.timer.cancel();
    if (state.kind === 'client') state.session.close();
    if (state.kind === 'snapshot') void state.intake.close();
    if (state.kind === 'peer') this.#options.onPeerLost(state.member);
    this.#options.onClosed();
  }
}
