/**
 * One session of ZooKeeper, over as many connections as it takes: it is taken along from one to the next, and whoever
 * needs a connection waits for it under a signal of its own. Where a server turns a known session away without a word,
 * it is asked by a new one whether it has lost data.
 */
import { Prng, QuorateError, untilAborted } from '../../../base/index.ts';
import type { Address, ClientTls, Clock, Network, Random } from '../../../ports/index.ts';
import { type Notification, noSession, syncRequest } from '../wire/index.ts';
import { closedError, dataLost, servesReadsOnly, sessionEnded, TurnedAway } from './failures.ts';
import { type Credentials, ZookeeperLink } from './link.ts';
import type { Seen } from './seen.ts';
import type { ServerOrder } from './server-order.ts';

export interface ServerSettings {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly order: ServerOrder;
  readonly tls: ClientTls | undefined;
  readonly auth: readonly Credentials[];
  readonly answerBytesMax: number;
  readonly requestBytesMax: number;
  /** What any connection of this engine has seen. */
  readonly seen: Seen;
}

export interface ClientOptions {
  readonly settings: ServerSettings;
  /** What is asked for; see `grantedMs`. */
  readonly timeoutMs: number;
  /** True: an expired session is followed by a new one. False: the client ends with it. */
  readonly renews: boolean;
  readonly onEvent?: (event: Notification) => void;
  /** A connection is there; what was registered at the one before must be registered again. */
  readonly onConnected?: (link: ZookeeperLink) => void;
  readonly onDisconnected?: () => void;
  /** Nothing more will be tried. */
  readonly onEnded?: (reason: QuorateError) => void;
}

const pauseMsMin = 20;
const pauseMsMax = 1_000;
const patienceMsMax = 6_000;
/** Errors that all servers of a round must agree on before they are believed; asking again mends none of them. */
const lastingCodes: ReadonlySet<string> = new Set(['engine-protocol', 'engine-unauthenticated']);

export class ZookeeperClient {
  readonly #options: ClientOptions;
  readonly #closing = new AbortController();
  readonly #prng: Prng;
  #session = noSession;
  #password: Uint8Array = new Uint8Array(16);
  #grantedMs = 0;
  #link: ZookeeperLink | undefined;
  #waiting = Promise.withResolvers<ZookeeperLink>();
  #ended: QuorateError | undefined;
  #isLeaving = false;
  /** Rounds over all servers in a row that came to nothing. */
  #failures = 0;
  #failure: QuorateError | undefined;
  readonly #running: Promise<void>;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#prng = new Prng(options.settings.random.uint32());
    this.#waiting.promise.catch(() => undefined);
    this.#running = this.#run();
  }

  /** Its name in sixteen digits; that of the last one where sessions follow each other. */
  get session(): string {
    return this.#session;
  }

  /** What the server granted, which may be another time than was asked for. */
  get grantedMs(): number {
    return this.#grantedMs;
  }

  /** Why no server could be reached, as far as that is so. */
  get failure(): QuorateError | undefined {
    return this.#failure;
  }

  /** The connection of this moment. */
  get current(): ZookeeperLink | undefined {
    return this.#link;
  }

  /** The connection, as soon as there is one. Rejects with the signal's reason, or when the client has ended. */
  connected(signal: AbortSignal): Promise<ZookeeperLink> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return untilAborted(this.#waiting.promise, signal);
  }

  /** The end of the session is asked for next: that the server then closes the connection is no failure. */
  leaves(): void {
    this.#isLeaving = true;
  }

  /** Ends without a word to the server; a session ends there when its time is over. May be called twice. */
  async close(reason: QuorateError = closedError('session')): Promise<void> {
    this.#end(reason);
    await this.#running;
  }

  #end(reason: QuorateError): void {
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    this.#waiting.reject(reason);
    this.#closing.abort(reason);
    this.#link?.close();
    this.#options.onEnded?.(reason);
  }

  async #run(): Promise<void> {
    const { clock, order } = this.#options.settings;
    for (; this.#ended === undefined; this.#failures += 1) {
      const problems: QuorateError[] = [];
      const beganAt = clock.now();
      for (const address of order.round(beganAt, this.#prng)) {
        const problem = await this.#visit(address);
        if (problem === undefined || this.#ended !== undefined) break;
        order.failed(address, clock.now());
        problems.push(problem);
        this.#failure = problem;
      }
      if (problems.length === order.size) this.#judge(problems);
      // A connection that lasted is followed by the next one at once.
      else if (clock.now() - beganAt >= pauseMsMax) this.#failures = -1;
      if (this.#failures >= 0) await this.#pause(this.#failures);
    }
  }

  /** Stays at one server as long as its connection lasts; the problem where it could not be entered. */
  async #visit(address: Address): Promise<QuorateError | undefined> {
    let link: ZookeeperLink;
    try {
      link = await this.#open(address, this.#session, this.#password, this.#options.timeoutMs);
    } catch (error) {
      if (this.#ended !== undefined) return this.#ended;
      if (!(error instanceof QuorateError)) throw error;
      return await this.#explained(address, error);
    }
    const { granted } = link;
    if (granted.timeoutMs <= 0) {
      link.close();
      this.#expired();
      return undefined;
    }
    if (granted.isReadOnly) {
      link.close();
      return servesReadsOnly(address);
    }
    this.#session = granted.session;
    this.#password = granted.password;
    this.#grantedMs = granted.timeoutMs;
    return await this.#stay(link);
  }

  /** A connection that ends for a lasting reason right behind its handshake was none. */
  async #stay(link: ZookeeperLink): Promise<QuorateError | undefined> {
    const { clock, order } = this.#options.settings;
    this.#link = link;
    this.#failure = undefined;
    order.served(link.address);
    this.#options.onConnected?.(link);
    this.#waiting.resolve(link);
    const lost = await link.lost;
    this.#link = undefined;
    if (this.#ended !== undefined) return undefined;
    if (!this.#isLeaving) order.failed(link.address, clock.now());
    this.#failure = lost;
    this.#waiting = Promise.withResolvers();
    this.#waiting.promise.catch(() => undefined);
    this.#options.onDisconnected?.();
    return lastingCodes.has(lost.code) ? lost : undefined;
  }

  #expired(): void {
    if (!this.#options.renews) return this.#end(sessionEnded(this.#session));
    this.#session = noSession;
    this.#password = new Uint8Array(16);
  }

  #open(
    address: Address,
    session: string,
    password: Uint8Array,
    timeoutMs: number,
    lastZxid: number = this.#options.settings.seen.zxid,
  ): Promise<ZookeeperLink> {
    const { settings, onEvent } = this.#options;
    const { network, clock, tls, auth, answerBytesMax, requestBytesMax, seen } = settings;
    return ZookeeperLink.open({
      network,
      clock,
      address,
      tls,
      auth,
      lastZxid,
      seen,
      timeoutMs,
      session,
      password,
      frameBytesMax: answerBytesMax,
      requestBytesMax,
      patienceMs: this.#patienceMs,
      signal: this.#closing.signal,
      onEvent: (event) => onEvent?.(event),
    });
  }

  /**
   * Others may answer while one hangs, and a session must not die meanwhile. Who heard nothing from any of them waits
   * longer the next time: they may be slow.
   */
  get #patienceMs(): number {
    const grantedMs = this.#grantedMs === 0 ? patienceMsMax : this.#grantedMs;
    const shareMs = Math.min(patienceMsMax / 4, grantedMs / (2 * this.#options.settings.order.size));
    return Math.min(shareMs * 2 ** Math.max(0, Math.min(this.#failures, 10)), patienceMsMax, grantedMs / 3);
  }

  /**
   * A server that is behind what this program has seen closes the connection without a word. It may lag, or all of
   * them may have lost what was there. A new session is agreed on by their majority, so who grants one knows the
   * last of what there is.
   */
  async #explained(address: Address, problem: QuorateError): Promise<QuorateError> {
    const { seen } = this.#options.settings;
    const { zxid } = seen;
    if (zxid === 0 || !(problem.cause instanceof TurnedAway)) return problem;
    let link: ZookeeperLink;
    try {
      link = await this.#open(address, noSession, new Uint8Array(16), 1, 0);
    } catch {
      // It turns everybody away, so it says nothing about data.
      return problem;
    }
    try {
      const { zxid: found } = await link.request(syncRequest('/'));
      if (found >= zxid) return problem;
      const lost = dataLost(
        `this program has seen transaction ${hex(zxid)}, and the servers end at ${hex(found)}`,
      );
      this.#end(lost);
      return lost;
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error;
      return problem;
    } finally {
      link.close();
    }
  }

  /** What every server of a round says alike, and what trying again would not change, is the end. */
  #judge(problems: readonly QuorateError[]): void {
    const [first] = problems;
    if (first === undefined || !problems.every(({ code }) => lastingCodes.has(code))) return;
    // A cluster that was one before may be hidden behind something else for a while.
    if (this.#session === noSession || first.code === 'engine-unauthenticated') this.#end(first);
  }

  #pause(failures: number): Promise<void> {
    const { clock } = this.#options.settings;
    const longestMs = Math.min(pauseMsMax, pauseMsMin * 2 ** Math.min(failures, 10));
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.setTimer(longestMs * (0.5 + this.#prng.float() / 2), resolve, { background: true });
    return untilAborted(promise, this.#closing.signal).catch(() => timer.cancel());
  }
}

function hex(zxid: number): string {
  return `0x${zxid.toString(16)}`;
}
