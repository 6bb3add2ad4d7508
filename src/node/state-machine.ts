/**
 * What a group replicates. All members apply the same commands in the same order and must reach the same
 * state: no clock, no randomness, no iteration over unordered things. A command that makes no sense is
 * answered as such and changes nothing; throwing stops the node.
 *
 * Beside the state that all share, a machine may have duties of its own on one member: to decide things while
 * that member leads, by proposing commands, and to tell subscribers of changes as this member applies them.
 */
import type { QuorateError } from '../base/index.ts';

export interface StateMachine {
  /** The last index that is held; 0 for none. */
  readonly applied: number;

  /** Applies a command, or `undefined` for an entry that carries none, and returns the reply for whoever proposed it. */
  apply(index: number, command: Uint8Array | undefined): Uint8Array;

  /** Answers a question about the state as it is now; changes nothing. */
  read(query: Uint8Array): Uint8Array;

  /**
   * The whole state as of this call, chunk by chunk; stays the same while later commands are applied. Beware of
   * a generator method: its body begins only when the first chunk is asked for, and that is too late.
   */
  snapshot(): Iterable<Uint8Array>;

  /** Replaces the state by what `snapshot` gave for `index`. A failure leaves the state unusable. */
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

  /**
   * Why a client may not send this command; `undefined`: it may. Absent: any client may send anything. A command that
   * this release does not know must be refused here: in the log it would mean something else to each release.
   */
  refusal?(command: Uint8Array): QuorateError | undefined;

  /** Time passes on this member. While it leads and holds all that former leaders committed, `leadership` is there. */
  tick?(now: number, leadership: Leadership | undefined): void;

  /** Tells `subscriber` of changes from here on, until it is closed. Throws what is wrong with the query. */
  subscribe?(query: Uint8Array, subscriber: Subscriber): Subscription;

  /** Tells subscribers what waits for them, a bounded part of it. True: there is more. Called in every turn that changed something. */
  tell?(): boolean;
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
  isEnvelope(request: Uint8Array): boolean;
  envelope(credential: number, request: Uint8Array): Uint8Array;
  /** Why this command would be refused, as far as can be told now. */
  refusal(credential: number, command: Uint8Array): QuorateError | undefined;
}
