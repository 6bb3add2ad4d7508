/**
 * When a leader's followers hear of the last commit. The next entries take the commit index along, so under load
 * it costs nothing; only when none follow soon is it worth a message of its own. Whether they will is judged by what
 * came before: where the last commit was followed by entries within a moment, it waits for a moment again, however
 * long the disk and the network take from entry to commit; behind a pause there is nothing to wait for, and followers
 * hear at once. So a change in a quiet cluster is seen by readers and watches of followers as soon as by those of the
 * leader, and in a busy one so much later at most.
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
  #last = 0;
  #commit = 0;
  #committedAtMs = Number.NEGATIVE_INFINITY;
  /** Whether the last entries that came when nothing was under way came within a moment of the commit before them. */
  #isBusy = false;

  /** `tell`: followers that have not heard of the commit index up to here are to be told. */
  constructor({ clock, core }: Pick<GroupHostOptions, 'clock' | 'core'>, tell: (index: number) => void) {
    this.#clock = clock;
    this.#view = core.view;
    this.#tell = tell;
  }

  /** Called when the group has done all that there was to do. */
  look(): void {
    const isAlone = this.#isNewCommit() && !this.#isBusy;
    const { owesCommit, commit } = this.#view;
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

  /** Takes note of what has come since the last look. */
  #isNewCommit(): boolean {
    const { last, commit } = this.#view;
    if (last === this.#last && commit === this.#commit) return false;
    const nowMs = this.#clock.now();
    const wasIdle = this.#last <= this.#commit;
    if (wasIdle && last !== this.#last) this.#isBusy = nowMs - this.#committedAtMs <= pauseMs;
    this.#last = last;
    if (commit === this.#commit) return false;
    if (last > commit) this.#isBusy = true;
    this.#commit = commit;
    this.#committedAtMs = nowMs;
    return true;
  }
}
