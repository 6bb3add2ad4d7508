/**
 * Tries a call again that has failed, as long as that can help and can do no harm: not what states that it is in vain,
 * not what may have had an effect unless the caller says that repeating it has no further one, not beyond the call's
 * deadline, not sooner than the other side asked for, and not more often than a budget allows. When it gives up, the
 * caller is given what the last try brought, as it was.
 */
import type { Prng } from '../base/index.ts';
import type { Call, Task } from './call.ts';
import { LateGenerator } from './late-generator.ts';
import { pause } from './pause.ts';
import { Policy } from './policy.ts';
import { Course, type Ended } from './retry-course.ts';
import { type RetryOptions, type RetrySettings, retrySettings } from './retry-options.ts';
import type { GaveUpBecause } from './retry-verdict.ts';
import { started } from './started.ts';

export function retry(options: RetryOptions = {}): RetryPolicy {
  return new RetryPolicy(options);
}

export class RetryPolicy extends Policy<'retry'> {
  #settings: RetrySettings;
  #chance: LateGenerator;
  readonly #random = (): Prng => this.#chance.generator;

  constructor(options: RetryOptions) {
    super(['retry'], options.name ?? 'retry', options.clock);
    this.#settings = retrySettings(options);
    this.#chance = new LateGenerator(options.seed);
    this.#settings.budget?.join('retry');
  }

  /** For calls that begin from now on; those under way go on as they began. Name and clock stay as they are. */
  configure(options: RetryOptions): void {
    const settings = retrySettings(options);
    if (options.seed !== undefined) this.#chance = new LateGenerator(options.seed);
    this.#settings = settings;
    settings.budget?.join('retry');
  }

  /** Without an `async` function, which would cost about half as much again. */
  override run<T>(task: Task<T>, call: Call): Promise<T> {
    const settings = this.#settings;
    return started(task, call).then(
      (value) => {
        if (settings.retryResult?.(value, call)) {
          return this.#again(task, new Course(call, settings), { failed: false, value });
        }
        settings.budget?.earn('retry');
        return value;
      },
      (error: unknown) => this.#again(task, new Course(call, settings), { failed: true, error }),
    );
  }

  async #again<T>(task: Task<T>, course: Course, first: Ended<T>): Promise<T> {
    const { budget, retryResult } = course.settings;
    for (let ended = first; ; ) {
      const pauseMs = course.after(ended, this.#random);
      if (typeof pauseMs !== 'number') return this.#end(pauseMs, ended, course);
      this.#tellRetried(ended, pauseMs, course);
      if (pauseMs > 0) {
        await pause(course.call, pauseMs);
        // The pause may have been over, and the call given up in the same moment.
        course.call.throwIfAborted();
        // A process that stood still wakes late, and its timers run in order: this one before that of the deadline.
        if (course.isTooLate(0)) return this.#end('deadline', ended, course);
      }
      const call = course.next();
      ended = await attempt(task, call);
      if (ended.failed || retryResult?.(ended.value, call)) continue;
      budget?.earn('retry');
      return ended.value;
    }
  }

  #end<T>(because: GaveUpBecause | 'aborted', last: Ended<T>, course: Course): T {
    if (because !== 'aborted') {
      const { tries: attempts } = course;
      this.tell(() => ({ type: 'gave-up', kind: 'retry', policy: this.name, attempts, because }));
    }
    const outcome = course.outcome(last);
    if (outcome.failed) throw outcome.error;
    return outcome.value;
  }

  #tellRetried(ended: Ended<unknown>, delayMs: number, { tries, tried }: Course): void {
    this.tell(() => ({
      type: 'retried',
      kind: 'retry',
      policy: this.name,
      attempt: tries,
      delayMs,
      leftWork: tried.whenSettled() !== undefined,
      ...(ended.failed ? { error: ended.error } : { result: ended.value }),
    }));
  }
}

/** A task that throws has failed, as one that rejects. */
async function attempt<T>(task: Task<T>, call: Call): Promise<Ended<T>> {
  try {
    return { failed: false, value: await task(call) };
  } catch (error) {
    return { failed: true, error };
  }
}
