/**
 * The store as users have it: keys, ranges, transactions, watches and sessions, over a cluster or anything that
 * answers as one. Each call is one request; calls that are not awaited one by one travel together.
 */
import { ByteWriter, checked, durationMs, invalidOption } from '../base/index.ts';
import {
  type CommandBody,
  decodeReply,
  encodeCommand,
  type Fence,
  type KeyRange,
  type Reply,
  refusalError,
} from '../mvcc/index.ts';
import type { Checksum } from '../net/index.ts';
import type { Clock, Cryptography } from '../ports/index.ts';
import { type CallLimits, limitsOf } from './call-limits.ts';
import type { ClusterClient } from './cluster-client.ts';
import { Entry } from './entry.ts';
import { type Bytes, type Keys, keyOf, rangeOf } from './keys.ts';
import { ReceiptPad } from './receipt.ts';
import { StoreSecurity } from './security.ts';
import { StoreSession } from './session.ts';
import { beginBackup, type StoreBackup } from './store-backup.ts';
import type {
  AddAnswer,
  AddOptions,
  AppendAnswer,
  AppendOptions,
  DeleteAnswer,
  List,
  ListOptions,
  ListQuery,
  PutAnswer,
  PutJsonOptions,
  PutOptions,
  ReadOptions,
  SessionRequest,
  TransactionAnswer,
  WatchOptions,
  WriteOptions,
} from './store-options.ts';
import { StoreReads } from './store-reads.ts';
import { type Present, StoreWatch } from './store-watch.ts';
import {
  addOf,
  appendedOf,
  appendOf,
  entryOf,
  getOf,
  isOperationResult,
  onlyOperationOf,
  putOf,
  resultOf,
  type TransactionRequest,
  transactionOf,
} from './transaction.ts';

export interface StoreOptions {
  readonly client: ClusterClient;
  readonly clock: Clock;
  /** What else ends with the store: the node that it carries. May be called twice. */
  readonly onClosed?: () => Promise<void>;
  /** What the cluster keeps of a new password. Absent: users are added without one only. */
  readonly hashPassword?: (password: string) => Promise<Uint8Array>;
  /** Proves backups. Absent: they are refused. */
  readonly cryptography?: Cryptography;
  /** Default: CRC-32 in JavaScript. */
  readonly checksum?: Checksum;
}

/** The group in which the store lies. */
const group = 0;

export class Store implements AsyncDisposable {
  /** Users, roles, and whether they count. */
  readonly security: StoreSecurity;
  readonly #client: ClusterClient;
  readonly #clock: Clock;
  readonly #onClosed: (() => Promise<void>) | undefined;
  readonly #proving: Pick<StoreOptions, 'cryptography' | 'checksum'>;
  readonly #watches = new Set<StoreWatch>();
  readonly #sessions = new Set<StoreSession>();
  readonly #reads: StoreReads;

  constructor(options: StoreOptions) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#onClosed = options.onClosed;
    this.#proving = options;
    this.security = new StoreSecurity(options.client, group, options.hashPassword);
    this.#reads = new StoreReads(options.client, options.clock, group);
  }

  /** How long a call may take that says nothing of it: the `timeout` with which the store was connected. */
  get timeoutMs(): number {
    return this.#client.timeoutMs;
  }

  /** `undefined` when there is no such key. */
  async get(key: Bytes, options: ReadOptions = {}): Promise<Entry | undefined> {
    const { entries } = await this.list(key, options);
    return entries[0];
  }

  async list(keys: Keys, options: ListOptions = {}): Promise<List> {
    const { revision, body } = await this.#read(getOf(rangeOf(keys), options), options);
    return listOf(body, revision);
  }

  /** Several lists at one revision, by one request; in the order of `queries`. */
  async lists(queries: readonly ListQuery[], options: ReadOptions = {}): Promise<readonly List[]> {
    const at = options.revision === undefined ? {} : { revision: options.revision };
    const onSuccess = queries.map(({ keys, ...shape }) => ({ kind: 'get', keys, ...shape, ...at }) as const);
    return listsOf(await this.#read(transactionOf({ onSuccess }), options));
  }

  /**
   * The same as of `revision`, which this store has told, or of any later one: for who looks again because he has heard
   * of it. It is asked of a node that has come so far, and of no majority.
   */
  async listsSince(
    revision: number,
    queries: readonly ListQuery[],
    limits: CallLimits = {},
  ): Promise<readonly List[]> {
    const onSuccess = queries.map((list) => ({ kind: 'get', ...list }) as const);
    const query = encoded(transactionOf({ onSuccess }), []);
    return listsOf(accepted(await this.#reads.readSince(query, revision, limits)));
  }

  /** How many keys there are. */
  async count(keys: Keys, options: ReadOptions = {}): Promise<number> {
    const { revision } = options;
    const shape = revision === undefined ? {} : { revision };
    const { body } = await this.#read({ ...getOf(rangeOf(keys), shape), content: 'count' }, options);
    if (body.kind !== 'get') throw unexpected(body.kind);
    return body.count;
  }

  async put(key: Bytes, value: Bytes, options: PutOptions = {}): Promise<PutAnswer> {
    const { revision, body } = await this.#write(putOf({ ...options, key, value }), options);
    if (body.kind !== 'put') throw unexpected(body.kind);
    return { revision, previous: entryOf(body.previous) };
  }

  /** The value as JSON. With a schema, what the schema makes of it; rejects with `value-invalid` where it does not fit. */
  async putJson(key: Bytes, value: unknown, options: PutJsonOptions = {}): Promise<PutAnswer> {
    const { schema, ...put } = options;
    const name = typeof key === 'string' ? key : new TextDecoder().decode(key);
    const written = schema === undefined ? value : await checked(schema, value, name);
    const text: unknown = JSON.stringify(written);
    if (typeof text !== 'string')
      throw invalidOption('value', typeof value, 'something that JSON can express');
    return await this.put(key, text, put);
  }

  /**
   * Puts a key that was never there: `prefix`, then the revision and a place in it as digits of a fixed count, then the
   * suffix. So the keys of one prefix are in the order in which they were made, and a list of them is that order.
   */
  async append(prefix: Bytes, value: Bytes, options: AppendOptions = {}): Promise<AppendAnswer> {
    const { revision, body } = await this.#write(appendOf({ ...options, prefix, value }), options);
    if (body.kind !== 'append') throw unexpected(body.kind);
    return { ...appendedOf(body.key), revision };
  }

  /**
   * Adds to the whole number that the value of `key` says in decimal text, in one step. An absent key says 0. Rejects
   * with `not-a-number` where the value is another text, and with `counter-out-of-range` beyond the bounds.
   */
  async add(key: Bytes, amount: number, options: AddOptions = {}): Promise<AddAnswer> {
    const { revision, body } = await this.#write(addOf({ ...options, key, amount }), options);
    if (body.kind !== 'add') throw unexpected(body.kind);
    return { before: body.before, after: body.after, revision };
  }

  async delete(keys: Keys, options: WriteOptions = {}): Promise<DeleteAnswer> {
    const range = rangeOf(keys);
    const { revision, body } = await this.#write({ kind: 'delete', range, wantPrevious: false }, options);
    if (body.kind !== 'delete') throw unexpected(body.kind);
    return { revision, count: body.count };
  }

  /** All of it at one revision, or nothing. */
  async transaction(request: TransactionRequest, options: WriteOptions = {}): Promise<TransactionAnswer> {
    const transaction = transactionOf(request);
    const only = onlyOperationOf(transaction);
    const { revision, body } = await this.#write(only ?? transaction, options);
    if (body.kind === 'transaction')
      return { succeeded: body.succeeded, revision, results: body.results.map(resultOf) };
    if (only === undefined || !isOperationResult(body)) throw unexpected(body.kind);
    return { succeeded: true, revision, results: [resultOf(body)] };
  }

  /** Forgets what only reads as of a revision before this one, and watches from before it, could see. */
  async compact(revision: number, limits: CallLimits = {}): Promise<void> {
    await this.#write({ kind: 'compact', revision }, limits);
  }

  /** Every change from where it begins on, each once and in order; ends with `compacted` when that is no longer possible. */
  watch(keys: Keys, options: WatchOptions = {}): StoreWatch {
    const { resync = false, ...rest } = options;
    const range = rangeOf(keys);
    const watch = new StoreWatch({
      client: this.#client,
      clock: this.#clock,
      group,
      range,
      ...rest,
      ...(resync ? { present: (signal) => this.#present(range, signal) } : {}),
      onTold: (revision) => this.#reads.heard(revision),
      onEnd: (ended) => this.#watches.delete(ended),
    });
    if (!watch.isOver) this.#watches.add(watch);
    return watch;
  }

  /** A life line: what hangs on it vanishes when this process no longer shows that it lives. */
  async session({ ttl, renewalShare, ...limits }: SessionRequest): Promise<StoreSession> {
    const session = await StoreSession.open({
      client: this.#client,
      clock: this.#clock,
      group,
      ttlMs: durationMs(ttl, 'ttl'),
      ...(renewalShare === undefined ? {} : { renewalShare: renewalShareOf(renewalShare) }),
      opening: limitsOf(limits),
    });
    this.#sessions.add(session);
    session.over.addEventListener('abort', () => void this.#forget(session), { once: true });
    return session;
  }

  /** In a later turn, when it is known whether it has a farewell to say, and behind that: it needs the connection. */
  async #forget(session: StoreSession): Promise<void> {
    await Promise.resolve();
    await session.close();
    this.#sessions.delete(session);
  }

  /**
   * Everything that is there at one moment, not before this call, as the bytes of a backup: keys with their history,
   * leases, sessions with their answers, users and roles. Writes go on meanwhile. With users, only root may.
   */
  async backup(limits: CallLimits = {}): Promise<StoreBackup> {
    const { cryptography, checksum } = this.#proving;
    return await beginBackup({ client: this.#client, group, cryptography, checksum, call: limitsOf(limits) });
  }

  /** Ends watches and sessions, and the connections. May be called twice. */
  async close(): Promise<void> {
    for (const watch of [...this.#watches]) await watch.return();
    await Promise.all([...this.#sessions].map((session) => session.close()));
    await this.#client.close();
    await this.#onClosed?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** All keys of a range as they are at one revision, which is told along with them. */
  async #present(range: KeyRange, signal: AbortSignal): Promise<Present> {
    const entries: Entry[] = [];
    let at = 0;
    for (let start: Uint8Array | undefined = range.start; start !== undefined; ) {
      const { revision, body } = await this.#read(getOf({ start, end: range.end }, { revision: at }), {
        signal,
      });
      if (body.kind !== 'get') throw unexpected(body.kind);
      if (at === 0) at = revision;
      for (const entry of body.entries) entries.push(new Entry(entry));
      start = body.resume?.slice();
    }
    return { entries, revision: at };
  }

  async #read(body: CommandBody, options: ReadOptions): Promise<Reply> {
    return accepted(await this.#reads.read(encoded(body, []), options));
  }

  async #write(body: CommandBody, options: WriteOptions): Promise<Reply> {
    const { session, fences = [], receipt } = options;
    const shown: Fence[] = fences.map(({ key, token, isElsewhere = false }) => ({
      holder: isElsewhere ? 'elsewhere' : 'here',
      key: keyOf(key),
      token,
    }));
    const pad = new ReceiptPad('strong', this.#clock);
    const call = { ...limitsOf(options), ...pad.call };
    const reply =
      session === undefined
        ? decodeReply(await this.#client.command(group, encoded(body, shown), call))
        : await session.call(body, { fences: shown, ...call });
    this.#reads.saw(reply.revision);
    const done = accepted(reply);
    receipt?.(pad.write({ reply, delivered: 'strong' }));
    return done;
  }
}

function encoded(body: CommandBody, fences: readonly Fence[]): Uint8Array {
  const writer = new ByteWriter(256);
  encodeCommand(writer, { session: undefined, fences, body });
  return writer.copy();
}

function accepted(reply: Reply): Reply {
  if (reply.body.kind === 'refused') throw refusalError(reply.body.refusal);
  return reply;
}

function renewalShareOf(share: number): number {
  if (share >= 0.05 && share <= 0.7) return share;
  throw invalidOption('renewalShare', share, 'from 0.05 to 0.7');
}

function listsOf({ revision, body }: Reply): readonly List[] {
  if (body.kind !== 'transaction') throw unexpected(body.kind);
  return body.results.map((result) => listOf(result, revision));
}

function listOf(body: Reply['body'], revision: number): List {
  if (body.kind !== 'get') throw unexpected(body.kind);
  const entries = body.entries.map((entry) => new Entry(entry));
  return { entries, more: body.more, resume: body.resume?.slice(), revision };
}

function unexpected(kind: string): TypeError {
  return new TypeError(`the store answered with ${kind}, which was not asked for`);
}
