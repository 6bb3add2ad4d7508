/**
 * Recipes on our own store. A directory is a prefix of keys; what the port calls created and modified are revisions
 * of the store. Every transaction goes under a session of the store, so it is carried out once, whatever happens on
 * the way: under the session with which its items vanish, or under one that the engine keeps for all others.
 */
import { durationMs, linkSignals, QuorateError, untilAborted } from '../../base/index.ts';
import type { Store, StoreSession } from '../../client/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import { realClock, realRandom } from '../../ports/real/index.ts';
import {
  type CallOptions,
  type Capability,
  checkDirectory,
  checkListing,
  checkSession,
  checkTransaction,
  type Engine,
  type EngineLimits,
  type EngineSession,
  EngineShell,
  type Item,
  type Listing,
  type ListOptions,
  ownSession,
  type Provides,
  type SessionOptions,
  splitKey,
  type TransactAnswer,
  type TransactRequest,
  type Watch,
  type WatchOptions,
  type WatchTarget,
} from '../port/index.ts';
import { EarlierAppends } from './earlier-appends.ts';
import { type Company, JointListings } from './joint-listings.ts';
import { Layout } from './layout.ts';
import { listItems } from './listing.ts';
import { QuorateSession } from './quorate-session.ts';
import { QuorateWatch } from './quorate-watch.ts';
import { portError } from './refusals.ts';
import { answerOf, itemOf, lastListOf, refusedAdd, requestOf } from './translation.ts';

/** Every one of them. */
export type QuorateCapabilities = Capability;

export interface QuorateOptions {
  /** Before every key in the store. Default `quorate/`. */
  readonly prefix?: string;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** True: closing the engine closes the store. Default false. */
  readonly ownsStore?: boolean;
}

const provided: Provides<QuorateCapabilities> = {
  fencing: true,
  'linearizable-reads': true,
  transactions: true,
  'watch-resume': true,
  'expiry-events': true,
  'survives-failover': true,
};

const limits: EngineLimits = {
  ttlMsMin: 100,
  ttlMsMax: 7 * 86_400_000,
  // A command in which a value of a whole mebibyte stands is longer than that.
  valueBytesMax: 1_000_000,
  keyBytesMax: 900,
};

/** The life of the session under which everything goes that belongs to no other. */
const requestsTtl = '60s';

export function openQuorate(
  store: Store,
  options: QuorateOptions = {},
): Promise<Engine<QuorateCapabilities>> {
  return Promise.resolve(engineOn(store, options));
}

/** The same at once: there is nothing to wait for. */
export function engineOn(store: Store, options: QuorateOptions = {}): Engine<QuorateCapabilities> {
  return new QuorateEngine(store, options);
}

class QuorateEngine extends EngineShell<QuorateSession> implements Engine<QuorateCapabilities> {
  readonly kind = 'quorate';
  readonly provides = provided;
  readonly limits = limits;
  readonly #store: Store;
  readonly #layout: Layout;
  readonly #ownsStore: boolean;
  readonly #joint: JointListings;
  readonly #earlier: EarlierAppends;
  readonly #watches = new Set<QuorateWatch>();
  #requests: Promise<StoreSession> | undefined;
  /** What that has come to. */
  #asking: StoreSession | undefined;

  constructor(store: Store, options: QuorateOptions) {
    super({ clock: options.clock ?? realClock(), random: options.random ?? realRandom() });
    this.#store = store;
    this.#layout = new Layout(options.prefix ?? 'quorate/');
    this.#joint = new JointListings(this.#layout);
    this.#earlier = new EarlierAppends(store, this.#layout);
    this.#ownsStore = options.ownsStore ?? false;
  }

  async get(key: string, options: CallOptions = {}): Promise<Item | undefined> {
    this.checkOpen();
    const entry = await this.#store.get(this.#keyOf(key), options);
    return entry === undefined ? undefined : itemOf(this.#layout, entry);
  }

  async list(directory: string, options: ListOptions = {}): Promise<Listing> {
    this.checkOpen();
    checkListing(directory, options);
    const joined = this.#joint.join(directory, options);
    if (joined !== undefined) {
      const { signal } = options;
      const listing = await (signal === undefined ? joined : untilAborted(joined, signal));
      if (listing !== undefined) return listing;
    }
    return await listItems(this.#store, this.#layout, directory, options);
  }

  async transact(request: TransactRequest): Promise<TransactAnswer> {
    this.checkOpen();
    checkTransaction(this, request);
    const company = this.#joint.begin(request.operations);
    try {
      const session = await this.#sessionFor(request);
      if (!this.#earlier.isInDoubt(request)) return await this.#carryOut(request, session, company);
      const rest = this.#budgetOf(request);
      const found = await this.#earlier.find(request, rest);
      return found ?? (await this.#carryOut({ ...request, ...rest() }, session, company));
    } finally {
      company?.end();
    }
  }

  watch(target: WatchTarget, options: WatchOptions = {}): Watch {
    this.checkOpen();
    const keys =
      'key' in target ? this.#keyOf(target.key) : this.#layout.items(checkDirectory(target.directory));
    const watch = new QuorateWatch({
      store: this.#store,
      layout: this.#layout,
      keys,
      ...options,
      onEnd: () => this.#watches.delete(watch),
    });
    this.#watches.add(watch);
    return watch;
  }

  async session({ ttlMs, renewalShare, ...call }: SessionOptions): Promise<EngineSession> {
    this.checkOpen();
    checkSession(this, { ttlMs, ...(renewalShare === undefined ? {} : { renewalShare }) });
    const share = renewalShare === undefined ? {} : { renewalShare };
    const inner = await this.#store.session({ ttl: Math.ceil(ttlMs), ...share, ...call });
    const session = new QuorateSession(inner, Math.ceil(ttlMs));
    inner.over.addEventListener('abort', () => this.sessions.delete(session), { once: true });
    return await this.admit(session);
  }

  protected override async end(reason: QuorateError): Promise<void> {
    for (const watch of [...this.#watches]) watch.end(reason);
    await this.closeSessions();
    const requests = this.#requests;
    this.#requests = undefined;
    if (requests !== undefined) await requests.then((session) => session.close(), ignored);
    if (this.#ownsStore) await this.#store.close();
  }

  async #carryOut(
    request: TransactRequest,
    session: StoreSession,
    company: Company | undefined,
  ): Promise<TransactAnswer> {
    const fences = request.fences?.map(({ key, token }) => ({ key: this.#keyOf(key), token }));
    const joined = company?.depart();
    try {
      const asked = requestOf(this.#layout, request, joined);
      const answer = await this.#store.transaction(asked, {
        session,
        ...(fences && { fences }),
        ...limitsOf(request),
      });
      this.#earlier.settle(request);
      if (joined !== undefined && answer.succeeded) company?.end(lastListOf(answer));
      return answerOf(request, answer);
    } catch (error) {
      const refused = refusedAdd(error);
      if (refused !== undefined) return refused;
      this.#earlier.note(request, error);
      throw portError(error);
    }
  }

  /** What is left of the time of a call that takes several requests. */
  #budgetOf(call: CallOptions): () => CallOptions {
    const dueMs = this.clock.now() + durationMs(call.deadline ?? this.#store.timeoutMs, 'deadline');
    return () => ({ ...limitsOf(call), deadline: Math.max(1, dueMs - this.clock.now()) });
  }

  #keyOf(key: string): string {
    splitKey(key, this.limits.keyBytesMax);
    return this.#layout.stored(key);
  }

  async #sessionFor(request: TransactRequest): Promise<StoreSession> {
    for (const operation of request.operations) {
      if ('session' in operation && operation.session !== undefined)
        return ownSession(operation.session, (one) => one instanceof QuorateSession).inner;
    }
    if (this.#asking?.isLive === true) return this.#asking;
    return await this.#within(this.#openedForAll(), request);
  }

  /** Opened by who comes first, for all others; what one of them has of patience or loses of it is his own business. */
  async #openedForAll(): Promise<StoreSession> {
    while (true) {
      const requests = this.#requests;
      const known = await requests?.catch(ignored);
      if (known?.isLive === true) return known;
      this.checkOpen();
      if (this.#requests !== requests) continue;
      this.#requests = this.#store.session({ ttl: requestsTtl });
      this.#asking = await this.#requests;
      return this.#asking;
    }
  }

  async #within<T>(opening: Promise<T>, { signal, deadline }: CallOptions): Promise<T> {
    if (signal === undefined && deadline === undefined) return await opening;
    using limit = linkSignals(signal);
    const forMs = durationMs(deadline ?? this.#store.timeoutMs, 'deadline');
    const timer = this.clock.setTimer(forMs, () => limit.abort(notOpened(forMs)));
    try {
      return await untilAborted(opening, limit.signal);
    } finally {
      timer.cancel();
    }
  }
}

function limitsOf({ signal, deadline }: CallOptions): CallOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(deadline === undefined ? {} : { deadline }),
  };
}

function notOpened(milliseconds: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `no session was opened within ${milliseconds} ms, so nothing was asked; try again, or give it longer`,
    data: { milliseconds },
    outcome: 'not-applied',
  });
}

function ignored(): undefined {
  return undefined;
}
