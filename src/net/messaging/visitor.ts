/**
 * A connection that somebody made to this program. Until its hello has shown that it belongs here it may send one
 * small frame and has a few seconds; whoever speaks our language and is turned away hears why. Whatever breaks the
 * protocol ends this connection and nothing else.
 */
import { ByteWriter, isQuorateError, type QuorateError } from '../../base/index.ts';
import type { Clock, Connection, Log, Timer } from '../../ports/index.ts';
import { encodeReply } from '../client-protocol.ts';
import { connectionLost } from '../connection-errors.ts';
import { type Checksum, FrameReader, writeFrame } from '../frame.ts';
import { decodeHello, type Hello, helloRefused } from '../hello.ts';
import type { ServingSession } from './serving-session.ts';
import { decodeTerms, encodeTerms, type MessagingTerms } from './terms.ts';

export interface VisitorOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly checksum: Checksum;
  readonly terms: MessagingTerms;
  /** Throws why it is not let in. */
  readonly admit: (hello: Hello) => void;
  readonly serve: (peerTerms: MessagingTerms) => ServingSession;
  /** Who says nothing for so long is let go of. */
  readonly silenceMsMax: number;
  /** Told why, or cut, because of what came on it. */
  readonly onRefused: () => void;
  readonly onClosed: () => void;
}

type State =
  | { readonly kind: 'stranger' }
  /** It has been told why, and has until the timer to take note and go. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'served'; readonly session: ServingSession }
  | { readonly kind: 'closed' };

const helloBytesMax = 1024;
const helloMsMax = 5_000;

/** For someone who speaks TLS to a port without. */
const plainWords = new TextEncoder().encode('quorate: this port speaks no TLS\n');

export class Visitor {
  readonly #options: VisitorOptions;
  readonly #connection: Connection;
  readonly #frames: FrameReader;
  #state: State = { kind: 'stranger' };
  #timer: Timer;
  #heard = 0;

  constructor(connection: Connection, options: VisitorOptions) {
    const { clock, checksum, terms } = options;
    this.#options = options;
    this.#connection = connection;
    this.#frames = new FrameReader({
      payloadBytesMax: () => (this.#state.kind === 'served' ? terms.frameBytesMax : helloBytesMax),
      checksum,
    });
    this.#timer = clock.setTimer(helloMsMax, () => this.#refuse(new Error('no hello came')), {
      background: true,
    });
    connection.start({
      received: (bytes) => this.#received(bytes),
      drained: () => {
        this.#heard += 1;
        if (this.#state.kind === 'served') this.#state.session.drained();
      },
      ended: () => connection.destroy(),
      closed: (cause) => this.#closed(cause),
    });
  }

  close(): void {
    this.#connection.destroy();
    this.#closed(undefined);
  }

  #received(bytes: Uint8Array): void {
    this.#heard += 1;
    if (this.#state.kind === 'refused' || this.#state.kind === 'closed') return;
    try {
      this.#frames.push(bytes, (payload) => this.#frame(payload));
    } catch (error) {
      this.#refuse(error);
    }
  }

  #frame(payload: Uint8Array): void {
    const state = this.#state;
    if (state.kind === 'served') state.session.packet(payload);
    else if (state.kind === 'stranger') this.#greet(payload);
  }

  #greet(payload: Uint8Array): void {
    const { admit, serve, terms } = this.#options;
    try {
      const hello = decodeHello(payload);
      if (hello.purpose !== 'messages' || hello.terms === undefined)
        throw helloRefused('it comes as a node or a client of a cluster, and this program sends messages');
      admit(hello);
      const session = serve(decodeTerms(hello.terms));
      this.#say({ id: 0, ok: true, body: encodeTerms(terms), isItem: true });
      this.#state = { kind: 'served', session };
      this.#heed();
    } catch (error) {
      if (!isQuorateError(error) || (error.code !== 'hello-refused' && error.code !== 'queue-full'))
        throw error;
      this.#turnAway(error);
    }
  }

  /** Someone who speaks our language came to the wrong door: it hears why. */
  #turnAway(error: QuorateError): void {
    const { log, onRefused } = this.#options;
    log.warn('hello refused', { ...this.#connection.remote, error });
    onRefused();
    this.#say({ id: 0, ok: false, error });
    this.#part();
  }

  #say(reply: Parameters<typeof encodeReply>[1]): void {
    const writer = new ByteWriter(256);
    writeFrame(writer, this.#options.checksum, () => encodeReply(writer, reply));
    this.#connection.write(writer.copy());
  }

  /** It has until the timer to take note and go. */
  #part(): void {
    const { clock } = this.#options;
    this.#state = { kind: 'refused' };
    this.#connection.end();
    this.#timer.cancel();
    this.#timer = clock.setTimer(helloMsMax, () => this.#connection.destroy(), { background: true });
  }

  /** Looks again and again whether it says anything, or takes anything. */
  #heed(): void {
    const { clock, silenceMsMax } = this.#options;
    this.#timer.cancel();
    this.#heard = 0;
    this.#timer = clock.setTimer(
      silenceMsMax,
      () => {
        if (this.#heard > 0) this.#heed();
        else this.#refuse(new Error(`it was silent for ${silenceMsMax} ms`));
      },
      { background: true },
    );
  }

  #refuse(cause: unknown): void {
    const state = this.#state;
    if (state.kind === 'closed' || state.kind === 'refused') return;
    const { log, onRefused } = this.#options;
    log.warn('connection refused', { ...this.#connection.remote, cause });
    onRefused();
    // Whatever is no TLS ends a handshake with a clear word; a connection that is cut would only look broken.
    if (state.kind === 'stranger' && this.#frames.stranger === 'tls') {
      this.#connection.write(plainWords);
      this.#part();
      return;
    }
    this.#connection.destroy();
    this.#closed(cause instanceof Error ? cause : undefined);
  }

  #closed(cause: Error | undefined): void {
    const state = this.#state;
    if (state.kind === 'closed') return;
    this.#state = { kind: 'closed' };
    this.#timer.cancel();
    if (state.kind === 'served')
      state.session.lost(connectionLost(this.#connection.remote, cause, 'unknown'));
    this.#options.onClosed();
  }
}
