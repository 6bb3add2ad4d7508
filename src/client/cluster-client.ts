/**
 * Finds the leader among the nodes of a cluster and stays with it. A request that certainly was not applied
 * is tried again, at the next node when this one does not lead or does not answer; one whose outcome is unknown
 * is not: only its caller knows whether doing it twice harms. Reads change nothing, so they are tried again
 * whatever became of them.
 */
import { durationMs, invalidOption, isQuorateError, Prng, untilAborted } from '../base/index.ts';
import {
  type BoundedAnswer,
  decodeBoundedAnswer,
  decodeMemberList,
  decodeMemberResult,
  encodeBoundedQuery,
  encodeMemberRequest,
  type MemberList,
  type MemberRequest,
  type MemberResult,
} from '../net/index.ts';
import type { Address } from '../ports/index.ts';
import { CallDeadlines } from './call-deadlines.ts';
import { closed, expired, movedAway, told } from './call-errors.ts';
import { type Call, type CallOptions, type ClusterClientOptions, isForLeader } from './call-options.ts';
import { isBusy, isHarmless, isNobodyThere, mayRepeat, waitAfter } from './call-retries.ts';
import { ClusterFollower } from './cluster-follower.ts';
import type { EndpointBook } from './endpoint-book.ts';
import { LeaderSearch } from './leader-search.ts';
import { Link, type LinkWatcher } from './link.ts';
import { NodeBackup } from './node-backup.ts';
import { RetryPauses } from './retry-pauses.ts';

/** One try at one node. */
interface Attempt {
  readonly endpoint: number;
  /** Present when the request was handed over: from then on it may have had an effect. */
  link: Link | undefined;
  /** What the node had been heard to say before. */
  heard: number;
}

/** When a try is over without an answer. */
interface Limit {
  readonly signal: AbortSignal;
  readonly dueMs: number | undefined;
}

/** A watch at one node. */
export interface NodeWatch {
  /** Ends it. May be called twice. */
  close(): void;
  /** Ends it because the node says nothing; the next watch begins at another one. */
  abandon(): void;
}

const groupMax = 0xffff_ffff;
const noBytes = new Uint8Array(0);
const statusCall: Call = { kind: 'status', group: 0, body: noBytes };

export class ClusterClient {
  readonly #options: ClusterClientOptions;
  /** How long a request may take that does not say so itself. */
  readonly timeoutMs: number;
  readonly #connectMs: number;
  readonly #silenceMs: number;
  readonly #search: LeaderSearch;
  readonly #follower: ClusterFollower;
  readonly #pauses: RetryPauses;
  readonly #deadlines: CallDeadlines;
  readonly #links = new Map<number, Promise<Link>>();
  /** Those of them that are there: what is there is not waited for. */
  readonly #opened = new Map<number, Link>();
  readonly #closing = new AbortController();
  /** The endpoint to ask next. */
  #preferred = 0;
  /** The node at which watches begin: any one will do. */
  #watched: number;
  /** The node that was asked last for what any node may answer. */
  #turn = 0;

  constructor(options: ClusterClientOptions) {
    if (options.endpoints.length === 0) throw invalidOption('endpoints', '[]', 'at least one address');
    this.#options = options;
    this.timeoutMs = durationMs(options.timeout ?? 5_000, 'timeout');
    this.#deadlines = new CallDeadlines({ clock: options.clock, timeoutMs: this.timeoutMs, expired });
    this.#connectMs = durationMs(options.connectTimeout ?? 1_000, 'connectTimeout');
    const prng = new Prng(options.random.uint32());
    const firstMs = durationMs(options.retryPause ?? 10, 'retryPause');
    this.#pauses = new RetryPauses({ clock: options.clock, prng, firstMs });
    this.#silenceMs = durationMs(options.silence ?? 200, 'silence');
    this.#follower = new ClusterFollower({
      clock: options.clock,
      endpoints: options.endpoints,
      isFollowing: options.follow ?? true,
      onMoved: (endpoints) => {
        for (const endpoint of endpoints) this.#drop(endpoint);
      },
    });
    this.#search = new LeaderSearch({
      clock: options.clock,
      endpoints: () => this.#book.current,
      ask: (endpoint, signal) =>
        this.#once({ endpoint, link: undefined, heard: 0 }, statusCall, { signal, dueMs: undefined }),
    });
    // Watches spread over the nodes, so that one of them does not tell everybody.
    this.#watched = prng.below(options.endpoints.length);
  }

  /** Proposes a command; resolves to the state machine's reply. */
  command(group: number, body: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#call({ kind: 'command', group, body }, options);
  }

  /** Asks the state machine; sees everything acknowledged before the call. */
  read(group: number, query: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#call({ kind: 'read', group, body: query }, options);
  }

  /** What one node has, without asking the others: possibly old. `anywhere`: each call asks the next node. */
  readStale(
    group: number,
    query: Uint8Array,
    options: CallOptions = {},
    where: Call['where'] = 'anywhere',
  ): Promise<Uint8Array> {
    return this.#call({ kind: 'stale-read', group, body: query, where }, options);
  }

  /**
   * What one node has, if it knows that it has everything that was acknowledged up to `staleMsMax` ago; else it
   * makes sure of it first. Each call asks the next node.
   */
  async readBounded(
    group: number,
    query: Uint8Array,
    staleMsMax: number,
    options: CallOptions = {},
  ): Promise<BoundedAnswer> {
    const body = encodeBoundedQuery({ staleMsMax, query });
    return decodeBoundedAnswer(await this.#call({ kind: 'bounded-read', group, body }, options));
  }

  /**
   * Watches at any one node. Resolves when the question is on its way; what breaks the watch later is for
   * `watcher`, who then watches anew from where it was.
   */
  async watch(
    group: number,
    query: Uint8Array,
    watcher: LinkWatcher,
    options: CallOptions = {},
  ): Promise<NodeWatch> {
    return await this.#atOneNode(options, async (link, endpoint) => {
      const close = link.watch(group, query, watcher);
      return { close, abandon: () => this.#abandon(endpoint, close) };
    });
  }

  /** Begins a backup at any one node, which has it from then on; one that has too many under way is passed over. */
  async backup(group: number, options: CallOptions = {}): Promise<NodeBackup> {
    const { clock } = this.#options;
    return await this.#atOneNode(options, (link, _, signal) =>
      NodeBackup.begin({ link, group, clock, signal }),
    );
  }

  /** Work that belongs to one node, whichever that is: begun at the next one as long as that may help. */
  async #atOneNode<T>(
    { signal: given, timeoutMs = this.timeoutMs }: CallOptions,
    work: (link: Link, endpoint: number, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    using deadline = this.#deadlines.begin(given, timeoutMs);
    const { signal } = deadline;
    let refusal: unknown;
    for (let before = 0; ; before += 1) {
      const endpoint = this.#watched;
      try {
        signal.throwIfAborted();
        const link = await untilAborted(this.#link(endpoint), signal);
        signal.throwIfAborted();
        return await work(link, endpoint, signal);
      } catch (error) {
        this.#watchElsewhere(endpoint);
        if (signal.reason === error || !isQuorateError(error) || !error.retryable)
          throw told(error, statusCall, { refusal, timeoutMs });
        refusal = error;
      }
      await this.#pauses.wait({ before, isForLeader: false, signal });
    }
  }

  /** Who belongs to the cluster, as one node sees it. */
  async members(options: CallOptions = {}): Promise<MemberList> {
    const list = decodeMemberList(await this.#call({ kind: 'members', group: 0, body: noBytes }, options));
    for (const endpoint of this.#book.told(list)) this.#drop(endpoint);
    return list;
  }

  /**
   * Changes members, or who leads; resolves when that is agreed. Asking again for what has been done is answered
   * with `unchanged`, so it is tried again whatever became of a try.
   */
  async change(request: MemberRequest, options: CallOptions = {}): Promise<MemberResult> {
    const call: Call = { kind: 'change', group: 0, body: encodeMemberRequest(request) };
    return decodeMemberResult(await this.#call(call, { ...options, isRepeatable: true }));
  }

  /** Asks one node for its status, as it sees it. */
  async status(endpoint: number, options: CallOptions = {}): Promise<Uint8Array> {
    const { current } = this.#book;
    if (!current.includes(endpoint))
      throw invalidOption('endpoint', endpoint, `the place of an address: ${current.join(', ')}`);
    using deadline = this.#deadlines.begin(options.signal);
    const attempt: Attempt = { endpoint, link: undefined, heard: 0 };
    try {
      return await this.#once(attempt, statusCall, deadline);
    } catch (error) {
      throw told(error, statusCall, { timeoutMs: this.timeoutMs });
    }
  }

  /** Whoever waits is told; may be called twice. */
  async close(): Promise<void> {
    this.#closing.abort(closed);
    this.#deadlines.close(closed);
    this.#follower.close();
    const links = [...this.#links.values()];
    this.#links.clear();
    this.#opened.clear();
    for (const link of await Promise.allSettled(links)) {
      if (link.status === 'fulfilled') link.value.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #call(call: Call, options: CallOptions): Promise<Uint8Array> {
    const { group } = call;
    if (!Number.isInteger(group) || group < 0 || group > groupMax)
      throw invalidOption('group', group, `a whole number from 0 to ${groupMax}`);
    const { timeoutMs = this.timeoutMs } = options;
    using deadline = this.#deadlines.begin(options.signal, timeoutMs);
    const { signal } = deadline;
    let refusal: unknown;
    /** One of the tries may have had an effect. */
    let isUncertain = false;
    /** How many tries before this one waited, and whether the last one did not. */
    let pauses = 0;
    let isStraightOn = false;
    for (let tries = 1; ; tries += 1) {
      const attempt: Attempt = { endpoint: this.#endpointFor(call, tries), link: undefined, heard: 0 };
      try {
        const answer = await this.#once(attempt, call, deadline);
        options.answered?.({ address: this.#addressOf(attempt.endpoint), tries });
        if (isForLeader(call)) this.#pauses.found();
        return answer;
      } catch (cause) {
        const error = this.#unlessStranger(attempt, cause);
        this.#reconsider(attempt, error, signal);
        isUncertain ||= attempt.link !== undefined && !isHarmless(error);
        if (signal.reason === error || !mayRepeat(error, call, options))
          throw told(error, call, { isUncertain, refusal, timeoutMs });
        refusal = error;
        // Only one step in a row: two nodes may each take the other for the leader.
        isStraightOn = !isStraightOn && this.#isShownOn(error);
      }
      if (isStraightOn) continue;
      await this.#pauses.wait({ before: pauses, ...waitAfter(refusal), signal });
      pauses += 1;
    }
  }

  /** There is a better place to ask, and no reason to wait. */
  #isShownOn(error: unknown): boolean {
    return this.#follower.leaderIn(error) !== undefined || isNobodyThere(error);
  }

  /** The leader where that matters, and everybody in turn where not. */
  #endpointFor({ kind, where = 'anywhere' }: Call, tries: number): number {
    if (where === 'where-watched' && tries === 1) return this.#watched;
    if ((kind !== 'stale-read' && kind !== 'bounded-read') || where === 'leader') return this.#preferred;
    this.#turn = this.#book.next(this.#turn);
    return this.#turn;
  }

  async #once(attempt: Attempt, call: Call, limit: Limit): Promise<Uint8Array> {
    const { kind, group, body } = call;
    const { signal, dueMs } = limit;
    signal.throwIfAborted();
    let link = this.#opened.get(attempt.endpoint);
    if (link === undefined) {
      link = await untilAborted(this.#link(attempt.endpoint), signal);
      signal.throwIfAborted();
    }
    attempt.link = link;
    attempt.heard = link.heard;
    const isAwaited = isForLeader(call);
    if (isAwaited) link.awaited(group);
    try {
      return await untilAborted(link.request(kind, group, body, dueMs), signal);
    } finally {
      if (isAwaited) link.answered();
    }
  }

  /** Whether to ask the same node the next time. One that is busy leads, most likely; one that is silent may hang. */
  #reconsider({ endpoint, link, heard }: Attempt, error: unknown, signal: AbortSignal): void {
    if (this.#preferred !== endpoint) return;
    if (signal.reason === error) {
      const isSilent = link === undefined || link.heard === heard;
      if (error !== expired && !isSilent) return;
    } else if (!isQuorateError(error) || !error.retryable) return;
    else if (isBusy(error) && link?.isLost === false) return;
    const now = this.#options.clock.now();
    if (isQuorateError(error) && error.code === 'network-failed') this.#book.avoid(endpoint, now);
    this.#preferred = this.#follower.leaderIn(error) ?? this.#book.next(endpoint);
  }

  /** At an address that others told somebody else may listen by now: that is no answer, and it is not gone to again. */
  #unlessStranger({ endpoint }: Attempt, error: unknown): unknown {
    if (!isQuorateError(error) || error.code !== 'hello-refused' || !this.#book.isTold(endpoint))
      return error;
    this.#book.strike(endpoint);
    return movedAway(this.#addressOf(endpoint), error);
  }

  #drop(endpoint: number): void {
    const link = this.#links.get(endpoint);
    this.#links.delete(endpoint);
    this.#opened.delete(endpoint);
    link?.then((open) => open.close(), ignored);
  }

  get #book(): EndpointBook {
    return this.#follower.book;
  }

  /** Another one leads by now: who waits at the silent node is told, and asks there if it may ask again. */
  async #doubt(endpoint: number, link: Link, group: number): Promise<void> {
    const { heard } = link;
    const leader = await this.#search.findBeside(endpoint, group);
    if (leader === undefined || this.#closing.signal.aborted || link.isLost || link.heard !== heard) return;
    if (this.#preferred === endpoint) this.#preferred = leader;
    link.close();
  }

  #abandon(endpoint: number, close: () => void): void {
    close();
    this.#watchElsewhere(endpoint);
  }

  #watchElsewhere(endpoint: number): void {
    if (this.#watched === endpoint) this.#watched = this.#book.next(endpoint);
  }

  #link(endpoint: number): Promise<Link> {
    const known = this.#links.get(endpoint);
    if (known !== undefined) return known;
    const { network, clock, checksum, credentials } = this.#options;
    const { requestsMax = 16_384, requestBytesMax = 64 << 20 } = this.#options;
    const address = this.#addressOf(endpoint);
    const opening = Link.open({
      network,
      clock,
      address,
      // A given address is believed, whichever cluster is there; one that was told stands for the cluster that told it.
      cluster: this.#book.isTold(endpoint) ? this.#book.cluster : '',
      checksum,
      requestsMax,
      requestBytesMax,
      connectMsMax: this.#connectMs,
      silenceMsMax: this.#silenceMs,
      onSilent: (link, group) => void this.#doubt(endpoint, link, group),
      signal: this.#closing.signal,
      credentials,
    });
    this.#links.set(endpoint, opening);
    const forget = (): void => {
      if (this.#links.get(endpoint) !== opening) return;
      this.#links.delete(endpoint);
      this.#opened.delete(endpoint);
    };
    opening.then((link) => {
      if (this.#links.get(endpoint) === opening) this.#opened.set(endpoint, link);
      this.#follower.linked(link);
      return link.lost.then(forget);
    }, forget);
    return opening;
  }

  #addressOf(endpoint: number): Address {
    return this.#book.address(endpoint);
  }
}

/** Nobody waits for a connection that is given up. */
function ignored(): undefined {
  return undefined;
}
