/**
 * A connection from a client to one node: requests go out pipelined, one write a turn, and are matched to
 * their replies by number. When the connection breaks, whatever was not answered has an unknown outcome; what
 * comes after that is refused, and has none.
 */
import { crc32, linkSignals, QuorateError } from '../base/index.ts';
import {
  type Checksum,
  connectionLost,
  connectUnanswered,
  decodeNodeFeatures,
  decodeReply,
  encodeHello,
  encodeRequest,
  FrameBatch,
  FrameReader,
  framePayloadBytesMax,
  type QuestionKind,
  type Reply,
  type Request,
  requestOverheadBytes,
  strangerError,
} from '../net/index.ts';
import type { Address, Clock, Connection, Network, Timer } from '../ports/index.ts';
import { type Credentials, encodeLogin, loggedOut } from './credentials.ts';

export interface LinkOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly address: Address;
  /** The cluster that is meant; empty: whichever the node belongs to. */
  readonly cluster: string;
  readonly checksum: Checksum | undefined;
  /** Requests that may be open at once, and bytes in them; more are refused, but for a single one. */
  readonly requestsMax: number;
  readonly requestBytesMax: number;
  /** An attempt to connect that takes longer has failed. */
  readonly connectMsMax: number;
  /** A node that owes an answer and says nothing for so long is silent. */
  readonly silenceMsMax: number;
  /** It is silent, in this group among others; told again and again until it says something. */
  readonly onSilent: (link: Link, group: number) => void;
  readonly signal: AbortSignal;
  /** Said to the node before anything is asked of it. */
  readonly credentials: Credentials | undefined;
}

interface Waiter {
  readonly bytes: number;
  resolve(body: Uint8Array): void;
  reject(reason: unknown): void;
}

/** Whoever hears of what one node tells of. */
export interface LinkWatcher {
  /** The bytes are the receiver's. */
  item(body: Uint8Array): void;
  /** Nothing more will come, for this reason. */
  ended(error: QuorateError): void;
}

const noBytes = new Uint8Array(0);
const bodyBytesMax = framePayloadBytesMax - requestOverheadBytes;

const loginMsMax = 15_000;

/** How often a silence is told in short order: an election takes no longer. */
const againSoon = 20;

export class Link {
  readonly #options: LinkOptions;
  readonly #connection: Connection;
  readonly #waiters = new Map<number, Waiter>();
  readonly #watchers = new Map<number, LinkWatcher>();
  #waitingBytes = 0;
  readonly #outgoing: FrameBatch;
  readonly #frames: FrameReader;
  #lastId = 0;
  #isFlushPlanned = false;
  readonly #whenLost = Promise.withResolvers<void>();
  #isLost = false;
  /** Runs while somebody waits for an answer that only the leader of a group gives. */
  #silence: Timer | undefined;
  #waiting = 0;
  #silences = 0;
  #isLoggedIn = false;
  /** The node understands how long an answer is waited for; known when it has said so. */
  #takesDeadlines = false;
  /** The node has forgotten who this is: what is open is waited for, and nothing more is asked. */
  #isRetired = false;
  /** Pieces of replies that came: two equal values say that the node was silent between. */
  heard = 0;

  static async open(options: LinkOptions): Promise<Link> {
    const { network, clock, address, connectMsMax, signal } = options;
    using patience = linkSignals(signal);
    const timer = clock.setTimer(connectMsMax, () =>
      patience.abort(connectUnanswered(address, connectMsMax)),
    );
    let link: Link;
    try {
      link = new Link(await network.connect({ address, signal: patience.signal }), options);
    } finally {
      timer.cancel();
    }
    if (options.credentials !== undefined) await link.#login(options.credentials);
    return link;
  }

  private constructor(connection: Connection, options: LinkOptions) {
    this.#connection = connection;
    this.#options = options;
    const { checksum = crc32 } = options;
    this.#outgoing = new FrameBatch(checksum);
    this.#frames = new FrameReader({ payloadBytesMax: () => framePayloadBytesMax, checksum });
    connection.start({
      received: (bytes) => this.#received(bytes),
      drained: () => this.#flush(),
      ended: () => connection.destroy(),
      closed: (cause) => this.#closed(cause),
    });
    const hello = encodeHello({
      purpose: 'client',
      cluster: options.cluster,
      from: 0,
      to: 0,
      asksFeatures: true,
    });
    this.#outgoing.add((writer) => writer.raw(hello));
    this.#plan();
  }

  async #login(credentials: Credentials): Promise<void> {
    const { clock, signal } = this.#options;
    const onAbort = (): void => this.close();
    signal.addEventListener('abort', onAbort, { once: true });
    // Longer than many others whose passwords are checked before.
    const timer = clock.setTimer(loginMsMax, onAbort);
    try {
      if (signal.aborted) onAbort();
      await this.request('login', 0, encodeLogin(credentials));
    } catch (error) {
      this.close();
      throw error;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    }
    this.#isLoggedIn = true;
  }

  /** Resolves when the connection is gone, or is not to be used any more. */
  get lost(): Promise<void> {
    return this.#whenLost.promise;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Until `dueMs`, by the clock, an answer is waited for; the node hears so where it can. */
  request(kind: QuestionKind, group: number, body: Uint8Array, dueMs?: number): Promise<Uint8Array> {
    const refusal = this.#refusal(body.length);
    if (refusal !== undefined) return Promise.reject(refusal);
    this.#lastId += 1;
    const id = this.#lastId;
    if (dueMs === undefined || !this.#takesDeadlines) this.#send({ id, kind, group, body });
    else this.#send({ id, kind, group, body, remainingMs: dueMs - this.#options.clock.now() });
    this.#waitingBytes += body.length;
    return new Promise((resolve, reject) => this.#waiters.set(id, { bytes: body.length, resolve, reject }));
  }

  /** Somebody waits for an answer that only the leader of `group` gives, until `answered` is called. */
  awaited(group: number): void {
    this.#waiting += 1;
    if (this.#silence !== undefined || this.#isLost) return;
    this.#silences = 0;
    this.#listen(group);
  }

  /** One who waited has an answer, or does not wait any more. */
  answered(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0) return;
    this.#silence?.cancel();
    this.#silence = undefined;
  }

  /** Begins a watch at this node; the result ends it, and may be called twice. */
  watch(group: number, body: Uint8Array, watcher: LinkWatcher): () => void {
    const refusal = this.#refusal(body.length);
    if (refusal !== undefined) throw refusal;
    this.#lastId += 1;
    const id = this.#lastId;
    this.#watchers.set(id, watcher);
    this.#send({ id, kind: 'watch', group, body });
    return () => {
      if (!this.#watchers.delete(id) || this.#isLost) return;
      this.#send({ id, kind: 'unwatch', group, body: noBytes });
    };
  }

  close(): void {
    this.#connection.destroy();
    this.#closed(undefined);
  }

  /** Hears whether the node says anything at all for a while; a silence that goes on is told more and more rarely. */
  #listen(group: number): void {
    const { clock, silenceMsMax, onSilent } = this.#options;
    const { heard } = this;
    const forMs =
      this.#silences === 0 ? silenceMsMax : silenceMsMax * (this.#silences < againSoon ? 0.25 : 5);
    this.#silence = clock.setTimer(
      forMs,
      () => {
        this.#silences = this.heard === heard ? this.#silences + 1 : 0;
        this.#listen(group);
        if (this.#silences > 0) onSilent(this, group);
      },
      { background: true },
    );
  }

  #send(request: Request): void {
    this.#outgoing.add((writer) => encodeRequest(writer, request));
    this.#plan();
  }

  #refusal(bytes: number): QuorateError | undefined {
    const { requestsMax, requestBytesMax, address } = this.#options;
    if (this.#isLost || this.#isRetired) return connectionLost(address, undefined, 'not-applied');
    if (bytes > bodyBytesMax) return tooLarge(bytes);
    const isFull = this.#waiters.size > 0 && this.#waitingBytes + bytes > requestBytesMax;
    if (isFull || this.#waiters.size >= requestsMax) return tooMany(requestsMax, requestBytesMax);
    return undefined;
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
    if (this.#outgoing.length === 0 || this.#isLost) return;
    // The bounds on open requests bound what can wait here, so the answer of `write` needs no heed.
    this.#connection.write(this.#outgoing.take());
  }

  #received(bytes: Uint8Array): void {
    this.heard += 1;
    try {
      this.#frames.push(bytes, (payload) => this.#reply(payload));
    } catch (cause) {
      this.#connection.destroy();
      this.#closed(cause instanceof Error ? cause : undefined);
    }
  }

  #reply(payload: Uint8Array): void {
    const reply = decodeReply(payload);
    if (reply.id === 0) {
      if (reply.ok) {
        this.#takesDeadlines = decodeNodeFeatures(reply.body).deadlines;
        return;
      }
      // The node wants nothing to do with this connection, and has looked at no request of it.
      this.#end(reply.error);
      this.#connection.destroy();
      return;
    }
    const watcher = this.#watchers.get(reply.id);
    if (watcher !== undefined) return this.#told(reply, watcher);
    const waiter = this.#waiters.get(reply.id);
    if (waiter === undefined) return;
    this.#waiters.delete(reply.id);
    this.#waitingBytes -= waiter.bytes;
    if (reply.ok) waiter.resolve(reply.body);
    else waiter.reject(this.#heardOf(reply.error));
    this.#leave();
  }

  /** A node that knows this user no longer may know it again on another connection. */
  #heardOf(error: QuorateError): QuorateError {
    if (error.code !== 'unauthenticated' || !this.#isLoggedIn) return error;
    this.#isRetired = true;
    this.#whenLost.resolve();
    return loggedOut(error);
  }

  #leave(): void {
    if (this.#isRetired && this.#waiters.size === 0 && this.#watchers.size === 0) this.close();
  }

  #told(reply: Reply, watcher: LinkWatcher): void {
    if (reply.ok) return watcher.item(reply.body);
    this.#watchers.delete(reply.id);
    watcher.ended(this.#heardOf(reply.error));
    this.#leave();
  }

  #closed(cause: Error | undefined): void {
    const { address } = this.#options;
    const { stranger } = this.#frames;
    if (stranger === undefined) this.#end(connectionLost(address, cause, 'unknown'));
    else this.#end(strangerError(stranger));
  }

  #end(error: QuorateError): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#silence?.cancel();
    for (const waiter of this.#waiters.values()) waiter.reject(error);
    this.#waiters.clear();
    const watchers = [...this.#watchers.values()];
    this.#watchers.clear();
    for (const watcher of watchers) watcher.ended(error);
    this.#outgoing.reset();
    this.#whenLost.resolve();
  }
}

function tooMany(requests: number, bytes: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `this connection has its limit of ${requests} requests or ${bytes} bytes open; wait for replies before sending more`,
    data: { queue: 'requests of a connection', limit: requests },
  });
}

function tooLarge(bytes: number): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message: `a request of ${bytes} bytes is above the limit of ${bodyBytesMax}; split it`,
    data: { what: 'request', bytes, limit: bodyBytesMax },
  });
}
