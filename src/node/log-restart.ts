/**
 * A group whose state is lost begins its log anew, although the log still holds entries of it that are whole:
 * they build on a state that nobody here has. They stay on the disk until something better is there to take
 * their place, the first entries or the first snapshot from the leader, and go in the same write.
 */
import type { GroupId, HardState, Persist, SnapshotMark } from '../raft/index.ts';
import type { GroupAppend } from '../storage/index.ts';

type Persisted = Pick<Persist, 'hardState' | 'entries' | 'snapshot'>;

export class LogRestart {
  /** What the log holds of the group. */
  readonly #known: HardState;
  /** Where the new log begins; absent: at the beginning of time. */
  readonly #base: SnapshotMark | undefined;
  #isDone = false;

  constructor(known: HardState, base: SnapshotMark | undefined) {
    this.#known = known;
    this.#base = base;
  }

  append(group: GroupId, { hardState, entries, snapshot }: Persisted): GroupAppend {
    if (this.#isDone) return { group, hardState, entries, installed: snapshot };
    if (snapshot === undefined && entries.length === 0) {
      // A term, a vote: the old entries are still there, and as much of them is committed as was.
      const { commit } = this.#known;
      return { group, hardState: hardState === undefined ? undefined : { ...hardState, commit } };
    }
    this.#isDone = true;
    return { group, removed: true, installed: snapshot ?? this.#base, hardState, entries };
  }
}
