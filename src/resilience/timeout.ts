/**
 * A limit of time. `timeout` is for one try and stands inside of a retry, `deadline` is for all of them and stands
 * outside; both tell the task by its signal, and how long it has by `deadline` and `remainingMs`. By default who waits
 * is answered at the limit whatever the task does; `cooperative` waits for the task, which must heed its signal, and
 * in turn never leaves work behind that nobody waits for.
 */
import { type Duration, invalidOption, QuorateError } from '../base/index.ts';
import { AbortableCall, type Call, type Task } from './call.ts';
import { type Expiring, ExpiryLine, isStall } from './expiry-line.ts';
import { lengthMsOf } from './option-checks.ts';
import { Policy, type PolicyOptions } from './policy.ts';
import { started } from './started.ts';

export type TimeoutMode = 'aggressive' | 'cooperative';

export interface TimeoutOptions extends PolicyOptions {
  readonly after: Duration;
  /** Default `aggressive`. */
  readonly mode?: TimeoutMode;
}

type TimeoutKind = 'timeout' | 'deadline';

interface Expired {
  readonly afterMs: number;
  readonly lateMs: number;
}

interface TimeoutSettings {
  readonly afterMs: number;
  readonly mode: TimeoutMode;
}

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
  #settings: TimeoutSettings;
  #line: ExpiryLine;

  constructor(kind: Kind, options: Duration | TimeoutOptions) {
    const given = typeof options === 'object' ? options : { after: options };
    super([kind], given.name ?? kind, given.clock);
    this.kind = kind;
    this.#settings = settingsOf(given);
    this.#line = new ExpiryLine(this.clock, this.#settings.afterMs);
  }

  get afterMs(): number {
    return this.#settings.afterMs;
  }

  get mode(): TimeoutMode {
    return this.#settings.mode;
  }

  /** For calls that begin from now on; those under way keep the limit that they began with. Name and clock stay. */
  configure(options: Duration | TimeoutOptions): void {
    const settings = settingsOf(typeof options === 'object' ? options : { after: options });
    if (settings.afterMs !== this.afterMs) this.#line = new ExpiryLine(this.clock, settings.afterMs);
    this.#settings = settings;
  }

  override run<T>(task: Task<T>, call: Call): Promise<T> {
    const nowMs = this.clock.now();
    if (call.deadline <= nowMs) return Promise.reject(this.#tooLate('not-applied', this.afterMs));
    const limited = new LimitedCall<T>(call, nowMs + this.afterMs, this, this.#line);
    this.#line.add(limited, nowMs);
    return this.mode === 'cooperative' ? this.#wait(task, limited) : this.#race(task, limited);
  }

  /** What the caller of a task hears whose time, `afterMs` when it began, is over, and was over `lateMs` ago. */
  expired({ afterMs, lateMs }: Expired, isAbandoned: boolean): QuorateError<'deadline-exceeded'> {
    const { kind, name } = this;
    this.tell(() => ({ type: 'timed-out', kind, policy: name, afterMs, abandoned: isAbandoned }));
    return this.#tooLate('unknown', afterMs, lateMs);
  }

  async #wait<T>(task: Task<T>, call: LimitedCall<T>): Promise<T> {
    try {
      return await task(call);
    } catch (error) {
      throw call.expiry !== undefined && isAbort(error) ? call.expiry : error;
    } finally {
      call.finish();
    }
  }

  #race<T>(task: Task<T>, call: LimitedCall<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      call.reject = reject;
      follow(started(task, call), call, resolve);
    });
  }

  #tooLate(
    outcome: 'not-applied' | 'unknown',
    afterMs: number,
    lateMs = 0,
  ): QuorateError<'deadline-exceeded'> {
    const { name } = this;
    const what =
      outcome === 'unknown'
        ? `${name}: no answer within ${afterMs} ms; allow more time, or find out what is slow`
        : `${name}: the time of the call around it was over before this try began; allow more time`;
    return new QuorateError({
      code: 'deadline-exceeded',
      message: what,
      data: isStall(lateMs) ? { milliseconds: afterMs, lateMs } : { milliseconds: afterMs },
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
  readonly #line: ExpiryLine;

  constructor(outer: Call, expiresAt: number, policy: TimeoutPolicy<TimeoutKind>, line: ExpiryLine) {
    super(outer.clock, outer.traits, outer, expiresAt);
    this.#policy = policy;
    this.#line = line;
  }

  finish(): void {
    if (this.expiry === undefined) this.#line.remove(this);
    this.end();
  }

  expire(lateMs: number): void {
    this.expiry = this.#policy.expired({ afterMs: this.#line.lengthMs, lateMs }, this.reject !== undefined);
    if (this.work !== undefined) this.leaveBehind(this.work);
    this.abort(this.expiry);
    this.reject?.(this.expiry);
  }
}

function settingsOf({ after, mode = 'aggressive' }: TimeoutOptions): TimeoutSettings {
  const afterMs = lengthMsOf('after', after);
  if (mode !== 'aggressive' && mode !== 'cooperative') {
    throw invalidOption('mode', mode, "'aggressive' or 'cooperative'");
  }
  return { afterMs, mode };
}

/** Apart from where the task is known, because what waits for work that never ends would hold that for ever. */
function follow<T>(work: Promise<T>, call: LimitedCall<T>, resolve: (value: T) => void): void {
  call.work = work;
  if (call.expiry !== undefined) call.leaveBehind(work);
  work.then(
    (value) => {
      call.finish();
      resolve(value);
    },
    (error: unknown) => {
      call.finish();
      call.reject?.(error);
    },
  );
}

/** Whether a task says no more than that it heeded its signal. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}
