/**
 * The revisioned store: one replicated state, changed by nothing but commands. Every member applies the same
 * commands in the same order and comes to the same state and the same answers; there is no clock here, no
 * randomness, and no option that one member could set and another not.
 *
 * Its state lies in an ordered store. Whoever hosts it commits that now and then: `prepareCommit`, then the
 * ordered store's `commit` with the index that it returned, and nothing between the two.
 */
import { assert, ByteWriter, isQuorateError } from '../base/index.ts';
import type { OrderedStore } from '../ports/index.ts';
import { Collector, type Growth, type Piece } from './collector.ts';
import { decodeCommand } from './command-decoding.ts';
import { type Command, type CommandBody, isOperation, type KeyRange, type Operation } from './commands.ts';
import type { HistoryEvent } from './event.ts';
import { Guards } from './guards.ts';
import type { Position } from './head.ts';
import { type HistoryCursor, Keyspace } from './keyspace.ts';
import { type LeaseChange, LeaseCommands } from './lease-commands.ts';
import { type Lease, type LeaseStatus, Leases, statusOf } from './leases.ts';
import { faultyLimit, type Limits, limitNames } from './limits.ts';
import { Reads } from './reads.ts';
import { damagedState, type Refusal, refuse } from './refusals.ts';
import { ReplyWriter } from './reply-writer.ts';
import { Security } from './security.ts';
import {
  credentialOf,
  encodeSecurityTable,
  isEnvelope,
  requestIn,
  type SecurityChange,
} from './security-format.ts';
import { type SnapshotOptions, StoreSnapshot } from './snapshot.ts';
import { decodeState, encodeState, StoreState } from './state.ts';
import type { StateHash } from './state-hash.ts';
import { metaKey } from './tables.ts';
import { Transactions } from './transactions.ts';

/** What a command did. */
export interface Applied {
  /** The answer for whoever sent it: a view, valid until the store is next used. */
  readonly reply: Uint8Array;
  /** The revision that it made; 0 when it changed no key. */
  readonly revision: number;
  /** How many changes that revision has. */
  readonly eventCount: number;
  /** What became of leases, for the leader's clock. */
  readonly leases: readonly LeaseChange[];
  /** True: the session had this request before, nothing was done, and the reply is the one it got then. */
  readonly isRepeat: boolean;
}

export interface RevisionedStoreStatus {
  readonly appliedIndex: number;
  readonly revision: number;
  readonly compactedRevision: number;
  readonly keyCount: number;
  readonly leaseCount: number;
  readonly usedBytes: number;
  /** The last compaction still has something to free: `collect` would do it sooner than the commands to come. */
  readonly isCollecting: boolean;
  readonly limits: Limits;
}

/** What one `collect` may do at most: less than a tenth of a second. */
const collectedMost: Piece = { events: 8_192, revisions: Number.POSITIVE_INFINITY, bytes: 4_194_304 };
const noGrowth: Growth = { changes: 0, bytes: 0 };

/** What a watch of a range is judged as: it hears of whatever could be read there. */
const anyGet = {
  kind: 'get',
  revision: 0,
  limit: 0,
  order: 'key',
  descending: false,
  content: 'entries',
} as const;

const noChanges: readonly LeaseChange[] = [];

export class RevisionedStore {
  readonly #store: OrderedStore;
  readonly #state: StoreState;
  readonly #leases: Leases;
  readonly #keyspace: Keyspace;
  readonly #guards: Guards;
  readonly #reads: Reads;
  readonly #reply = new ReplyWriter();
  readonly #transactions: Transactions;
  readonly #leaseCommands: LeaseCommands;
  readonly #collector: Collector;
  readonly #security: Security;
  /** The credential of whoever sent what is being carried out. */
  #sender: number | undefined;

  /** Goes on from what the ordered store holds; an empty one begins at revision 0. */
  constructor(store: OrderedStore) {
    const meta = store.get(metaKey);
    const decoded = meta === undefined ? undefined : decodeState(meta);
    const state = decoded?.state ?? new StoreState();
    this.#store = store;
    this.#state = state;
    this.#leases = new Leases(store, state.leaseHash);
    this.#keyspace = new Keyspace(store, state, this.#leases);
    this.#guards = new Guards(store, state, this.#keyspace);
    this.#reads = new Reads(store, state, this.#keyspace);
    const parts = {
      state,
      keyspace: this.#keyspace,
      leases: this.#leases,
      reads: this.#reads,
      reply: this.#reply,
    };
    this.#transactions = new Transactions(parts);
    this.#leaseCommands = new LeaseCommands(parts);
    this.#collector = new Collector(state, this.#keyspace);
    this.#security = new Security(store, state);
    this.#leases.load();
    this.#security.load();
    if (decoded === undefined ? !isEmpty(store) : !this.#isAsCommitted(decoded.leaseHash)) {
      throw damagedState('it is not what was committed with its index');
    }
  }

  /** Records from a commit that was not prepared, or leases that something else changed, would go unnoticed for long. */
  #isAsCommitted(leaseHash: StateHash): boolean {
    const { appliedIndex } = this.#store;
    const isIndexRight = appliedIndex === 0 || appliedIndex === this.#state.appliedIndex;
    return isIndexRight && leaseHash.equals(this.#state.leaseHash);
  }

  get status(): RevisionedStoreStatus {
    const { appliedIndex, revision, compactedRevision, keyCount, usedBytes, limits } = this.#state;
    const leaseCount = this.#leases.count;
    const isCollecting = this.#collector.isPending;
    return {
      appliedIndex,
      revision,
      compactedRevision,
      keyCount,
      leaseCount,
      usedBytes,
      isCollecting,
      limits,
    };
  }

  get appliedIndex(): number {
    return this.#state.appliedIndex;
  }

  get revision(): number {
    return this.#state.revision;
  }

  get compactedRevision(): number {
    return this.#state.compactedRevision;
  }

  /** Carries out the command at `index` of the log. Whatever the bytes are, it answers and does not throw. */
  apply(index: number, bytes: Uint8Array): Applied {
    assert(index > this.#state.appliedIndex, 'commands are applied once, in the order of the log');
    const { appliedIndex: previousIndex, usedBytes } = this.#state;
    this.#state.appliedIndex = index;
    const command = this.#open(bytes);
    const applied = 'code' in command ? this.#refused(command) : this.#executeWhole(command);
    const added = Math.max(0, this.#state.usedBytes - usedBytes);
    this.#collector.follow(previousIndex, { changes: applied.eventCount, bytes: added });
    return applied;
  }

  /** The entry at `index` carries no command. */
  skip(index: number): void {
    const { appliedIndex: previousIndex } = this.#state;
    assert(index > previousIndex, 'entries are passed once, in the order of the log');
    this.#state.appliedIndex = index;
    this.#collector.follow(previousIndex, noGrowth);
  }

  /** Answers a `get`, or a transaction that only reads, from the state as it is: a view, valid until the store is next used. */
  read(bytes: Uint8Array): Uint8Array {
    const command = this.#open(bytes);
    if ('code' in command) return this.#refused(command).reply;
    const { body } = command;
    if (!isReadOnly(body)) return this.#refused(refuse('not-read-only')).reply;
    return this.#execute({ session: undefined, fences: [], body }).reply;
  }

  /** Users, roles and whether they count, as of now. */
  get security(): Security {
    return this.#security;
  }

  /** Why whoever holds `credential` may not watch `range`. */
  watchRefusal(credential: number | undefined, range: KeyRange): Refusal | undefined {
    const body = { ...anyGet, range };
    return this.#security.check(credential, { session: undefined, fences: [], body });
  }

  /** Why the command in `bytes` would be refused to whoever holds `credential`; what is malformed is told when it is carried out. */
  commandRefusal(credential: number, bytes: Uint8Array): Refusal | undefined {
    const command = commandIn(bytes);
    return 'code' in command ? undefined : this.#security.check(credential, command);
  }

  lease(id: number): LeaseStatus | undefined {
    const lease = this.#leases.get(id);
    return lease === undefined ? undefined : statusOf(lease);
  }

  leases(): IterableIterator<LeaseStatus> {
    return this.#leases.statuses();
  }

  /** The changes from revision `first` up to and without revision `end`, in order; to be read before the next command. */
  history(first: number, end: number): HistoryCursor {
    return this.#keyspace.scanHistory({ revision: first, position: 0 }, end);
  }

  /** The change at a place; undefined when it is compacted. Its bytes are valid until the next command. */
  event(at: Position): HistoryEvent | undefined {
    return this.#keyspace.event(at);
  }

  /** Equal on two members that applied the same commands. */
  stateHash(): number {
    return this.#state.summary();
  }

  /**
   * Another history begins here. What came behind this state, in the one that it is from, is not known: so no index,
   * revision or token that was given there is given again, and watches and reads of that time hear `compacted`.
   */
  beginAnew({ index, revision }: { readonly index: number; readonly revision: number }): void {
    const state = this.#state;
    assert(
      index > state.appliedIndex && revision > state.revision,
      'a new history begins behind the old one',
    );
    Object.assign(state, { appliedIndex: index, revision, compactedRevision: revision });
  }

  /** Completes the ordered store, and returns the index to commit it with. */
  prepareCommit(): number {
    this.#leases.flush();
    const writer = new ByteWriter(256);
    encodeState(writer, this.#state);
    this.#store.put(metaKey, writer.bytes());
    return this.#state.appliedIndex;
  }

  /** The state as it is now, to be sent or stored while commands go on. */
  snapshot(options?: SnapshotOptions): StoreSnapshot {
    this.prepareCommit();
    return new StoreSnapshot(this.#store.snapshot(), this.#state, options);
  }

  /** The command, where whoever sent it may have it carried out. */
  #open(bytes: Uint8Array): Command | Refusal {
    this.#sender = isEnvelope(bytes) ? credentialOf(bytes) : undefined;
    const command = commandIn(bytes);
    return 'code' in command ? command : (this.#security.check(this.#sender, command) ?? command);
  }

  #executeWhole(command: Command): Applied {
    return command.session === undefined ? this.#execute(command) : this.#executeOnce(command);
  }

  /** A request of a session: answered from memory when it was answered before. */
  #executeOnce(command: Command): Applied {
    const { session: id, request, acknowledged } = command.session as NonNullable<Command['session']>;
    const { answersMax, answerBytesMax } = this.#state.limits;
    const session = this.#leases.get(id);
    if (session?.answers === undefined) return this.#refused(refuse('session-expired', id));
    const { answers } = session;
    if (request <= answers.acknowledged) {
      return this.#refused(refuse('stale-request', request, answers.acknowledged));
    }
    const reply = answers.find(request);
    if (reply !== undefined) return { reply, revision: 0, eventCount: 0, leases: noChanges, isRepeat: true };
    answers.acknowledge(acknowledged);
    this.#leases.touch(session);
    if (answers.count >= answersMax || answers.bytes >= answerBytesMax) {
      return this.#refused(refuse('session-full', id, answersMax));
    }
    const applied = this.#execute(command);
    if (this.#stillThere(session)) answers.keep(request, applied.reply);
    return applied;
  }

  /** A request may have ended its own session. */
  #stillThere(session: Lease): boolean {
    return this.#leases.get(session.id) === session;
  }

  #execute({ fences, body }: Command): Applied {
    const refusal = this.#guards.check(fences) ?? this.#run(body);
    if (refusal !== undefined) return this.#refused(refusal);
    const eventCount = this.#keyspace.closeRevision();
    const { revision } = this.#state;
    const leases = this.#leaseCommands.takeChanges();
    if (leases.length > 0) this.#security.follow(leases, this.#sender);
    return {
      reply: this.#reply.finish(revision),
      revision: eventCount === 0 ? 0 : revision,
      eventCount,
      leases,
      isRepeat: false,
    };
  }

  #run(body: CommandBody): Refusal | undefined {
    if (isOperation(body)) return this.#transactions.single(body);
    switch (body.kind) {
      case 'transaction':
        return this.#transactions.run(body);
      case 'compact':
        return this.#compact(body.revision);
      case 'collect':
        this.#collector.collect({ ...collectedMost, events: Math.min(body.events, collectedMost.events) });
        this.#reply.begin('done', 0);
        return undefined;
      case 'configure':
        return this.#configure(body.limits);
      case 'security':
        return this.#secure(body.change);
      case 'security-show':
        this.#reply.begin('security', 0);
        this.#reply.security(encodeSecurityTable(this.#security.table, false));
        return undefined;
      default:
        return this.#leaseCommands.run(body);
    }
  }

  #compact(wanted: number): Refusal | undefined {
    const { revision, compactedRevision } = this.#state;
    if (wanted > revision) return refuse('future-revision', wanted, revision);
    if (wanted <= compactedRevision) return refuse('compacted', wanted, compactedRevision);
    this.#state.compactedRevision = wanted;
    // All there is, in a small store: one that refuses to grow does so no longer.
    this.#collector.stride();
    this.#reply.begin('done', 0);
    return undefined;
  }

  #configure(limits: Limits): Refusal | undefined {
    const place = faultyLimit(limits);
    const name = limitNames[place - 1];
    if (name !== undefined) return refuse('limit-out-of-range', place, limits[name]);
    this.#state.limits = limits;
    this.#reply.begin('done', 0);
    return undefined;
  }

  #secure(change: SecurityChange): Refusal | undefined {
    const refusal = this.#security.run(change);
    if (refusal === undefined) this.#reply.begin('done', 0);
    return refusal;
  }

  #refused(refusal: Refusal): Applied {
    this.#reply.begin('refused', 0);
    this.#reply.refused(refusal);
    const reply = this.#reply.finish(this.#state.revision);
    return { reply, revision: 0, eventCount: 0, leases: noChanges, isRepeat: false };
  }
}

function commandIn(bytes: Uint8Array): Command | Refusal {
  try {
    return decodeCommand(requestIn(bytes));
  } catch (error) {
    if (isQuorateError(error) && (error.code === 'malformed-bytes' || error.code === 'out-of-bounds')) {
      return refuse('malformed-bytes', error.data.offset);
    }
    throw error;
  }
}

function isReadOnly(
  body: CommandBody,
): body is Extract<CommandBody, { kind: 'get' | 'transaction' | 'security-show' }> {
  if (body.kind === 'get' || body.kind === 'security-show') return true;
  return body.kind === 'transaction' && onlyGets(body.onSuccess) && onlyGets(body.onFailure);
}

function onlyGets(operations: readonly Operation[]): boolean {
  return operations.every(({ kind }) => kind === 'get');
}

function isEmpty(store: OrderedStore): boolean {
  const cursor = store.scan({ limit: 1 });
  const hasEntry = cursor.next();
  cursor.close();
  return !hasEntry;
}
