/** What a node is told at birth, and the identity that it keeps for life. */
import type { Duration } from '../base/index.ts';
import type { Checksum, MemberPart } from '../net/index.ts';
import type { Address, Cryptography, Machine } from '../ports/index.ts';
import type {
  GroupId,
  LevelRange,
  MemberId,
  Message,
  Persist,
  RaftEvent,
  RaftOptions,
  RaftView,
  Recovery,
} from '../raft/index.ts';
import type { Origin } from './origin.ts';
import type { StateMachineSource } from './state-machine.ts';
import type { NodeTls } from './transport-security.ts';

/** Drawn when the data directory is made, and lost with it: a wiped node is a stranger to its cluster. */
export interface NodeIdentity {
  /** The cluster's name for itself, equal on all its nodes. */
  readonly cluster: string;
  readonly member: MemberId;
  /** 16 bytes that bind the log to this directory. */
  readonly log: Uint8Array;
}

/** What a node says of itself to its cluster, and hears of its own place in it. */
export interface SelfOptions {
  /** What people call it; no two members share a name. */
  readonly name: string;
  /** Where members and clients reach it. Default: where it listens. */
  readonly advertise?: Address;
  /** `learner`: it stays one until somebody promotes it. Default: a voter as soon as it has caught up. */
  readonly part?: MemberPart;
  /** Nodes to ask until the cluster has taken it in. Absent: it is a member already. */
  readonly join?: readonly Address[];
  /** Awaited when the cluster has taken it in; from then on it must not be asked again. */
  readonly onJoined?: () => Promise<void>;
  /** Somebody has taken it out of the cluster: there is nothing left for it to do. */
  readonly onRemoved?: () => void;
}

export interface NodeObserver {
  event(group: GroupId, event: RaftEvent): void;
  sent(message: Message): void;
  /** What a group brings back from the disk, before it takes part. */
  recovered?(group: GroupId, recovery: Recovery): void;
  /** What a group is about to write to its log. */
  persists?(group: GroupId, persist: Persist): void;
  /** A group has taken a step, or worked on its output. The view is the same object each time. */
  stepped?(group: GroupId, view: RaftView): void;
}

export interface NodeOptions {
  readonly machine: Machine;
  readonly directory: string;
  readonly identity: NodeIdentity;
  /** True on the first start: the log is made. Later a missing log is damage. */
  readonly create: boolean;
  /** Called on the first start when the log is made, before the node gives any promise. */
  readonly logMade?: () => Promise<void>;
  /** The voters with which the cluster began; the log knows the present ones. Empty on a node that joins. */
  readonly bootstrap: readonly MemberId[];
  /** The level with which the cluster began, where it began with this node among others. Default 1. */
  readonly foundingLevel?: number;
  /** Whence the state came with which the cluster began, where it began with one and with this node. */
  readonly origin?: Origin;
  /** Where the other members listen. */
  readonly addresses: ReadonlyMap<MemberId, Address>;
  /** Absent: nobody can connect; the node is for its own process. */
  readonly listen?: Address;
  /** A command of a client that would wait longer to be carried out is refused at once as `overloaded`. Default 1 s. */
  readonly waitMsMax?: number;
  /** Absent: it says nothing of itself, and its place in the cluster is the business of others. */
  readonly self?: SelfOptions;
  /** Absent: connections are plain TCP, and whoever reaches the port is believed. */
  readonly tls?: NodeTls;
  /**
   * What the members share; who connects as one and does not know it is refused. It proves with the first and
   * accepts all, so that a secret can be changed: added behind the old one everywhere, then put before it, then
   * alone. Needs `cryptography`.
   */
  readonly secrets?: readonly string[];
  /** For logins and the secret that members share. Absent: nobody can log in by a password. */
  readonly cryptography?: Cryptography;
  readonly stateMachine: StateMachineSource;
  /** The levels that this program supports, its state machine included. Default: those of this release. */
  readonly levels?: LevelRange;
  readonly raft?: Omit<RaftOptions, 'group' | 'member' | 'seed' | 'levelMin' | 'levelMax'>;
  /** The platform's native CRC-32, where it has one. */
  readonly checksum?: Checksum;
  readonly segmentBytes?: number;
  /** A snapshot is taken when so many bytes of log have been written since the last one. Default 32 MiB, and 8 MiB where the state keeps itself and is only flushed. */
  readonly snapshotBytes?: number;
  /** Connections of clients that may be open at once; more are turned away. Default 16,384. */
  readonly clientsMax?: number;
  /**
   * The other members are asked what time it is so often, to tell how far the clock here is off. Default: never, and
   * nothing is known of it.
   */
  readonly clockExchange?: Duration;
  /** Told to whoever asks for the status. */
  readonly processId?: number;
  /** Hears what becomes of the groups, and each message that leaves: for metrics, and for whoever checks a whole cluster. */
  readonly observer?: NodeObserver;
  /** The node cannot go on, for this reason; it has stopped by itself. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * The levels of this release: one raises `most` to add something to what members write or say to each other.
 * Level 2 added the commands `append` and `add`, and transactions with them.
 */
export const releaseLevels: LevelRange = { least: 1, most: 2 };

export function levelsOf({ levels = releaseLevels }: NodeOptions): LevelRange {
  return levels;
}
