/**
 * Recipes on NATS JetStream: one stream, in which each item is a subject and its newest message the state. What is
 * read comes from this process's copies of directories (`mirror.ts`), what is written is written under a condition
 * (`writer.ts`), and what lives with its process hangs on a record that others judge (`session-records.ts`).
 */
import { assert, type QuorateError } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import {
  type CallOptions,
  type CapabilityNotes,
  checkDirectory,
  checkListing,
  checkSession,
  checkTransaction,
  deadlineMsOf,
  type Engine,
  type EngineLimits,
  type EngineSession,
  EngineShell,
  engineClosed,
  type Item,
  type Listing,
  type ListOptions,
  type Mark,
  type Provides,
  renewalShareDefault,
  type SessionOptions,
  splitKey,
  type TransactAnswer,
  type TransactRequest,
  type Watch,
  type WatchOptions,
  type WatchTarget,
} from '../port/index.ts';
import { Call } from './call.ts';
import type { NatsCapabilities, Stated } from './capability-notes.ts';
import { Directories } from './directories.ts';
import { Directory } from './directory.ts';
import type { Link } from './link.ts';
import { randomId } from './random-id.ts';
import { NatsSession, sessionRecord } from './session.ts';
import { SessionRecords } from './session-records.ts';
import type { Stream } from './stream.ts';
import { placeOf } from './subjects.ts';
import { Sweep } from './sweep.ts';
import { NatsWatch } from './watch.ts';
import { Writer } from './writer.ts';

export interface NatsEngineInit extends Stated {
  readonly link: Link;
  readonly stream: Stream;
  readonly clock: Clock;
  readonly random: Random;
  readonly deadlineMs: number;
  readonly retentionMs: number;
  readonly prefix: string;
  /** What stands before all subjects. */
  readonly root: string;
  readonly limits: EngineLimits;
}

export class NatsEngine extends EngineShell<NatsSession> implements Engine<NatsCapabilities> {
  readonly kind = 'nats';
  readonly provides: Provides<NatsCapabilities>;
  readonly notes: CapabilityNotes;
  readonly limits: EngineLimits;
  readonly #init: NatsEngineInit;
  readonly #directories: Directories;
  readonly #writer: Writer;
  readonly #sweep: Sweep;
  #records: SessionRecords | undefined;

  constructor(init: NatsEngineInit) {
    super(init);
    this.#init = init;
    const { stream, clock, random, deadlineMs, retentionMs, provides, notes, limits } = init;
    this.provides = provides;
    this.notes = notes;
    this.limits = limits;
    this.#directories = new Directories({
      clock,
      open: (path, onFailure) => this.#openDirectory(path, onFailure),
      idleReason: () => engineClosed(this.kind),
    });
    this.#writer = new Writer({
      directories: this.#directories,
      keyBytesMax: limits.keyBytesMax,
      markOf: (sequence) => this.#markOf(sequence),
      onDeleted: (path, name) => {
        for (const session of this.sessions) session.release(path, name);
      },
    });
    this.#sweep = new Sweep({
      ...{ stream, writer: this.#writer, clock, random, deadlineMs, retentionMs },
      directories: () => this.#directories.all,
      sessions: () => this.#records?.mirror,
    });
  }

  async get(key: string, options: CallOptions = {}): Promise<Item | undefined> {
    const { directory: path, name } = splitKey(key, this.limits.keyBytesMax);
    using call = this.#begin(`a read of ${key}`, options);
    return await this.#read(path, call, (directory) => directory.item(name));
  }

  async list(path: string, options: ListOptions = {}): Promise<Listing> {
    checkListing(path, options);
    const { before, limit, descending = false, keysOnly = false } = options;
    using call = this.#begin(`a listing of ${path}`, options);
    return await this.#read(path, call, (directory) => {
      const found = directory
        .items()
        .filter(({ created }) => before === undefined || created < before.created);
      found.sort((left, right) => (descending ? right.created - left.created : left.created - right.created));
      const items = found.slice(0, limit);
      const mark = this.#markOf(directory.mirror.position);
      return { items: keysOnly ? items.map(withoutValue) : items, mark };
    });
  }

  async transact(request: TransactRequest): Promise<TransactAnswer> {
    this.checkOpen();
    checkTransaction(this, request);
    const { when = [], operations } = request;
    const [operation] = operations;
    if (operation === undefined) return { succeeded: true, results: [], mark: undefined };
    using call = this.#begin(`a ${operation.kind}`, request);
    return await this.#writer.transact(operation, when, call);
  }

  watch(target: WatchTarget, { signal, from }: WatchOptions = {}): Watch {
    this.checkOpen();
    const { keyBytesMax } = this.limits;
    const path =
      'key' in target ? splitKey(target.key, keyBytesMax).directory : checkDirectory(target.directory);
    const { directory, release } = this.#directories.use(path);
    return new NatsWatch({
      clock: this.clock,
      deadlineMs: this.#init.deadlineMs,
      directory,
      release,
      key: 'key' in target ? target.key : undefined,
      signals: [signal, this.over],
      from: from === undefined ? undefined : this.#sequenceIn(from),
      markOf: (sequence) => this.#markOf(sequence),
    });
  }

  async session(options: SessionOptions): Promise<EngineSession> {
    this.checkOpen();
    checkSession(this, options);
    const { ttlMs, renewalShare: share = renewalShareDefault } = options;
    using call = this.#begin('opening a session', options);
    const records = this.#watchSessions();
    const id = randomId(this.random);
    const sentAt = this.clock.now();
    const change = { name: id, previous: 0, value: sessionRecord(ttlMs), headers: {} };
    const created = await records.mirror.commit(change, call);
    assert(created !== undefined, 'a session has an id that nobody else has');
    const session = new NatsSession({
      ...{ id, ttlMs, share, sentAt, created, records },
      clock: this.clock,
      stream: this.#init.stream,
      closeMsMax: this.#init.deadlineMs,
      endItem: (path, name, own, under) => this.#writer.endItem(path, name, own, under),
      onEnd: (ended) => this.sessions.delete(ended),
    });
    return await this.admit(session);
  }

  /** Everything that was believed is void; the engine refuses all that comes, until it is closed. */
  fail(error: QuorateError): void {
    if (this.over.aborted) return;
    this.refuse(error);
    for (const session of [...this.sessions]) session.lose(error.message, error);
  }

  /** Watches and calls have ended; sessions say goodbye first, while there is somebody to say it to. */
  protected override async end(reason: QuorateError): Promise<void> {
    await this.#sweep.close();
    await this.closeSessions();
    await this.#directories.close(reason);
    await this.#records?.close(reason);
    await this.#init.link.close();
  }

  async #read<T>(path: string, call: Call, read: (directory: Directory) => T): Promise<T> {
    const { directory, release } = this.#directories.use(path);
    try {
      await directory.settle(call);
      return read(directory);
    } finally {
      release();
    }
  }

  #begin(what: string, { signal, deadline }: CallOptions): Call {
    const deadlineMs = deadlineMsOf(deadline, this.#init.deadlineMs);
    signal?.throwIfAborted();
    this.checkOpen();
    return new Call({ clock: this.clock, what, deadlineMs, signals: [signal, this.over] });
  }

  #openDirectory(path: string, onFailure: () => void): Directory {
    const { stream, clock, random, deadlineMs, prefix, root } = this.#init;
    return new Directory({
      ...{ path, stream, clock, random, deadlineMs, onFailure },
      place: placeOf(root, `${prefix}${path}`),
      sessions: () => this.#watchSessions(),
    });
  }

  #watchSessions(): SessionRecords {
    const { stream, clock, random, deadlineMs, root } = this.#init;
    const onFailure = (): void => {
      this.#records = undefined;
    };
    this.#records ??= new SessionRecords({ stream, clock, random, deadlineMs, root, onFailure });
    return this.#records;
  }

  #markOf(sequence: number): Mark {
    return `${this.#init.stream.identity}/${sequence}`;
  }

  /** Undefined for a mark that is none of this stream. */
  #sequenceIn(mark: Mark): number | undefined {
    const [identity, sequence = ''] = mark.split('/');
    return identity === this.#init.stream.identity && /^\d{1,16}$/.test(sequence)
      ? Number(sequence)
      : undefined;
  }
}

function withoutValue(item: Item): Item {
  return { ...item, value: new Uint8Array(0) };
}
