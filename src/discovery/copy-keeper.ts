/** Reads the copy of one service when it begins, and keeps it new: after changes, and now and then so that it does not look old. */
import { QuorateError, untilAborted } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import { decodeCopy, encodeCopy, type SnapshotCopy } from './copy-document.ts';
import type { InstanceList } from './instance-list.ts';
import type { SnapshotCopies } from './snapshot-copies.ts';

export interface CopyKeeperOptions {
  readonly copies: SnapshotCopies;
  readonly service: string;
  readonly clock: Clock;
  /** What went wrong costs the copy and nothing else. */
  readonly onProblem: (error: unknown) => void;
}

/** A copy of what did not change is written again after so long, since its age is told by when it was written. */
const renewMs = 60_000;
/** To read or to write one takes no longer. */
const copyMsMax = 5_000;

export class CopyKeeper {
  readonly #options: CopyKeeperOptions;
  #kept: InstanceList | undefined;
  #keptAt = 0;
  #saving: Promise<void> | undefined;

  constructor(options: CopyKeeperOptions) {
    this.#options = options;
  }

  /** With how long ago it held, by the wall clock. Undefined where there is none that can be read. */
  async load(): Promise<{ readonly copy: SnapshotCopy; readonly ageMs: number } | undefined> {
    const { copies, service, clock, onProblem } = this.#options;
    try {
      const bytes = await this.#within('read', () => copies.load(service));
      if (bytes === undefined) return undefined;
      const copy = decodeCopy(bytes, service);
      if (copy !== undefined) return { copy, ageMs: Math.max(0, clock.wall() - copy.heardAtMs) };
      onProblem(new TypeError(`the copy of ${service} is none`));
    } catch (error) {
      onProblem(error);
    }
    return undefined;
  }

  /** The registry has just said that this holds. Does nothing while the copy before is being written. */
  keep(list: InstanceList): void {
    const { clock } = this.#options;
    const isNew = this.#kept !== list || clock.now() - this.#keptAt >= renewMs;
    if (!isNew || this.#saving !== undefined) return;
    this.#kept = list;
    this.#keptAt = clock.now();
    this.#saving = this.#save(list).finally(() => {
      this.#saving = undefined;
    });
  }

  async close(): Promise<void> {
    await this.#saving;
  }

  async #save({ instances }: InstanceList): Promise<void> {
    const { copies, service, clock, onProblem } = this.#options;
    try {
      const copy = encodeCopy({ service, heardAtMs: clock.wall(), instances });
      await this.#within('written', () => copies.save(service, copy));
    } catch (error) {
      this.#kept = undefined;
      onProblem(error);
    }
  }

  /** A disk that hangs keeps nobody waiting who has only asked for a view, or for the end of it. */
  async #within<T>(done: 'read' | 'written', task: () => Promise<T>): Promise<T> {
    const { service, clock } = this.#options;
    const limit = new AbortController();
    const late = (): void => limit.abort(tooLate(service, done));
    const timer = clock.setTimer(copyMsMax, late, { background: true });
    try {
      return await untilAborted(task(), limit.signal);
    } finally {
      timer.cancel();
    }
  }
}

function tooLate(service: string, done: 'read' | 'written'): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `the copy of ${service} was not ${done} within ${copyMsMax} ms; see where copies are kept`,
    data: { milliseconds: copyMsMax },
  });
}
