/**
 * The revisioned store as a group's state machine. By itself it has its state in memory: what a node loses with
 * its process comes back from the last snapshot and the log behind it. `StoreOnDisk` puts a store on disk under
 * it, and commits that.
 */
import { assert, ByteWriter, QuorateError } from '../base/index.ts';
import {
  CollectionClock,
  type CommandBody,
  commandLevel,
  decodePasswordHash,
  encodeCommand,
  HistoryClock,
  inEnvelope,
  isEnvelope,
  isInternalCommand,
  isKeepAlive,
  isKnownCommand,
  type LeaseChange,
  LeaseClock,
  leaderCredential,
  type RefusalCode,
  RevisionedStore,
  type RevisionedStoreStatus,
  refusalCodeOf,
  refusalError,
  SnapshotRestore,
  type StoreSnapshot,
} from '../mvcc/index.ts';
import type { OrderedStore } from '../ports/index.ts';
import { MemoryOrderedStore } from '../storage/index.ts';
import { commandUnknown } from './command-level.ts';
import type {
  AccessControl,
  Leadership,
  StateFigures,
  StateMachine,
  Subscriber,
  Subscription,
} from './state-machine.ts';
import { StoreWatches } from './store-watches.ts';

const nothing = new Uint8Array(0);

/** The clock of one term of leading. */
interface Reign {
  readonly leadership: Leadership;
  readonly clock: LeaseClock;
  /** Absent: nothing is forgotten unasked. */
  readonly history: HistoryClock | undefined;
  readonly collection: CollectionClock;
  /** What became of leases since the last tick. */
  changes: LeaseChange[];
}

export interface StoreMachineOptions {
  /**
   * While this member leads, what nobody could see any more but by a read or a watch from so long ago is forgotten.
   * Without a bound a store grows until it refuses writes. 0: forget nothing unasked. Default one hour.
   */
  readonly historyMs?: number;
}

const historyMsDefault = 3_600_000;

export class StoreMachine implements StateMachine {
  readonly #historyMs: number;
  #store: RevisionedStore;
  readonly #watches: StoreWatches;
  /** Commands of the log that the store refused, by code. */
  readonly refusals: Map<RefusalCode, number> = new Map();
  #applied: number;
  /** The version of users and roles by which watches were judged. */
  #judgedBy = 0;
  /** Present while this member leads: only then is there a clock that ends leases. */
  #reign: Reign | undefined;

  readonly access: AccessControl = accessTo(
    () => this.#store,
    () => this.#reign !== undefined,
  );

  /** Goes on from what `ordered` holds; by default with nothing, in memory. */
  constructor(
    ordered: OrderedStore = new MemoryOrderedStore(),
    { historyMs = historyMsDefault }: StoreMachineOptions = {},
  ) {
    this.#historyMs = historyMs;
    this.#store = new RevisionedStore(ordered);
    this.#applied = this.#store.appliedIndex;
    this.#watches = new StoreWatches(this.#store);
  }

  get applied(): number {
    return this.#applied;
  }

  get figures(): StateFigures {
    const { revision, usedBytes } = this.#store.status;
    return { revision, bytes: usedBytes };
  }

  /** What the store says of itself, for people who watch it. */
  get status(): RevisionedStoreStatus {
    return this.#store.status;
  }

  /** Another history begins behind this state, with numbers that the one before has not given. */
  beginAnew(at: { readonly index: number; readonly revision: number }): void {
    this.#store.beginAnew(at);
    this.#applied = at.index;
  }

  /** Completes the ordered store; it is to be committed with the index that this returns, before anything else is applied. */
  prepareCommit(): number {
    return this.#store.prepareCommit();
  }

  apply(index: number, command: Uint8Array | undefined): Uint8Array {
    assert(index === this.#applied + 1, 'entries are applied in order, each once');
    this.#applied = index;
    if (command === undefined) {
      this.#store.skip(index);
      return nothing;
    }
    const { reply, revision, leases } = this.#store.apply(index, command);
    if (this.#reign !== undefined) for (const change of leases) this.#reign.changes.push(change);
    if (revision > 0) this.#watches.published(revision);
    const refused = refusalCodeOf(reply);
    if (refused !== undefined) this.refusals.set(refused, (this.refusals.get(refused) ?? 0) + 1);
    this.#judgeWatches();
    return reply;
  }

  read(query: Uint8Array): Uint8Array {
    return this.#store.read(query);
  }

  snapshot(): Iterable<Uint8Array> {
    return chunks(this.#store.snapshot());
  }

  async restore(index: number, source: AsyncIterable<Uint8Array>): Promise<void> {
    const ordered = new MemoryOrderedStore();
    const restore = new SnapshotRestore(ordered);
    for await (const chunk of source) restore.accept(chunk);
    restore.finish();
    this.adopt(index, ordered);
  }

  /** Goes on from another store, which holds the state at `index`; watches go on with it. */
  adopt(index: number, ordered: OrderedStore): void {
    this.#store = new RevisionedStore(ordered);
    this.#applied = index;
    this.#reign = undefined;
    this.#watches.rebase(this.#store);
    this.#watches.judge();
    this.#judgedBy = this.#store.security.version;
  }

  /** Rights that were taken away end the watches that they allowed. */
  #judgeWatches(): void {
    const { version } = this.#store.security;
    if (version === this.#judgedBy) return;
    this.#judgedBy = version;
    this.#watches.judge();
  }

  hash(): number {
    return this.#store.stateHash();
  }

  refusal(command: Uint8Array): QuorateError | undefined {
    if (!isKnownCommand(command)) return commandUnknown(command);
    return isInternalCommand(command) ? notForClients() : undefined;
  }

  levelNeeded(command: Uint8Array): number {
    return commandLevel(command);
  }

  keepsAlive(command: Uint8Array): boolean {
    return isKeepAlive(command);
  }

  /** Leases and history are looked at while this member leads: what comes of it is proposed, and the log decides. */
  tick(now: number, leadership: Leadership | undefined): void {
    this.#watches.tick(now);
    if (leadership === undefined) {
      this.#reign = undefined;
      return;
    }
    if (this.#reign?.leadership !== leadership) this.#reign = this.#begin(leadership, now);
    const { clock, history, collection, changes } = this.#reign;
    this.#reign.changes = [];
    clock.changed(changes, now);
    const { expire, checkpoint } = clock.tick(now);
    for (const body of [expire, checkpoint]) if (body !== undefined) leadership.propose(encoded(body));
    const old = history?.tick(now, this.#store.revision);
    if (old !== undefined && old > this.#store.compactedRevision)
      leadership.propose(inEnvelope(leaderCredential, encoded({ kind: 'compact', revision: old })));
    const events = collection.tick(now, this.#store.status);
    if (events > 0) leadership.propose(inEnvelope(leaderCredential, encoded({ kind: 'collect', events })));
  }

  #begin(leadership: Leadership, now: number): Reign {
    const { revision, appliedIndex } = this.#store;
    const history = this.#historyMs === 0 ? undefined : new HistoryClock(this.#historyMs, now, revision);
    const collection = new CollectionClock(now, appliedIndex);
    return { leadership, clock: new LeaseClock(this.#store, now), history, collection, changes: [] };
  }

  subscribe(query: Uint8Array, subscriber: Subscriber): Subscription {
    return this.#watches.subscribe(query, subscriber);
  }

  tell(): boolean {
    return this.#watches.tell();
  }
}

function accessTo(store: () => RevisionedStore, leads: () => boolean): AccessControl {
  return {
    get isOn() {
      return store().security.isOn;
    },
    proofOf: (user) => decodePasswordHash(store().security.userNamed(user)?.password ?? nothing),
    credentialOf: (user) => store().security.userNamed(user)?.credential,
    isKnown: (credential) => store().security.user(credential) !== undefined,
    isAdmin: (credential) => store().security.isAdmin(credential),
    isRoot: (credential) => store().security.isRoot(credential),
    isEnvelope,
    envelope: inEnvelope,
    refusal: (credential, command) => {
      // A member that is behind may not have heard of a right yet; its word would be final.
      if (!leads()) return undefined;
      const refusal = store().commandRefusal(credential, command);
      return refusal === undefined ? undefined : refusalError(refusal);
    },
  };
}

function encoded(body: CommandBody): Uint8Array {
  const writer = new ByteWriter(256);
  encodeCommand(writer, { session: undefined, fences: [], body });
  return writer.copy();
}

function notForClients(): QuorateError<'not-for-clients'> {
  return new QuorateError({
    code: 'not-for-clients',
    message:
      'only the member that leads may send this command: it decides by its own clock; leave it to the cluster',
    data: {},
  });
}

/** The snapshot was taken before; this only hands it out, and gives it back at the end, reached or not. A generator that was never begun would not. */
function chunks(snapshot: StoreSnapshot): IterableIterator<Uint8Array> {
  const iterator: IterableIterator<Uint8Array> = {
    next: () => {
      const value = snapshot.next();
      return value === undefined ? { done: true, value } : { done: false, value };
    },
    return: () => {
      snapshot.close();
      return { done: true, value: undefined };
    },
    [Symbol.iterator]: () => iterator,
  };
  return iterator;
}
