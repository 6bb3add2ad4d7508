/**
 * One session of ZooKeeper, over as many connections as it takes: servers are tried in an order that chance decides,
 * a session is taken along from one to the next, and whoever needs a connection waits for it under a signal of its
 * own. Where a server turns a known session away without a word, it is asked by a new one whether it has lost data.
 */
import { Prng, QuorateError, untilAborted } from '../../../base/index.ts';
import type { Address, ClientTls, Clock, Network, Random } from '../../../ports/index.ts';
import { type Notification, noSession, syncRequest } from '../wire/index.ts';
import { closedError, dataLost, servesReadsOnly, sessionEnded, TurnedAway } from './failures.ts';
import { type Credentials, ZookeeperLink } from './link.ts';
import type { Seen } from './seen.ts';

export interface ServerSettings {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly servers: readonly Address[];
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
const patienceMsMax = 5_000;
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
    const { servers } = this.#options.settings;
    const { clock } = this.#options.settings;
    for (let failures = 0; this.#ended === undefined; failures += 1) {
      const problems: QuorateError[] = [];
      const beganAt = clock.now();
      for (const address of this.#shuffled(servers)) {
        const problem = await this.#visit(address);
        if (problem === undefined || this.#ended !== undefined) break;
        problems.push(problem);
        this.#failure = problem;
      }
      if (problems.length === servers.length) this.#judge(problems);
      // A connection that lasted is followed by the next one at once.
      else if (clock.now() - beganAt >= pauseMsMax) failures = -1;
      if (failures >= 0) await this.#pause(failures);
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
    this.#link = link;
    this.#failure = undefined;
    this.#options.onConnected?.(link);
    this.#waiting.resolve(link);
    const lost = await link.lost;
    this.#link = undefined;
    if (this.#ended !== undefined) return undefined;
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
      // Others may answer while this one hangs, and the session must not die meanwhile.
      patienceMs: this.#grantedMs === 0 ? patienceMsMax : Math.min(patienceMsMax, this.#grantedMs / 3),
      signal: this.#closing.signal,
      onEvent: (event) => onEvent?.(event),
    });
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

  /** In an order that chance decides, so that the clients of a server that failed spread over the others. */
  #shuffled(servers: readonly Address[]): Address[] {
    const order = [...servers];
    for (let last = order.length - 1; last > 0; last -= 1) {
      const other = this.#prng.below(last + 1);
      const [a, b] = [order[last] as Address, order[other] as Address];
      order[last] = b;
      order[other] = a;
    }
    return order;
  }
}

function hex(zxid: number): string {
  return `0x${zxid.toString(16)}`;
}
