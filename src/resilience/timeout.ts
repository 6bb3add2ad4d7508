/**
 * A limit of time. `timeout` is for one try and stands inside of a retry, `deadline` is for all of them and stands
 * outside; both tell the task by its signal, and how long it has by `deadline` and `remainingMs`. By default who waits
 * is answered at the limit whatever the task does; `cooperative` waits for the task, which must heed its signal, and
 * in turn never leaves work behind that nobody waits for.
 */
import { type Duration, durationMs, invalidOption, QuorateError } from '../base/index.ts';
import { AbortableCall, type Call, type Task } from './call.ts';
import { type Expiring, ExpiryLine } from './expiry-line.ts';
import { Policy, type PolicyOptions } from './policy.ts';

export type TimeoutMode = 'aggressive' | 'cooperative';

export interface TimeoutOptions extends PolicyOptions {
  readonly after: Duration;
  /** Default `aggressive`. */
  readonly mode?: TimeoutMode;
}

type TimeoutKind = 'timeout' | 'deadline';

/** For one try. */
export function timeout(options: Duration | TimeoutOptions): TimeoutPolicy<'timeout'> {
  return new TimeoutPolicy('timeout', options);
}

/** For a call with all its tries and pauses. */
export function deadline(options: Duration | TimeoutOptions): TimeoutPolicy<'deadline'> {
  return new TimeoutPolicy('deadline', options);
}

export class TimeoutPolicy<Kind extends TimeoutKind> extends Policy<Kind> {
  readonly kind: Kind;
  readonly afterMs: number;
  readonly mode: TimeoutMode;
  readonly #line: ExpiryLine;

  constructor(kind: Kind, options: Duration | TimeoutOptions) {
    const given = typeof options === 'object' ? options : { after: options };
    super([kind], given.name ?? kind, given.clock);
    this.kind = kind;
    this.afterMs = durationMs(given.after, 'after');
    this.mode = given.mode ?? 'aggressive';
    if (this.afterMs === 0) throw invalidOption('after', given.after, 'more than 0 ms');
    if (this.mode !== 'aggressive' && this.mode !== 'cooperative') {
      throw invalidOption('mode', given.mode, "'aggressive' or 'cooperative'");
    }
    this.#line = new ExpiryLine(this.clock, this.afterMs);
  }

  override run<T>(task: Task<T>, call: Call): Promise<T> {
    const nowMs = this.clock.now();
    if (call.deadline <= nowMs) return Promise.reject(this.#tooLate('not-applied'));
    const limited = new LimitedCall<T>(call, nowMs + this.afterMs, this);
    this.#line.add(limited, nowMs);
    return this.mode === 'cooperative' ? this.#wait(task, limited) : this.#race(task, limited);
  }

  /** What the caller of a task hears whose time is over. */
  expired(isAbandoned: boolean): QuorateError<'deadline-exceeded'> {
    const { kind, name, afterMs } = this;
    this.tell(() => ({ type: 'timed-out', kind, policy: name, afterMs, abandoned: isAbandoned }));
    return this.#tooLate('unknown');
  }

  async #wait<T>(task: Task<T>, call: LimitedCall<T>): Promise<T> {
    try {
      return await task(call);
    } catch (error) {
      throw call.expiry !== undefined && isAbort(error) ? call.expiry : error;
    } finally {
      if (call.expiry === undefined) this.#line.remove(call);
      call.end();
    }
  }

  #race<T>(task: Task<T>, call: LimitedCall<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      call.reject = reject;
      const work = started(task, call);
      call.work = work;
      if (call.expiry !== undefined) call.leaveBehind(work);
      work.then(
        (value) => {
          this.#finish(call);
          resolve(value);
        },
        (error: unknown) => {
          this.#finish(call);
          reject(error);
        },
      );
    });
  }

  #finish<T>(call: LimitedCall<T>): void {
    if (call.expiry === undefined) this.#line.remove(call);
    call.end();
  }

  #tooLate(outcome: 'not-applied' | 'unknown'): QuorateError<'deadline-exceeded'> {
    const { afterMs, name } = this;
    const what =
      outcome === 'unknown'
        ? `${name}: no answer within ${afterMs} ms; allow more time, or find out what is slow`
        : `${name}: the time of the call around it was over before this try began; allow more time`;
    return new QuorateError({
      code: 'deadline-exceeded',
      message: what,
      data: { milliseconds: afterMs },
      outcome,
    });
  }
}

class LimitedCall<T> extends AbortableCall implements Expiring {
  expiresAt = 0;
  before: Expiring | undefined;
  behind: Expiring | undefined;
  /** Set when the time is over. */
  expiry: QuorateError | undefined;
  /** Of the promise that somebody waits for, where the task is not waited for. */
  reject: ((reason: unknown) => void) | undefined;
  work: Promise<T> | undefined;
  readonly #policy: TimeoutPolicy<TimeoutKind>;

  constructor(outer: Call, expiresAt: number, policy: TimeoutPolicy<TimeoutKind>) {
    super(outer.clock, outer.traits, outer, expiresAt);
    this.#policy = policy;
  }

  expire(): void {
    this.expiry = this.#policy.expired(this.reject !== undefined);
    if (this.work !== undefined) this.leaveBehind(this.work);
    this.abort(this.expiry);
    this.reject?.(this.expiry);
  }
}

/** A task that throws has rejected. What is a promise already stays the same one: an `async` around it costs two more. */
function started<T>(task: Task<T>, call: Call): Promise<T> {
  try {
    const work = task(call);
    return work instanceof Promise ? work : Promise.resolve(work);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Whether a task says no more than that it heeded its signal. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}
