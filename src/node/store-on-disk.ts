/**
 * The revisioned store with its state in a store on disk. The log stays the truth; the state is committed behind
 * it, in batches, each with the index that it reaches, so that a restart replays only the rest. Nobody waits for
 * a commit: it runs in LMDB's own thread while commands go on in memory above it.
 *
 * When is it committed? When enough has gathered, when some time has passed, when the log wants to forget
 * (`flush`), and at a clean end. Memory for what is not committed is bounded: beyond the bound `room` makes the
 * host wait, and clients are refused until the disk has caught up. A full disk is the same, for longer.
 *
 * Damage that a checksum brings to light stops the node, since what else is wrong nobody knows, and is noted, so
 * that the next start fetches the state from other members.
 */
import { assert, isQuorateError, QuorateError } from '../base/index.ts';
import { type RefusalCode, type RevisionedStoreStatus, SnapshotRestore } from '../mvcc/index.ts';
import type { Clock, Disk, Log } from '../ports/index.ts';
import type { GroupId } from '../raft/index.ts';
import { type Checksum, type LmdbStore, openLmdbStore } from '../storage/index.ts';
import { FullDisk } from './full-disk.ts';
import { StateDirectory } from './state-directory.ts';
import type {
  AccessControl,
  DurableState,
  Leadership,
  StateFigures,
  StateHome,
  StateMachine,
  Subscriber,
  Subscription,
} from './state-machine.ts';
import { StateScrub } from './state-scrub.ts';
import { StoreMachine, type StoreMachineOptions } from './store-machine.ts';

export interface StoreOnDiskOptions extends StoreMachineOptions {
  /** The machine's real disk: LMDB opens its file by path. */
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  readonly checksum?: Checksum | undefined;
  /** A commit begins when so much has gathered. Default 2 MiB. */
  readonly commitBytes?: number;
  /** A commit begins so long after the one before, if there is anything to commit. Default 1 s. */
  readonly commitMs?: number;
  /** Beyond so much that is not durable, commands wait for the disk. Default 32 MiB. */
  readonly waitingBytesMax?: number;
}

const mebibyte = 1_048_576;
const defaults = { commitBytes: 2 * mebibyte, commitMs: 1_000, waitingBytesMax: 32 * mebibyte };
/** A state that is being installed is committed in pieces of this size. */
const installBytes = 8 * mebibyte;

/** The state machines of a node that keeps its groups' states on disk. */
export function storesOnDisk(
  options: StoreOnDiskOptions,
): (group: GroupId, home: StateHome) => Promise<StoreOnDisk> {
  return (_group, home) => StoreOnDisk.open(options, home);
}

interface Parts {
  readonly options: StoreOnDiskOptions;
  readonly home: StateHome;
  readonly directory: StateDirectory;
  readonly full: FullDisk;
  readonly store: LmdbStore;
  readonly machine: StoreMachine;
}

/** Whatever the store has to do for its node, it has to do on disk too. */
type Duties = Pick<StoreMachine, Extract<keyof StoreMachine, keyof StateMachine>>;

class StoreOnDisk implements StateMachine, Duties {
  readonly durable: DurableState;
  readonly #options: StoreOnDiskOptions;
  readonly #settings: typeof defaults;
  readonly #home: StateHome;
  readonly #directory: StateDirectory;
  readonly #full: FullDisk;
  readonly #machine: StoreMachine;
  #store: LmdbStore;
  /** Resolves, and never rejects, when the commit under way has ended. */
  #committing: Promise<void> | undefined;
  /** Present while too much is not durable. */
  #room: Promise<void> | undefined;
  #nextCommitMs = 0;
  readonly #scrub = new StateScrub();
  /** Why nothing can be kept any more. */
  #failure: unknown;
  /** Damage is being noted. */
  #noting: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /** `ordered-store-damaged` when what lies there is not what was written. */
  static async open(options: StoreOnDiskOptions, home: StateHome): Promise<StoreOnDisk> {
    const directory = await StateDirectory.open({ disk: options.disk, ...home });
    const full = new FullDisk(options);
    const store = await openStore(options, directory.current, full);
    try {
      const machine = machineOn(store, directory.current, options);
      return new StoreOnDisk({ options, home, directory, full, store, machine });
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  private constructor({ options, home, directory, full, store, machine }: Parts) {
    this.#options = options;
    this.#settings = { ...defaults, ...given(options) };
    this.#home = home;
    this.#directory = directory;
    this.#full = full;
    this.#store = store;
    this.#machine = machine;
    const index = (): number => this.#store.appliedIndex;
    const room = (): Promise<void> | undefined => this.#room;
    this.durable = {
      get index() {
        return index();
      },
      get room() {
        return room();
      },
      flush: () => this.#flush(),
      close: () => this.#close(),
    };
  }

  get applied(): number {
    return this.#machine.applied;
  }

  get figures(): StateFigures {
    return this.#machine.figures;
  }

  get access(): AccessControl {
    return this.#machine.access;
  }

  /** What the store says of itself, for people who watch it. */
  get status(): RevisionedStoreStatus {
    return this.#machine.status;
  }

  /** Commands of the log that the store refused, by code. */
  get refusals(): Map<RefusalCode, number> {
    return this.#machine.refusals;
  }

  apply(index: number, command: Uint8Array | undefined): Uint8Array {
    const reply = this.#guarded(() => this.#machine.apply(index, command));
    this.#considerBytes();
    return reply;
  }

  read(query: Uint8Array): Uint8Array {
    return this.#guarded(() => this.#machine.read(query));
  }

  snapshot(): Iterable<Uint8Array> {
    const chunks = this.#machine.snapshot()[Symbol.iterator]();
    const store = this.#store;
    const iterator: IterableIterator<Uint8Array> = {
      next: () => {
        // A store that was closed has closed its snapshots.
        if (this.#store !== store || this.#closed !== undefined) throw snapshotOver();
        return this.#guarded(() => chunks.next());
      },
      return: () => chunks.return?.() ?? { done: true, value: undefined },
      [Symbol.iterator]: () => iterator,
    };
    return iterator;
  }

  /** Builds the new state beside the old one, which stays until the new one is durable and proved. */
  async restore(index: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const before = this.#store;
    await this.#committing;
    await this.#directory.emptySpare();
    const store = await openStore(this.#options, this.#directory.spare, this.#full);
    try {
      await fill(store, index, chunks);
      await this.#directory.swap();
      this.#machine.adopt(index, store);
    } catch (error) {
      await store.close();
      throw error;
    }
    this.#store = store;
    this.#room = undefined;
    await before.close();
    await this.#directory.emptySpare();
  }

  hash(): number {
    return this.#machine.hash();
  }

  refusal(command: Uint8Array): QuorateError | undefined {
    if (this.#full.isFull || this.#room !== undefined) return behind(this.#full.isFull);
    return this.#machine.refusal(command);
  }

  tick(now: number, leadership: Leadership | undefined): void {
    this.#guarded(() => {
      this.#machine.tick(now, leadership);
      this.#look(now);
    });
    if (now < this.#nextCommitMs) return;
    this.#nextCommitMs = now + this.#settings.commitMs;
    if (this.applied > this.#store.appliedIndex) void this.#commit();
  }

  subscribe(query: Uint8Array, subscriber: Subscriber): Subscription {
    return this.#guarded(() => this.#machine.subscribe(query, subscriber));
  }

  levelNeeded(command: Uint8Array): number {
    return this.#machine.levelNeeded(command);
  }

  keepsAlive(command: Uint8Array): boolean {
    return this.#machine.keepsAlive(command);
  }

  tell(): boolean {
    return this.#guarded(() => this.#machine.tell());
  }

  #look(now: number): void {
    if (this.#failure !== undefined || this.#scrub.isSound(now, this.#store)) return;
    throw damagedState(this.#directory.current, 'a key that is there cannot be found any more');
  }

  #considerBytes(): void {
    const { commitBytes, waitingBytesMax } = this.#settings;
    const bytes = this.#store.uncommittedBytes;
    if (bytes < commitBytes) return;
    const committing = this.#commit();
    if (bytes >= waitingBytesMax) this.#room ??= this.#whenRoomy(committing);
  }

  /** One commit after the other, until what is left is little enough or nothing works any more. */
  async #whenRoomy(committing: Promise<void>): Promise<void> {
    const store = this.#store;
    await committing;
    while (this.#isUsable(store) && store.uncommittedBytes >= this.#settings.waitingBytesMax) {
      await this.#commit();
    }
    this.#room = undefined;
  }

  #isUsable(store: LmdbStore): boolean {
    return this.#store === store && this.#failure === undefined && this.#closed === undefined;
  }

  /** Begins a commit where none is under way. */
  #commit(): Promise<void> {
    this.#committing ??= this.#commitNow(this.#store);
    return this.#committing;
  }

  async #commitNow(store: LmdbStore): Promise<void> {
    try {
      if (this.#failure === undefined) await store.commit(this.#machine.prepareCommit());
      this.#full.passed();
    } catch (error) {
      this.#failed(error);
    }
    this.#committing = undefined;
  }

  async #flush(): Promise<void> {
    const target = this.applied;
    while (this.#store.appliedIndex < target) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#commit();
    }
  }

  #close(): Promise<void> {
    this.#closed ??= this.#closeNow();
    return this.#closed;
  }

  async #closeNow(): Promise<void> {
    this.#full.end();
    await this.#flush().catch((error) => this.#options.log.warn('state not committed at the end', { error }));
    await this.#noting;
    await this.#store.close();
  }

  /** Whatever shows that the state is damaged ends the node, whoever asked. */
  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (isDamage(error)) this.#failed(error);
      throw error;
    }
  }

  #failed(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#noting = this.#tell(error);
  }

  /** The node stops behind this, and waits for it. */
  async #tell(error: unknown): Promise<void> {
    const { log } = this.#options;
    try {
      if (isDamage(error)) {
        log.error('state damaged', { error });
        await this.#directory.noteDamage(error.data.problem);
      }
    } catch (cause) {
      log.error('damage not noted', { cause });
    }
    this.#home.onFailure(error);
  }
}

function given(options: StoreOnDiskOptions): Partial<typeof defaults> {
  const { commitBytes, commitMs, waitingBytesMax } = options;
  return Object.fromEntries(
    Object.entries({ commitBytes, commitMs, waitingBytesMax }).filter(([, value]) => value !== undefined),
  );
}

async function openStore(
  { disk, checksum }: StoreOnDiskOptions,
  directory: string,
  full: FullDisk,
): Promise<LmdbStore> {
  return await openLmdbStore({ disk, directory, checksum, whenFull: (error) => full.wait(error) });
}

/** What the store holds must make sense; a store that does not is damaged, however it says so. */
function machineOn(store: LmdbStore, path: string, options: StoreMachineOptions): StoreMachine {
  try {
    return new StoreMachine(store, options);
  } catch (error) {
    if (!isQuorateError(error) || isDamage(error)) throw error;
    throw damagedState(path, error.message, error);
  }
}

async function fill(store: LmdbStore, index: number, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const restore = new SnapshotRestore(store);
  for await (const chunk of chunks) {
    restore.accept(chunk);
    if (store.uncommittedBytes >= installBytes) await store.commit(0);
  }
  restore.finish();
  await store.commit(index);
  assert(store.appliedIndex === index, 'a commit that resolved is durable');
}

function isDamage(error: unknown): error is QuorateError<'ordered-store-damaged'> {
  return isQuorateError(error) && error.code === 'ordered-store-damaged';
}

function damagedState(path: string, problem: string, cause?: unknown): QuorateError<'ordered-store-damaged'> {
  return new QuorateError({
    code: 'ordered-store-damaged',
    message: `the state in ${path} is damaged: ${problem}; it is fetched from other members, or a backup must be restored`,
    data: { path, problem },
    cause,
  });
}

function snapshotOver(): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: 'the state of which a snapshot was being read is no longer there; take another one',
    data: { what: 'snapshot' },
  });
}

function behind(isFull: boolean): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: isFull
      ? 'the disk under the state is full, and writes wait for room; free some, and try again'
      : 'the disk under the state is behind; try again later',
    data: { queue: 'uncommitted state', limit: 0 },
  });
}
