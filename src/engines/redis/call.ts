/**
 * One call of a user: until when it may go on, how far it got, and what its caller hears when it ends without an
 * answer. Its own signal's reason comes as it is; ours says truthfully whether anything may have been done.
 */
import { isQuorateError, QuorateError } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import { CallTime, withOutcome } from '../port/index.ts';
import type { Trouble } from './trouble.ts';

export interface CallInit {
  readonly clock: Clock;
  readonly milliseconds: number;
  /** True: it changes nothing, so nothing can be uncertain. */
  readonly isRead: boolean;
  readonly signal: AbortSignal | undefined;
}

const expired: Error = new Error('the deadline is over');

export class Call implements Disposable {
  readonly beganAt: number;
  /** A try was sent and not answered. */
  isUncertain = false;
  /** Why the last try failed that was not the end. */
  trouble: Trouble | undefined;
  readonly #init: CallInit;
  readonly #time: CallTime;

  constructor(init: CallInit) {
    const { clock, milliseconds, signal } = init;
    this.#init = init;
    this.beganAt = clock.now();
    this.#time = new CallTime({ clock, deadlineMs: milliseconds, signals: [signal], late: () => expired });
  }

  get signal(): AbortSignal {
    return this.#time.signal;
  }

  /** What the caller hears for this. */
  told(error: unknown): unknown {
    const { isRead, milliseconds } = this.#init;
    const outcome = this.isUncertain && !isRead ? 'unknown' : 'not-applied';
    if (error === expired) return this.#timedOut(outcome, milliseconds);
    return isQuorateError(error) ? withOutcome(error, outcome) : error;
  }

  [Symbol.dispose](): void {
    this.#time[Symbol.dispose]();
  }

  /** What kept it from being done speaks for itself; only where a server was reached and was silent is it the time. */
  #timedOut(outcome: 'unknown' | 'not-applied', milliseconds: number): QuorateError {
    if (this.trouble !== undefined && !this.isUncertain) return withOutcome(this.trouble.told, outcome);
    const known = outcome === 'unknown' ? 'it may or may not have been done' : 'nothing was done';
    const last = this.trouble === undefined ? '' : `; ${this.trouble.message}`;
    return new QuorateError({
      code: 'deadline-exceeded',
      message: `Redis did not answer within ${milliseconds} ms; ${known}${last}`,
      data: { milliseconds },
      outcome,
      ...(this.trouble === undefined ? {} : { cause: this.trouble.told }),
    });
  }
}
