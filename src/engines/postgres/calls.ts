/**
 * How a call ends: with an answer, with its signal's reason, or with an error that says whether it took effect, and
 * always within its deadline. Until then it is tried again as often as that may help.
 */
import { linkSignals, type Outcome, QuorateError } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import { type CallOptions, deadlineMsOf } from '../port/index.ts';
import { Trouble } from './trouble.ts';

export interface CallsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly deadlineMs: number;
  /** For so long a request that may have been carried out can be sent again: the server still knows it then. */
  readonly resendMsMax: number;
  /** Aborts when the engine is closed. */
  readonly closed: AbortSignal;
}

/** One try of a call. */
export interface Attempt {
  readonly signal: AbortSignal;
  /** What is left of its deadline now, at least 1. */
  readonly remainingMs: () => number;
  /** An earlier try may have been carried out. */
  readonly isAgain: boolean;
}

export type CallKind = 'read' | 'write';

const pauseMsMin = 10;
const pauseMsMax = 250;
const pauseGrowth = 1.5;

export class Calls {
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  async run<T>(kind: CallKind, options: CallOptions, attempt: (attempt: Attempt) => Promise<T>): Promise<T> {
    const { clock, closed } = this.#options;
    const deadlineMs = deadlineMsOf(options.deadline, this.#options.deadlineMs);
    const beganAt = clock.now();
    using linked = linkSignals(options.signal, closed);
    const { signal } = linked;
    const overdue = Symbol('overdue');
    const remainingMs = (): number => Math.max(1, Math.ceil(beganAt + deadlineMs - clock.now()));
    const timer = clock.setTimer(deadlineMs, () => linked.abort(overdue));
    let isOpen = false;
    let last: QuorateError | undefined;
    try {
      for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(pauseMsMax, pauseMs * pauseGrowth)) {
        try {
          return await attempt({ signal, remainingMs, isAgain: isOpen });
        } catch (error) {
          if (error instanceof Trouble && error.kind === 'lost') isOpen = true;
          if (error instanceof Trouble && error.kind === 'again') last = error.error;
          const outcome: Outcome = isOpen && kind === 'write' ? 'unknown' : 'not-applied';
          if (signal.aborted) throw ended(signal.reason, overdue, { deadlineMs, outcome, last });
          if (!(error instanceof Trouble)) throw error;
          const isTooLate = isOpen && kind === 'write' && clock.now() - beganAt > this.#options.resendMsMax;
          if (error.kind === 'refused' || isTooLate) throw withOutcome(error.error, outcome);
          if (error.kind === 'lost') last = error.error;
          await this.#pause(pauseMs, signal, () =>
            ended(signal.reason, overdue, { deadlineMs, outcome, last }),
          );
        }
      }
    } finally {
      timer.cancel();
    }
  }

  #pause(milliseconds: number, signal: AbortSignal, error: () => unknown): Promise<void> {
    const { clock, random } = this.#options;
    const delayMs = milliseconds * (0.5 + random.uint32() / 2 ** 33);
    return new Promise((resolve, reject) => {
      const timer = clock.setTimer(delayMs, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        timer.cancel();
        reject(error());
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

interface Ending {
  readonly deadlineMs: number;
  readonly outcome: Outcome;
  readonly last: QuorateError | undefined;
}

/** What hindered it says more than that time is over. */
function ended(reason: unknown, overdue: symbol, { deadlineMs, outcome, last }: Ending): unknown {
  if (reason !== overdue) return reason;
  if (last !== undefined) return withOutcome(last, outcome);
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `PostgreSQL did not answer within ${deadlineMs} ms; allow more time, or look at what it waits for`,
    data: { milliseconds: deadlineMs },
    outcome,
  });
}

function withOutcome(error: QuorateError, outcome: Outcome): QuorateError {
  if (error.outcome === outcome) return error;
  const { code, message, data, retryable, cause } = error;
  return new QuorateError({ code, message, data, retryable, cause, outcome });
}
