/**
 * One connection to one ZooKeeper server: the handshake, requests that are pipelined and answered in their order,
 * events that come unasked, and pings. A peer that owes an answer and says nothing for a third of the session's time
 * is gone, whatever TCP believes of it: half-open connections must not cost a session its life.
 */
import { Deque, linkSignals, QuorateError } from '../../../base/index.ts';
import type { Address, ClientTls, Clock, Connection, Network, Timer } from '../../../ports/index.ts';
import {
  type ConnectReply,
  decodeConnectReply,
  decodeNotification,
  decodeReplyHeader,
  encodeConnectRequest,
  JuteFrameReader,
  JuteReader,
  JuteWriter,
  kinds,
  type Notification,
  type WireRequest,
  xids,
} from '../wire/index.ts';
import { foreignProtocol, refusedBy, turnedAway, unreachable } from './failures.ts';
import { answerTooLarge, requestTooLarge, tooManyWait } from './request-limits.ts';
import type { Seen } from './seen.ts';

export interface Credentials {
  /** `digest`, or what else the server knows. */
  readonly scheme: string;
  /** For `digest`: `user:password`. */
  readonly credentials: string;
}

export interface LinkOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly address: Address;
  readonly tls: ClientTls | undefined;
  readonly auth: readonly Credentials[];
  /** The last transaction that this program claims to have seen. */
  readonly lastZxid: number;
  /** Hears of each transaction that an answer names. */
  readonly seen: Seen;
  /** What is asked for; the server may grant another one. */
  readonly timeoutMs: number;
  readonly session: string;
  readonly password: Uint8Array;
  /** Most bytes of an answer that is taken. */
  readonly frameBytesMax: number;
  /** Most bytes of a request: a server closes the connection over a larger one. */
  readonly requestBytesMax: number;
  /** Connecting and the handshake take no longer. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: Notification) => void;
}

/** An answer; `error` 0 has a body. */
export type Reply<T> =
  | { readonly error: 0; readonly zxid: number; readonly body: T }
  | { readonly error: number; readonly zxid: number; readonly body: undefined };

interface Waiter {
  readonly xid: number;
  readonly sentAt: number;
  /** Reads the rest of a frame and resolves. */
  answered(reader: JuteReader, error: number, zxid: number): void;
  reject(error: QuorateError): void;
}

/** Requests that may wait for their answers; one more is refused. */
const waitingMax = 10_000;
const xidMax = 0x7fff_ffff;
const headBytes = 16;
/** What the answer to a handshake may have: 37 bytes, and what later releases may add. */
const greetingBytesMax = 256;
/** No server sends more at once. */
const claimBytesMax = 1 << 30;
/** A session of a shorter time would be asked after without end. */
const silenceMsMin = 20;
const utf8 = new TextEncoder();

export class ZookeeperLink {
  readonly address: Address;
  /** What the server granted. */
  readonly granted: ConnectReply;
  /** When the request was sent that the server granted. */
  readonly sentAt: number;
  readonly #wire: LinkWire;

  /** Resolves when the server has granted a session, or has said with a time of 0 that it is over. */
  static async open(options: LinkOptions): Promise<ZookeeperLink> {
    const { network, clock, address, tls, patienceMs, signal } = options;
    using patience = linkSignals(signal);
    const timer = clock.setTimer(patienceMs, () =>
      patience.abort(unreachable(address, `no answer within ${Math.round(patienceMs)} ms`, 'not-applied')),
    );
    try {
      const secured = tls === undefined ? {} : { tls };
      const connection = await network.connect({ address, signal: patience.signal, ...secured });
      const wire = new LinkWire(connection, options);
      const sentAt = clock.now();
      return new ZookeeperLink(wire, await wire.greet(patience.signal), sentAt, address);
    } catch (error) {
      if (signal.aborted || !(error instanceof QuorateError) || error.code !== 'network-failed') throw error;
      const { message, retryable } = error;
      throw unreachable(address, message, 'not-applied', { cause: error, retryable });
    } finally {
      timer.cancel();
    }
  }

  private constructor(wire: LinkWire, granted: ConnectReply, sentAt: number, address: Address) {
    this.#wire = wire;
    this.granted = granted;
    this.sentAt = sentAt;
    this.address = address;
    wire.attend(granted.timeoutMs);
  }

  /** Resolves with the reason when the connection is gone. */
  get lost(): Promise<QuorateError> {
    return this.#wire.lost;
  }

  get isLost(): boolean {
    return this.#wire.isLost;
  }

  /**
   * Rejects with `engine-unreachable` when the connection goes before the answer: the outcome is unknown. `heard` is
   * called with the answer before any event behind it is told, for who must know the order of the two.
   */
  request<T>(request: WireRequest<T>, heard?: (reply: Reply<T>) => void): Promise<Reply<T>> {
    return this.#wire.request(request, heard);
  }

  /** Tells the server that this session lives, without waiting for its answer. */
  ping(): void {
    this.#wire.ping();
  }

  close(): void {
    this.#wire.lose(unreachable(this.address, 'this side closed the connection', 'unknown'));
  }

  /** Closes what cannot be relied on any more, such as a server that is behind what was seen elsewhere. */
  abandon(problem: string): void {
    this.#wire.lose(unreachable(this.address, problem, 'unknown'));
  }
}

class LinkWire {
  readonly #connection: Connection;
  readonly #options: LinkOptions;
  readonly #frames: JuteFrameReader;
  readonly #waiting = new Deque<Waiter>();
  readonly #lost = Promise.withResolvers<QuorateError>();
  readonly #greeting = Promise.withResolvers<ConnectReply>();
  #hasGreeted = false;
  #isLost = false;
  #isPinged = false;
  #lastXid = 0;
  #silenceMs = Number.POSITIVE_INFINITY;
  #heardAt: number;
  #sentAt: number;
  #pingedAt = 0;
  #timer: Timer | undefined;

  constructor(connection: Connection, options: LinkOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#heardAt = options.clock.now();
    this.#sentAt = this.#heardAt;
    this.#greeting.promise.catch(() => undefined);
    this.#frames = new JuteFrameReader({
      frameBytesMax: options.frameBytesMax,
      claimBytesMax: () => (this.#hasGreeted ? claimBytesMax : greetingBytesMax),
      frame: (bytes) => this.#frame(bytes),
      tooLarge: (head, length) => this.#tooLarge(head, length),
    });
    connection.start({
      received: (bytes) => this.#received(bytes),
      drained: () => undefined,
      ended: () => this.#closed(undefined),
      closed: (cause) => this.#closed(cause),
    });
  }

  get lost(): Promise<QuorateError> {
    return this.#lost.promise;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  async greet(signal: AbortSignal): Promise<ConnectReply> {
    const { lastZxid, timeoutMs, session, password, address } = this.#options;
    const onAbort = (): void => {
      const { reason } = signal;
      this.#greeting.reject(reason);
      this.lose(unreachable(address, 'the handshake was given up', 'not-applied', { cause: reason }));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#connection.write(encodeConnectRequest({ lastZxid, timeoutMs, session, password }));
    try {
      return await this.#greeting.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The handshake is done: credentials are shown, and silence is noticed from now on. */
  attend(timeoutMs: number): void {
    if (timeoutMs <= 0 || this.#isLost) return;
    for (const { scheme, credentials } of this.#options.auth) this.#authenticate(scheme, credentials);
    this.#silenceMs = Math.max(silenceMsMin, timeoutMs / 3);
    this.#plan(this.#silenceMs);
  }

  request<T>(
    { kind, write, read }: WireRequest<T>,
    heard: ((reply: Reply<T>) => void) | undefined,
  ): Promise<Reply<T>> {
    const { address, clock } = this.#options;
    if (this.#isLost) return Promise.reject(unreachable(address, 'the connection is gone', 'not-applied'));
    if (this.#waiting.size >= waitingMax) return Promise.reject(tooManyWait(waitingMax));
    this.#lastXid = this.#lastXid === xidMax ? 1 : this.#lastXid + 1;
    const xid = this.#lastXid;
    const frame = framed(xid, kind, write);
    const { requestBytesMax } = this.#options;
    if (frame.length - 4 > requestBytesMax)
      return Promise.reject(requestTooLarge(frame.length - 4, requestBytesMax));
    return new Promise((resolve, reject) => {
      this.#waiting.pushBack({
        xid,
        sentAt: clock.now(),
        answered: (reader, error, zxid) => {
          const reply = error === 0 ? { error, zxid, body: read(reader) } : { error, zxid, body: undefined };
          heard?.(reply as Reply<T>);
          resolve(reply as Reply<T>);
        },
        reject,
      });
      this.#write(frame);
    });
  }

  ping(): void {
    if (this.#isLost) return;
    if (!this.#isPinged) this.#pingedAt = this.#options.clock.now();
    this.#isPinged = true;
    this.#write(framed(xids.ping, kinds.ping, () => undefined));
  }

  lose(error: QuorateError): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#timer?.cancel();
    this.#greeting.reject(error);
    for (let waiter = this.#waiting.popFront(); waiter !== undefined; waiter = this.#waiting.popFront())
      waiter.reject(error);
    this.#lost.resolve(error);
    this.#connection.destroy();
  }

  #authenticate(scheme: string, credentials: string): void {
    const write = (writer: JuteWriter): void => {
      writer.int(0);
      writer.text(scheme);
      writer.buffer(utf8.encode(credentials));
    };
    this.#write(framed(xids.auth, kinds.auth, write));
  }

  #write(frame: Uint8Array): void {
    this.#sentAt = this.#options.clock.now();
    // The bound on requests that wait bounds what can gather here.
    this.#connection.write(frame);
  }

  #received(bytes: Uint8Array): void {
    if (this.#isLost) return;
    this.#heardAt = this.#options.clock.now();
    try {
      this.#frames.push(bytes);
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error;
      this.lose(foreignProtocol(this.#options.address, error));
    }
  }

  #frame(bytes: Uint8Array): void {
    if (this.#isLost) return;
    if (!this.#hasGreeted) {
      this.#hasGreeted = true;
      this.#greeting.resolve(decodeConnectReply(bytes));
      return;
    }
    const reader = new JuteReader(bytes, 'a reply');
    const { xid, zxid, error } = decodeReplyHeader(reader);
    if (xid > 0) this.#options.seen.saw(zxid);
    if (xid === xids.notification) this.#options.onEvent(decodeNotification(reader));
    else if (xid === xids.ping) this.#isPinged = false;
    else if (xid !== xids.auth) this.#answer(this.#next(xid), reader, error, zxid);
    else if (error !== 0) this.lose(refusedBy(this.#options.address, error));
  }

  #answer(waiter: Waiter, reader: JuteReader, error: number, zxid: number): void {
    try {
      waiter.answered(reader, error, zxid);
    } catch (cause) {
      waiter.reject(foreignProtocol(this.#options.address, cause));
      throw cause;
    }
  }

  #tooLarge(head: Uint8Array, length: number): void {
    if (this.#isLost) return;
    const { frameBytesMax } = this.#options;
    const { xid } = decodeReplyHeader(new JuteReader(head.subarray(0, headBytes), 'a reply'));
    this.#next(xid).reject(answerTooLarge(length, frameBytesMax));
  }

  /** Answers come in the order of their requests; another one is a sign that this is no ZooKeeper. */
  #next(xid: number): Waiter {
    const waiter = this.#waiting.popFront();
    if (waiter?.xid === xid) return waiter;
    if (waiter !== undefined) this.#waiting.pushFront(waiter);
    const reason = `an answer to request ${xid} came where ${waiter?.xid ?? 'none'} was due`;
    throw new QuorateError({ code: 'frame-refused', message: reason, data: { reason } });
  }

  #closed(cause: Error | undefined): void {
    const { address } = this.#options;
    if (!this.#hasGreeted) return this.lose(turnedAway(address, cause));
    const reason = cause === undefined ? 'the server closed the connection' : cause.message;
    this.lose(unreachable(address, reason, 'unknown', { cause }));
  }

  #plan(forMs: number): void {
    this.#timer = this.#options.clock.setTimer(forMs, () => this.#look(), { background: true });
  }

  /**
   * One timer for both duties, looked at again when it falls due: what happens meanwhile only moves the moment
   * further away. A process that stood still finds its timer due before it has read what came; so before a peer is
   * called silent, the turn of the loop is let pass.
   */
  #look(): void {
    if (this.#isLost) return;
    const leftMs = this.#dueAt - this.#options.clock.now();
    if (leftMs > 0) return this.#plan(leftMs);
    if (!this.#isOwed) {
      this.ping();
      return this.#plan(this.#silenceMs);
    }
    this.#options.clock.afterTurn(() => {
      if (this.#isLost) return;
      const restMs = this.#dueAt - this.#options.clock.now();
      if (restMs > 0) return this.#plan(restMs);
      const problem = `it owes an answer and has said nothing for ${Math.round(this.#silenceMs)} ms`;
      this.lose(unreachable(this.#options.address, problem, 'unknown'));
    });
  }

  get #isOwed(): boolean {
    return this.#isPinged || this.#waiting.size > 0;
  }

  get #dueAt(): number {
    if (!this.#isOwed) return this.#sentAt + this.#silenceMs;
    const oldest = Math.min(
      this.#waiting.front()?.sentAt ?? Number.POSITIVE_INFINITY,
      this.#isPinged ? this.#pingedAt : Number.POSITIVE_INFINITY,
    );
    return Math.max(oldest, this.#heardAt) + this.#silenceMs;
  }
}

function framed(xid: number, kind: number, write: (writer: JuteWriter) => void): Uint8Array {
  const writer = new JuteWriter();
  writer.int(xid);
  writer.int(kind);
  write(writer);
  return writer.framed();
}
