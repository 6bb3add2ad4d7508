/** The disk of a test member, as far as a core cares. */
import type { Configuration, Entry, EntryId, HardState, SnapshotMark } from '../../src/raft/index.ts';

/** What survives a crash. */
export interface Durable {
  hardState: HardState;
  base: EntryId;
  configuration: Configuration;
  snapshot: SnapshotMark | undefined;
  /** The state machine's hash at the snapshot. */
  snapshotHash: number;
  entries: Entry[];
}
