/**
 * When a leader's followers hear of the last commit. The next entries take the commit index along, so under load
 * it costs nothing; only when none follow soon is it worth a message of its own. Whether they will is judged by what
 * came before: commits that lie close together are followed by another, and it waits for that one for a moment;
 * behind a pause there is nothing to wait for, and followers hear at once. So a change in a quiet cluster is seen by
 * readers and watches of followers as soon as by those of the leader, and in a busy one so much later at most.
 */
import type { Clock, Timer } from '../ports/index.ts';
import type { RaftView } from '../raft/index.ts';
import type { GroupHostOptions } from './group-effects.ts';

/** As long as a client on the same network takes to hear of a commit and to send what comes next. */
const pauseMs = 3;

export class CommitNotice {
  readonly #clock: Clock;
  readonly #view: RaftView;
  readonly #tell: (index: number) => void;
  #timer: Timer | undefined;
  #commit = 0;
  #committedAtMs = Number.NEGATIVE_INFINITY;

  /** `tell`: followers that have not heard of the commit index up to here are to be told. */
  constructor({ clock, core }: Pick<GroupHostOptions, 'clock' | 'core'>, tell: (index: number) => void) {
    this.#clock = clock;
    this.#view = core.view;
    this.#tell = tell;
  }

  /** Called when the group has done all that there was to do. */
  look(): void {
    const { owesCommit, commit } = this.#view;
    const isAlone = this.#isAlone(commit);
    if (this.#timer !== undefined || !owesCommit) return;
    if (isAlone) return this.#tell(commit);
    // What is committed meanwhile has a notice of its own: often it is on its way with entries by then.
    const over = (): void => {
      this.#timer = undefined;
      this.#tell(commit);
    };
    this.#timer = this.#clock.setTimer(pauseMs, over, { background: true });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Whether nothing was committed for a while before this. */
  #isAlone(commit: number): boolean {
    if (commit === this.#commit) return false;
    const nowMs = this.#clock.now();
    const quietMs = nowMs - this.#committedAtMs;
    this.#commit = commit;
    this.#committedAtMs = nowMs;
    return quietMs > pauseMs;
  }
}
