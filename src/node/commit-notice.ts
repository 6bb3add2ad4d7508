/**
 * When a leader's followers hear of the last commit. The next entries take the commit index along, so under load
 * it costs nothing; only when none follow soon is it worth a message of its own. Readers and watches of followers
 * see the last change so much later at most.
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

  /** `tell`: followers that have not heard of the commit index up to here are to be told. */
  constructor({ clock, core }: Pick<GroupHostOptions, 'clock' | 'core'>, tell: (index: number) => void) {
    this.#clock = clock;
    this.#view = core.view;
    this.#tell = tell;
  }

  /** Called when the group has done all that there was to do. */
  look(): void {
    if (this.#timer !== undefined || !this.#view.owesCommit) return;
    // What is committed meanwhile has a notice of its own: often it is on its way with entries by then.
    const index = this.#view.commit;
    const over = (): void => {
      this.#timer = undefined;
      this.#tell(index);
    };
    this.#timer = this.#clock.setTimer(pauseMs, over, { background: true });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
