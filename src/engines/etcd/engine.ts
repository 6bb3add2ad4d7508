/**
 * The engine on etcd: the port's questions turned into calls, and what is shared by all of them: the connection, the
 * line of watches, the sessions.
 */
import { invalidOption, isQuorateError, QuorateError, untilAborted } from '../../base/index.ts';
import {
  type CallOptions,
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
  type Mark,
  type Provides,
  type SessionOptions,
  type TransactAnswer,
  type TransactRequest,
  type Watch,
  type WatchOptions,
  type WatchTarget,
} from '../port/index.ts';
import { decodeRangeAnswer, type RangeAnswer } from './answers.ts';
import { Calls, type Limits } from './calls.ts';
import { keyBytesMax, Layout, valueBytesMax } from './layout.ts';
import { Members } from './members.ts';
import type { EtcdSettings } from './options.ts';
import { encodeRange, paths, type RangeRequest } from './requests.ts';
import { type EtcdSession, openSession, ttlMsMax, ttlMsMin } from './session.ts';
import { Transactor } from './transactor.ts';
import { EtcdWatch } from './watch.ts';
import { WatchLine } from './watch-line.ts';

export type EtcdCapability =
  | 'fencing'
  | 'linearizable-reads'
  | 'transactions'
  | 'watch-resume'
  | 'survives-failover';

const provided: Provides<EtcdCapability> = {
  fencing: true,
  'linearizable-reads': true,
  transactions: true,
  'watch-resume': true,
  'survives-failover': true,
};

/** Of one listing; more is refused. */
const itemsMax = 100_000;
/** How long the end of the sessions is waited for when the engine is closed. */
const farewellMsMax = 1_000;

export class EtcdEngine extends EngineShell<EtcdSession> implements Engine<EtcdCapability> {
  readonly kind = 'etcd';
  readonly provides: Provides<EtcdCapability> = provided;
  readonly limits: EngineLimits = { ttlMsMin, ttlMsMax, valueBytesMax, keyBytesMax };
  readonly #layout: Layout;
  readonly #members: Members;
  readonly #calls: Calls;
  readonly #line: WatchLine;
  readonly #transactor: Transactor;
  readonly #watches = new Set<EtcdWatch>();

  constructor(settings: EtcdSettings) {
    super(settings);
    this.#layout = new Layout(settings.prefix);
    this.#members = new Members(settings);
    this.#calls = new Calls(this.#members, settings);
    this.#line = new WatchLine(this.#members, settings);
    this.#transactor = new Transactor({
      calls: this.#calls,
      settings,
      layout: this.#layout,
      newLease: () => this.#newLease(),
    });
    this.#members.onEnd((reason) => {
      this.refuse(reason);
      for (const session of [...this.sessions]) session.lose('its engine has ended', reason);
      for (const watch of [...this.#watches]) watch.fail(reason);
    });
  }

  /** Resolves when a member has answered. */
  async open(): Promise<void> {
    await this.#members.channel('the first call', this.#calls.limits({}));
  }

  async get(key: string, options: CallOptions = {}): Promise<Item | undefined> {
    this.checkOpen();
    const bytes = this.#layout.key(key);
    const { items } = await this.#range(key, { key: bytes }, this.#calls.limits(options));
    return items[0] === undefined ? undefined : this.#layout.item(items[0]);
  }

  async list(directory: string, options: ListOptions = {}): Promise<Listing> {
    this.checkOpen();
    checkListing(directory, options);
    const { before, descending = false, limit, keysOnly = false } = options;
    const range: RangeRequest = {
      ...this.#layout.directory(directory),
      limit: Math.min(limit ?? itemsMax + 1, itemsMax + 1),
      order: descending ? 'descending' : 'ascending',
      keysOnly,
      ...(before === undefined ? {} : { createdMost: before.created - 1 }),
    };
    if (before !== undefined && this.#transactor.listings.isFirst(before)) {
      options.signal?.throwIfAborted();
      return { items: [], mark: String(before.created) };
    }
    const answer =
      (await this.#jointly(directory, range, options)) ??
      (await this.#range(directory, range, this.#calls.limits(options)));
    if (answer.items.length > itemsMax) throw tooMany(directory);
    // etcd takes a bound of 0 for none.
    const older =
      before === undefined ? answer.items : answer.items.filter((item) => item.created < before.created);
    return { items: older.map((item) => this.#layout.item(item)), mark: String(answer.header.revision) };
  }

  async transact(request: TransactRequest): Promise<TransactAnswer> {
    this.checkOpen();
    checkTransaction(this, request);
    return await this.#transactor.transact(request);
  }

  watch(target: WatchTarget, { signal, from }: WatchOptions = {}): Watch {
    this.checkOpen();
    const isKey = 'key' in target;
    const range: RangeRequest = isKey
      ? { key: this.#layout.key(target.key) }
      : { ...this.#layout.directory(target.directory), order: 'ascending' };
    const what = isKey ? target.key : target.directory;
    const watch = new EtcdWatch({
      line: this.#line,
      layout: this.#layout,
      key: range.key,
      end: range.end,
      from: revisionOf(from),
      signal,
      list: (over) => this.#listForWatch(what, range, over),
      ended: (one) => this.#watches.delete(one),
    });
    this.#watches.add(watch);
    return watch;
  }

  async session(options: SessionOptions): Promise<EngineSession> {
    this.checkOpen();
    checkSession(this, options);
    const session = await openSession({
      calls: this.#calls,
      clock: this.clock,
      newLease: () => this.#newLease(),
      options,
      onEnd: (one) => this.sessions.delete(one),
    });
    return await this.admit(session);
  }

  protected override async end(reason: QuorateError): Promise<void> {
    const over = new AbortController();
    const farewells = this.closeSessions().then(() => over.abort());
    // A cluster that does not answer lets the sessions expire.
    const timer = this.clock.setTimer(farewellMsMax, () => over.abort());
    await untilAborted(farewells, over.signal).catch(ignored);
    timer.cancel();
    this.#members.end(reason);
    await farewells;
  }

  /** With an append of the same turn, if there is one; undefined where there is none, or where it failed. */
  async #jointly(
    directory: string,
    range: RangeRequest,
    { before, descending = false, deadline, signal }: ListOptions,
  ): Promise<RangeAnswer | undefined> {
    if (before !== undefined || descending || deadline !== undefined) return undefined;
    const joint = this.#transactor.listings.join(directory, range);
    if (joint === undefined) return undefined;
    const limits = this.#calls.limits({ signal });
    // It is asked for by a call of its own then.
    const answer = joint.catch(ignored);
    return await this.#calls.within(answer, `a read of ${directory}`, limits);
  }

  #range(what: string, request: RangeRequest, limits: Limits): Promise<RangeAnswer> {
    return this.#calls.run(
      { ...rangeCall, what: `a read of ${what}`, encode: () => encodeRange(request) },
      limits,
    );
  }

  /** A watch waits as long as its reader does, so each call that ended without an answer is followed by the next. */
  async #listForWatch(what: string, request: RangeRequest, signal: AbortSignal): Promise<RangeAnswer> {
    while (true) {
      try {
        const limited = { ...request, limit: itemsMax + 1 };
        const answer = await this.#range(what, limited, this.#calls.limits({ signal }));
        if (answer.items.length > itemsMax) throw tooMany(what);
        return answer;
      } catch (error) {
        const isPassing = isQuorateError(error) && error.retryable;
        if (!isPassing || signal.aborted) throw error;
      }
    }
  }

  /** 53 random bits, and not 0. */
  #newLease(): number {
    return (this.random.uint32() % 2 ** 21) * 2 ** 32 + this.random.uint32() || 1;
  }
}

const rangeCall = {
  path: paths.range,
  decode: decodeRangeAnswer,
  header: ({ header }: RangeAnswer) => header,
  isRead: true,
  isRepeatable: true,
} as const;

function revisionOf(mark: Mark | undefined): number | undefined {
  if (mark === undefined) return undefined;
  const revision = /^\d{1,16}$/.test(mark) ? Number(mark) : Number.NaN;
  if (Number.isSafeInteger(revision)) return revision;
  throw invalidOption('from', mark, 'a mark that this engine gave');
}

function tooMany(directory: string): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message: `directory ${directory} holds more than the ${itemsMax} items that one answer brings; list it with a limit, or keep fewer items in it`,
    data: { what: `directory ${directory}`, bytes: 0, limit: itemsMax },
  });
}

function ignored(): undefined {
  return undefined;
}
