/** What a group asks of the node that hosts it. */
import type { Clock } from '../ports/index.ts';
import type {
  GroupId,
  Message,
  Persist,
  RaftEvent,
  RaftGroup,
  RaftView,
  SnapshotMark,
  SnapshotOrder,
} from '../raft/index.ts';
import type { StateMachine } from './state-machine.ts';

/** What the core asks for and the node does. */
export interface GroupEffects {
  persist(group: GroupId, persist: Persist): void;
  send(message: Message): void;
  /** The log up to this index may be forgotten. */
  compact(group: GroupId, index: number): void;
  streamSnapshot(group: GroupId, order: SnapshotOrder): void;
  /** The chunks of a snapshot that was received. */
  loadSnapshot(group: GroupId, mark: SnapshotMark): AsyncIterable<Uint8Array>;
  /** What the disk had lost of the group is here again. */
  repaired(group: GroupId): void;
  /** The group needs another look before this turn ends. */
  wake(): void;
  observe(group: GroupId, event: RaftEvent): void;
  /** The core may have changed. Absent when nobody looks. */
  readonly stepped?: ((group: GroupId, view: RaftView) => void) | undefined;
  /** The group cannot go on, and the node with it. */
  fail(error: unknown): void;
}

export interface GroupHostOptions {
  /** Of log that the state machine held when the group was opened. Default 0. */
  readonly bytesSinceSnapshot?: number;
  readonly group: GroupId;
  readonly core: RaftGroup;
  readonly machine: StateMachine;
  readonly clock: Clock;
  readonly effects: GroupEffects;
}
