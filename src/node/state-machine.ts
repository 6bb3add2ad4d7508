/**
 * What a group replicates. All members apply the same commands in the same order and must reach the same
 * state: no clock, no randomness, no iteration over unordered things. A command that makes no sense is
 * answered as such and changes nothing; throwing stops the node.
 *
 * Beside the state that all share, a machine may have duties of its own on one member: to decide things while
 * that member leads, by proposing commands, and to tell subscribers of changes as this member applies them.
 *
 * Where the state lies is the machine's affair. One that has it in memory loses it with its process; then the
 * host writes snapshots to files, and restores the last one at a start. One that keeps it on a disk of its own
 * says so by `durable`: the host asks it to `flush` instead, and the log forgets no entry that it has not flushed.
 */
import type { QuorateError } from '../base/index.ts';
import type { GroupId } from '../raft/index.ts';

/** Makes the state machine of a group, at every start of a node. `home` is for one that keeps its state itself. */
export type StateMachineSource = (group: GroupId, home: StateHome) => StateMachine | Promise<StateMachine>;

/** Where a state machine may keep its state from one start to the next. */
export interface StateHome {
  /** For this group of this node alone; need not exist yet. */
  readonly directory: string;
  /** Names the log that the state is made from: another log's state is another state. */
  readonly owner: string;
  /** True: what lies there must not be used any more. The machine begins empty. */
  readonly isLost: boolean;
  /** The state can no longer be kept or read; the node stops. `ordered-store-damaged`: from the next start on it is lost. */
  readonly onFailure: (error: unknown) => void;
}

export interface StateMachine {
  /** The last index that is held; 0 for none. */
  readonly applied: number;

  /** What people are told of the state. Absent from a machine that counts neither. */
  readonly figures?: StateFigures;

  /**
   * Applies a command, or `undefined` for an entry that carries none, and returns the reply for whoever proposed it.
   * The host takes what it needs of the bytes before it uses the machine again, so they may be a view.
   */
  apply(index: number, command: Uint8Array | undefined): Uint8Array;

  /** Answers a question about the state as it is now; changes nothing. The bytes as those of `apply`. */
  read(query: Uint8Array): Uint8Array;

  /**
   * The whole state as of this call, chunk by chunk; stays the same while later commands are applied. Beware of
   * a generator method: its body begins only when the first chunk is asked for, and that is too late.
   */
  snapshot(): Iterable<Uint8Array>;

  /**
   * Replaces the state by what `snapshot` gave for `index`. A failure leaves the state unusable; a crash leaves
   * a `durable` machine with the state before or with the new one.
   */
  restore(index: number, chunks: AsyncIterable<Uint8Array>): Promise<void>;

  /** Equal on two members that hold the same index; for checks. */
  hash(): number;

  /**
   * The level below which no member may meet this command in its log; it is refused there. Absent: 1 for all. A
   * machine that adds a command, or changes the meaning of one, gives it the level that its release adds.
   */
  levelNeeded?(command: Uint8Array): number;

  /**
   * From here on the log is at this level, agreed by all: called before the first entry that is applied at it, and
   * after `restore`. What only the level's releases can read, such as another form of snapshots, may be written now.
   */
  atLevel?(level: number): void;

  /** Users and what they may do. Absent: any client may do anything. */
  readonly access?: AccessControl;
  /** Present: the machine keeps its state itself, and begins with what it has kept. */
  readonly durable?: DurableState;

  /**
   * Why a client may not send this command; `undefined`: it may. Absent: any client may send anything. A command that
   * this release does not know must be refused here: in the log it would mean something else to each release.
   */
  refusal?(command: Uint8Array): QuorateError | undefined;

  /**
   * Whether this command keeps something alive that others rely on. It passes where others are refused because there
   * is too much to do. Absent: none does.
   */
  keepsAlive?(command: Uint8Array): boolean;

  /** Time passes on this member. While it leads and holds all that former leaders committed, `leadership` is there. */
  tick?(now: number, leadership: Leadership | undefined): void;

  /** Tells `subscriber` of changes from here on, until it is closed. Throws what is wrong with the query. */
  subscribe?(query: Uint8Array, subscriber: Subscriber): Subscription;

  /** Tells subscribers what waits for them, a bounded part of it. True: there is more. Called in every turn that changed something. */
  tell?(): boolean;
}

export interface StateFigures {
  readonly revision: number;
  /** About what a snapshot takes. */
  readonly bytes: number;
}

/** The state of a machine that keeps it on a disk of its own. */
export interface DurableState {
  /** The last index that a crash does not take back; at most `applied`. */
  readonly index: number;
  /** Present: what is applied is too far ahead of the disk. Whoever applies waits for it; it never rejects. */
  readonly room: Promise<void> | undefined;
  /** Resolves when everything that was applied before the call is durable. */
  flush(): Promise<void>;
  /** Flushes what it can and gives the files back. May be called twice; never rejects. */
  close(): Promise<void>;
}

/** One term of leading; another term has another value. */
export interface Leadership {
  readonly term: number;
  /** Proposes a command of the machine's own. Nobody hears of its reply, and it may get lost. */
  propose(command: Uint8Array): void;
}

export interface Subscriber {
  /** Takes an item. False: enough, until `resume` is called. The bytes are not written to again. */
  deliver(item: Uint8Array): boolean;
  /** Nothing more will come, for this reason. */
  end(error: QuorateError): void;
}

export interface Subscription {
  /** Goes on after a `deliver` that was answered with false. */
  resume(): void;
  /** May be called twice. */
  close(): void;
}

/** What is kept of a password. */
export interface PasswordProof {
  readonly costLog: number;
  readonly blockSize: number;
  readonly parallel: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/**
 * Users as of now. A request that counts goes in an envelope with the credential of whoever sent it, and the
 * machine judges it when it carries it out.
 */
export interface AccessControl {
  /** True: every request must be somebody's. */
  readonly isOn: boolean;
  /** `undefined` where there is no such user, or one without a password. */
  proofOf(user: string): PasswordProof | undefined;
  credentialOf(user: string): number | undefined;
  isKnown(credential: number): boolean;
  /** May change the cluster as a whole. */
  isAdmin(credential: number): boolean;
  /** May see and do everything. */
  isRoot(credential: number): boolean;
  isEnvelope(request: Uint8Array): boolean;
  envelope(credential: number, request: Uint8Array): Uint8Array;
  /** Why this command would be refused, as far as can be told now. */
  refusal(credential: number, command: Uint8Array): QuorateError | undefined;
}
