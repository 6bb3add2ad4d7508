/**
 * One connection to one server that speaks gRPC, on Node's own HTTP/2. The package `@grpc/grpc-js` would do the same
 * in more than twice the processor time a call, and would hide which member answers and whether a request has left.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import type { Address, ClientTls, Clock, Timer } from '../../../ports/index.ts';
import { CallFailure, connectionFailure } from './call-failure.ts';
import { Pulse } from './pulse.ts';
import { StreamCall, type StreamHandler } from './stream-call.ts';

export interface ChannelOptions {
  readonly address: Address;
  /** Absent: plain TCP. */
  readonly tls?: ClientTls;
  readonly clock: Clock;
  readonly connectMsMax: number;
  /** The largest message that is taken. */
  readonly answerBytesMax: number;
  /** Sent with each call. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly silenceMs: number;
  readonly answerMsMax: number;
}

export interface UnaryRequest {
  readonly path: string;
  readonly message: Uint8Array;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a connection may hold back for one stream, and for all: listings go through without a pause. */
const windowBytes = 4 << 20;
/** In megabytes; Node's default of 10 refuses streams when many calls wait at once. */
const sessionMegabytes = 1_000;
/** gRPC's header has eight digits. */
const timeoutMsMost = 99_999_999;

export class Channel {
  readonly address: Address;
  readonly #options: ChannelOptions;
  readonly #session: ClientHttp2Session;
  readonly #pulse: Pulse;
  readonly #closed = new AbortController();
  #metadata: Readonly<Record<string, string>>;
  #openStreams = 0;
  #isLeaving = false;

  private constructor(options: ChannelOptions, session: ClientHttp2Session) {
    this.address = options.address;
    this.#options = options;
    this.#metadata = options.metadata;
    this.#session = session;
    session.setLocalWindowSize(windowBytes);
    this.#pulse = new Pulse({
      clock: options.clock,
      silenceMs: options.silenceMs,
      answerMsMax: options.answerMsMax,
      isBusy: () => this.#openStreams > 0,
      ping: () => this.#ping(),
      dead: () => this.fail('it answers no ping'),
    });
    session.on('goaway', () => {
      this.#isLeaving = true;
    });
    session.on('error', (error) => this.#onClosed(connectionFailure(error, false)));
    session.on('close', () => this.#onClosed(lost('the server closed the connection')));
  }

  /** Rejects with a `CallFailure`, or with the signal's reason. */
  static connect(options: ChannelOptions, signal: AbortSignal): Promise<Channel> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const session = connect(urlOf(options), sessionOptions(options));
      let timer: Timer | undefined;
      const settle = (): void => {
        timer?.cancel();
        signal.removeEventListener('abort', onAbort);
        session.off('close', onClose).off('remoteSettings', onGreeting);
      };
      const fail = (reason: unknown): void => {
        settle();
        reject(reason);
        session.destroy();
      };
      const onAbort = (): void => fail(signal.reason);
      const onClose = (): void => fail(lost('the server closed the connection before it said anything'));
      const onGreeting = (): void => {
        settle();
        session.off('error', onError);
        resolve(new Channel(options, session));
      };
      // Stays until the channel has its own: what a destroyed session has to say is heard by somebody.
      const onError = (error: Error): void => fail(connectionFailure(error, true));
      session.on('error', onError).on('close', onClose).on('remoteSettings', onGreeting);
      // A server that wants a certificate says so behind the handshake; the session hears nothing of that.
      session.once('connect', (_session, socket) => socket.once('error', onError));
      signal.addEventListener('abort', onAbort, { once: true });
      const silence = `nothing was heard from it within ${options.connectMsMax} ms`;
      timer = options.clock.setTimer(options.connectMsMax, () => fail(lost(silence)));
    });
  }

  /** Aborts with a `CallFailure` when the connection is gone. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** New calls go elsewhere; those under way may still be answered. */
  get isLeaving(): boolean {
    return this.#isLeaving || this.#closed.signal.aborted;
  }

  /** When something came from the server the last time. */
  get heardAt(): number {
    return this.#pulse.heardAt;
  }

  setMetadata(metadata: Readonly<Record<string, string>>): void {
    this.#metadata = metadata;
  }

  /** One message there and one back. Rejects with a `CallFailure`, or with the signal's reason. */
  unary({ path, message, timeoutMs, signal }: UnaryRequest): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      let answer: Uint8Array | undefined;
      const call = this.#call(path, timeoutMs, {
        message: (bytes) => {
          answer = bytes;
        },
        ended: (failure) => {
          settle();
          if (failure !== undefined) reject(failure);
          else if (answer !== undefined) resolve(answer);
          else reject(new CallFailure({ kind: 'protocol', message: 'an answer is empty', isUnsent: false }));
        },
      });
      const giveUp = (reason: unknown): void => {
        settle();
        call.cancel();
        reject(reason);
      };
      const onAbort = (): void => giveUp(signal?.reason);
      const timer = this.#options.clock.setTimer(timeoutMs, () => giveUp(late(timeoutMs)));
      const settle = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      call.sendLast(message);
    });
  }

  /** Messages in both directions, until one side ends it. Throws a `CallFailure` when the connection is gone. */
  stream(path: string, handler: StreamHandler): StreamCall {
    return this.#call(path, undefined, handler);
  }

  /** Takes no new calls, and closes when those under way are over. */
  retire(): void {
    this.#isLeaving = true;
    if (this.#openStreams === 0) this.close();
  }

  /** Gives the connection up; all calls end. */
  fail(reason: string): void {
    this.#onClosed(lost(reason));
  }

  close(): void {
    this.#onClosed(lost('it was closed from this side'));
  }

  #call(path: string, timeoutMs: number | undefined, handler: StreamHandler): StreamCall {
    if (this.isLeaving) throw gone(this.#closed.signal.reason);
    const limit = timeoutMs === undefined ? {} : { 'grpc-timeout': timeoutText(timeoutMs) };
    const stream = this.#request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...this.#metadata,
      ...limit,
    });
    this.#openStreams += 1;
    return new StreamCall({
      stream,
      answerBytesMax: this.#options.answerBytesMax,
      handler: {
        message: (bytes) => handler.message(bytes),
        ended: (failure) => handler.ended(this.#explained(failure)),
      },
      heard: () => this.#pulse.heard(),
      released: () => {
        this.#openStreams -= 1;
        if (this.#isLeaving && this.#openStreams === 0) this.close();
      },
    });
  }

  /** A connection that is going, or has no numbers left for streams, throws. */
  #request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    try {
      return this.#session.request(headers, { endStream: false });
    } catch (cause) {
      this.#isLeaving = true;
      throw gone(cause);
    }
  }

  /** A stream knows only that it was cut; why is known here. */
  #explained(failure: CallFailure | undefined): CallFailure | undefined {
    const { aborted, reason } = this.#closed.signal;
    return failure?.kind === 'unreachable' && !failure.isUnsent && aborted ? reason : failure;
  }

  #ping(): void {
    if (this.#session.destroyed) return;
    this.#session.ping((error) => {
      if (error === null) this.#pulse.heard();
    });
  }

  #onClosed(cause: CallFailure): void {
    if (this.#closed.signal.aborted) return;
    this.#pulse.stop();
    this.#closed.abort(cause);
    this.#session.destroy();
  }
}

/** Nothing was sent: the connection is going, or gone. */
function gone(cause: unknown): CallFailure {
  const message = 'the connection is being closed';
  return new CallFailure({ kind: 'unreachable', message, isUnsent: true, cause });
}

function lost(message: string): CallFailure {
  return new CallFailure({ kind: 'unreachable', message, isUnsent: false });
}

function late(timeoutMs: number): CallFailure {
  const message = `no answer within ${Math.ceil(timeoutMs)} ms`;
  return new CallFailure({ kind: 'late', message, isUnsent: false });
}

function timeoutText(timeoutMs: number): string {
  return `${Math.min(timeoutMsMost, Math.max(1, Math.ceil(timeoutMs)))}m`;
}

function urlOf({ address, tls }: ChannelOptions): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${tls === undefined ? 'http' : 'https'}://${host}:${address.port}`;
}

function sessionOptions({ tls }: ChannelOptions): SecureClientSessionOptions {
  return {
    maxSessionMemory: sessionMegabytes,
    settings: { enablePush: false, initialWindowSize: windowBytes },
    ...(tls?.authorities === undefined ? {} : { ca: [...tls.authorities] }),
    ...(tls?.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(tls?.key === undefined ? {} : { key: tls.key }),
    ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
  };
}
