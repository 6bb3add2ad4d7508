/**
 * Answers clients. Replies of one turn leave in one write to each connection. A client that does not read its replies stops being
 * read itself; what it has asked for before that is bounded in number and bytes, and so is what waits for it:
 * beyond the first bound reads are refused, beyond the second the connection is cut.
 */
import { crc32, type QuorateError } from '../base/index.ts';
import {
  type Checksum,
  decodeRequest,
  encodeNodeFeatures,
  encodeReply,
  FrameBatch,
  framePayloadBytesMax,
  type QuestionKind,
  type Reply,
  type Request,
  requestOverheadBytes,
} from '../net/index.ts';
import type { Clock, Connection, Log } from '../ports/index.ts';
import {
  asQuorateError,
  numberTaken,
  tooLarge,
  tooMany,
  tooManyReplies,
  tooManyWatches,
} from './client-refusals.ts';
import type { Caller } from './gatekeeper.ts';
import { NodeCounters } from './node-counters.ts';
import type { Subscriber, Subscription } from './state-machine.ts';
import type { Waiter } from './waiter.ts';

export interface ClientServiceOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly checksum: Checksum | undefined;
  /** Where requests, failures and watches are counted. Default: nobody asks. */
  readonly counters?: NodeCounters;
  /** Answers through `waiter`, now or later; or throws why not. */
  readonly serve: (request: Request<QuestionKind>, waiter: Waiter, caller: Caller) => void;
  /** Begins a watch; throws why it cannot be. */
  readonly watch: (request: Request, subscriber: Subscriber, caller: Caller) => Subscription;
  /** A client is no longer connected. Default: nobody needs to know. */
  readonly gone?: (caller: Caller) => void;
  /** What this node can add to an error before a client hears of it. */
  readonly explain: (error: QuorateError) => QuorateError;
  /** A client that is nobody, where clients must be somebody. Default: none is. */
  readonly isNobody?: (caller: Caller) => boolean;
  /** Watches that one connection may have. Default 16,384. */
  readonly watchesMax?: number;
  /** While so many bytes wait for a client to read them, watches add nothing. Default 1 MiB. */
  readonly watchBytesMax?: number;
  /** Requests that one connection may have open, and bytes in them; one request is always taken. Defaults 16,384 and 64 MiB. */
  readonly requestsMax?: number;
  readonly requestBytesMax?: number;
  /**
   * Bytes of replies that may wait for a client to read them. Above it the answers to reads are refused; above
   * four times as much, which only replies to commands can reach, the connection is cut. Default 16 MiB.
   */
  readonly replyBytesMax?: number;
}

type Settings = Required<Omit<ClientServiceOptions, 'checksum' | 'gone'>> &
  Pick<ClientServiceOptions, 'gone'> & { readonly checksum: Checksum };

export class ClientService {
  readonly #settings: Settings;
  /** Those for whom replies have gathered. */
  #unsent: ClientSession[] = [];
  #isFlushPlanned = false;

  constructor(options: ClientServiceOptions) {
    const { requestsMax = 16_384, requestBytesMax = 64 << 20, replyBytesMax = 16 << 20 } = options;
    const { counters = new NodeCounters(), isNobody = () => false } = options;
    const { checksum = crc32, watchesMax = 16_384, watchBytesMax = 1 << 20 } = options;
    this.#settings = {
      ...options,
      checksum,
      counters,
      isNobody,
      requestsMax,
      requestBytesMax,
      replyBytesMax,
      watchesMax,
      watchBytesMax,
    };
  }

  /** `member`: the client has shown that it is a member, or is to be one, under this identity. */
  open(connection: Connection, member?: number): ClientSession {
    const { peerName, remote } = connection;
    const caller: Caller = { host: remote.host, peerName, member, credential: undefined };
    return new ClientSession(connection, caller, this.#settings, (session) => this.#plan(session));
  }

  /** Sends what has gathered, instead of when this turn of the event loop is over. */
  flush(): void {
    const sessions = this.#unsent;
    if (sessions.length === 0) return;
    this.#unsent = [];
    for (const session of sessions) session.flush();
  }

  #plan(session: ClientSession): void {
    this.#unsent.push(session);
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    this.#settings.clock.afterTurn(() => {
      this.#isFlushPlanned = false;
      this.flush();
    });
  }
}

/** A request that is being served. */
class OpenRequest implements Waiter {
  readonly id: number;
  readonly kind: QuestionKind;
  readonly bytes: number;
  readonly #session: ClientSession;
  readonly dueMs: number;

  constructor(session: ClientSession, { id, kind }: Request<QuestionKind>, bytes: number, dueMs: number) {
    this.#session = session;
    this.id = id;
    this.kind = kind;
    this.bytes = bytes;
    this.dueMs = dueMs;
  }

  resolve(body: Uint8Array): void {
    this.#session.served(this, body);
  }

  reject(reason: unknown): void {
    this.#session.failed(this, reason);
  }
}

export class ClientSession {
  readonly #connection: Connection;
  readonly #settings: Settings;
  /** Sees to it that `flush` is called in this turn. */
  readonly #plan: (session: ClientSession) => void;
  readonly #caller: Caller;
  readonly #frames: FrameBatch;
  #open = 0;
  #openBytes = 0;
  #isBlocked = false;
  #isFlushPlanned = false;
  #closed = false;
  readonly #watches = new Map<number, Subscription>();
  /** Those that had to stop until the client has read. */
  readonly #stopped = new Set<number>();

  constructor(
    connection: Connection,
    caller: Caller,
    settings: Settings,
    plan: (session: ClientSession) => void,
  ) {
    this.#connection = connection;
    this.#settings = settings;
    this.#plan = plan;
    this.#caller = caller;
    this.#frames = new FrameBatch(settings.checksum);
  }

  get isNobody(): boolean {
    return this.#settings.isNobody(this.#caller);
  }

  request(payload: Uint8Array): void {
    const request = decodeRequest(payload);
    const { id, kind, group, body, remainingMs } = request;
    if (kind === 'watch') this.#watch(request);
    else if (kind === 'unwatch') this.#unwatch(id);
    else this.#question({ id, kind, group, body }, payload.length, remainingMs);
  }

  /** Says what this node understands, to a client that has asked. */
  tellFeatures(): void {
    this.#reply({ id: 0, ok: true, body: encodeNodeFeatures({ deadlines: true }), isItem: true });
  }

  #question(request: Request<QuestionKind>, bytes: number, remainingMs: number | undefined): void {
    const { requestsMax, requestBytesMax, counters, clock } = this.#settings;
    counters.asked(request.kind);
    const isFull = this.#openBytes + bytes > requestBytesMax && this.#open > 0;
    if (this.#open >= requestsMax || isFull) {
      this.#reply({ id: request.id, ok: false, error: tooMany(requestsMax, requestBytesMax) });
      return;
    }
    this.#open += 1;
    this.#openBytes += bytes;
    const dueMs = remainingMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + remainingMs;
    const open = new OpenRequest(this, request, bytes, dueMs);
    try {
      this.#settings.serve(request, open, this.#caller);
    } catch (error) {
      open.reject(error);
    }
  }

  /** For the request: its answer is there. */
  served(open: OpenRequest, body: Uint8Array): void {
    this.#finished(open, this.#fitting(open, body));
  }

  /** For the request: there is no answer, for this reason. */
  failed(open: OpenRequest, reason: unknown): void {
    this.#finished(open, { id: open.id, ok: false, error: this.#settings.explain(asQuorateError(reason)) });
  }

  /** Sends what has gathered. */
  flush(): void {
    this.#isFlushPlanned = false;
    this.#flush();
  }

  drained(): void {
    this.#isBlocked = false;
    this.#connection.resume();
    this.#flush();
    this.#resumeWatches();
  }

  close(): void {
    this.#closed = true;
    this.#frames.reset();
    for (const watch of this.#watches.values()) watch.close();
    this.#settings.counters.watches -= this.#watches.size;
    this.#watches.clear();
    this.#stopped.clear();
    this.#settings.gone?.(this.#caller);
  }

  #watch(request: Request): void {
    const { id } = request;
    const { watch, watchesMax } = this.#settings;
    try {
      if (this.#watches.has(id)) throw numberTaken(id);
      if (this.#watches.size >= watchesMax) throw tooManyWatches(watchesMax);
      // The first item comes before `watch` returns; one that is stopped by it is found again by its number.
      const subscription = watch(
        request,
        {
          deliver: (item) => this.#item(id, item),
          end: (error) => {
            this.#forget(id);
            this.#reply({ id, ok: false, error });
          },
        },
        this.#caller,
      );
      this.#watches.set(id, subscription);
      this.#settings.counters.watches += 1;
    } catch (error) {
      this.#stopped.delete(id);
      this.#reply({ id, ok: false, error: asQuorateError(error) });
    }
  }

  #unwatch(id: number): void {
    this.#watches.get(id)?.close();
    this.#forget(id);
  }

  #forget(id: number): void {
    if (this.#watches.delete(id)) this.#settings.counters.watches -= 1;
    this.#stopped.delete(id);
  }

  #resumeWatches(): void {
    if (this.#isBlocked || this.#stopped.size === 0) return;
    const stopped = [...this.#stopped];
    this.#stopped.clear();
    for (const id of stopped) this.#watches.get(id)?.resume();
  }

  /** False: no more until the client has read what waits for it. */
  #item(id: number, body: Uint8Array): boolean {
    this.#reply({ id, ok: true, body, isItem: true });
    if (!this.#isBlocked && this.#frames.length < this.#settings.watchBytesMax) return true;
    this.#stopped.add(id);
    return false;
  }

  #finished({ bytes }: OpenRequest, reply: Reply): void {
    this.#open -= 1;
    this.#openBytes -= bytes;
    this.#reply(reply);
  }

  #fitting({ id, kind }: OpenRequest, body: Uint8Array): Reply {
    // State machines are other people's code, and not all of it is checked by a compiler.
    if (!(body instanceof Uint8Array)) {
      const fault = new TypeError(`a state machine answered with ${typeof body}`);
      return { id, ok: false, error: asQuorateError(fault) };
    }
    const { replyBytesMax } = this.#settings;
    if (body.length > framePayloadBytesMax - requestOverheadBytes)
      return { id, ok: false, error: tooLarge(body.length, kind === 'command') };
    const waits = this.#frames.length;
    if (kind !== 'command' && waits > 0 && waits + body.length > replyBytesMax)
      return { id, ok: false, error: tooManyReplies(replyBytesMax) };
    return { id, ok: true, body };
  }

  #reply(reply: Reply): void {
    if (this.#closed) return;
    const { counters, replyBytesMax } = this.#settings;
    if (!reply.ok) counters.failed(reply.error.code);
    this.#frames.add((writer) => encodeReply(writer, reply));
    if (this.#isBlocked && this.#frames.length > 4 * replyBytesMax) {
      this.#cut();
      return;
    }
    if (this.#isFlushPlanned || this.#isBlocked) return;
    this.#isFlushPlanned = true;
    this.#plan(this);
  }

  #flush(): void {
    if (this.#closed || this.#isBlocked || this.#frames.length === 0) return;
    if (this.#connection.write(this.#frames.take())) {
      this.#resumeWatches();
      return;
    }
    this.#isBlocked = true;
    this.#connection.pause();
  }

  #cut(): void {
    const { host, port } = this.#connection.remote;
    this.#settings.log.warn('client does not read its replies', { host, port, bytes: this.#frames.length });
    this.close();
    this.#connection.destroy();
  }
}
