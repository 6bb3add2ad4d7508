/**
 * One call of a user: until when it may go on, how far it got, and what its caller hears when it ends without an
 * answer. Its own signal's reason comes as it is; ours says truthfully whether anything may have been done.
 */
import { isQuorateError, QuorateError } from '../../base/index.ts';
import type { Clock, Timer } from '../../ports/index.ts';
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
  readonly #controller = new AbortController();
  readonly #timer: Timer;

  constructor(init: CallInit) {
    const { clock, milliseconds, signal } = init;
    this.#init = init;
    this.beganAt = clock.now();
    this.#timer = clock.setTimer(milliseconds, () => this.#controller.abort(expired));
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What the caller hears for this. */
  told(error: unknown): unknown {
    const { isRead, milliseconds } = this.#init;
    const outcome = this.isUncertain && !isRead ? 'unknown' : 'not-applied';
    if (error === expired) return this.#timedOut(outcome, milliseconds);
    if (!isQuorateError(error) || error.outcome === outcome) return error;
    return withOutcome(error, outcome);
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
    this.#init.signal?.removeEventListener('abort', this.#onAbort);
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

  readonly #onAbort = (): void => {
    this.#controller.abort(this.#init.signal?.reason);
  };
}

function withOutcome(error: QuorateError, outcome: 'unknown' | 'not-applied'): QuorateError {
  const { code, message, data, retryable, cause } = error;
  const doubt = outcome === 'unknown' ? '; an earlier try may have been carried out' : '';
  return new QuorateError({ code, message: `${message}${doubt}`, data, retryable, outcome, cause });
}
