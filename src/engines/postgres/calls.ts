/**
 * How a call ends: with an answer, with its signal's reason, or with an error that says whether it took effect, and
 * always within its deadline. Until then it is tried again as often as that may help.
 */
import { type Outcome, QuorateError } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import { type CallOptions, CallTime, deadlineMsOf, withOutcome } from '../port/index.ts';
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
  /** For how long the server may work on what is sent now; at least 1. */
  readonly serverMs: () => number;
  /** An earlier try may have been carried out. */
  readonly isAgain: boolean;
}

export type CallKind = 'read' | 'write';

const pauseMsMin = 10;
const pauseMsMax = 250;
const pauseGrowth = 1.5;
/** The server gives up so much earlier than we do, as a share of what is left, so that its word comes in time. */
const headStartShare = 0.1;
const headStartMsMax = 200;
/** A server that gave up earlier than in this last share of the deadline was told to by somebody else. */
const lateShareMax = 0.25;

export class Calls {
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  async run<T>(kind: CallKind, options: CallOptions, attempt: (attempt: Attempt) => Promise<T>): Promise<T> {
    const { clock, closed } = this.#options;
    const deadlineMs = deadlineMsOf(options.deadline, this.#options.deadlineMs);
    using time = new CallTime({ clock, deadlineMs, signals: [options.signal, closed], late: () => overdue });
    const { signal } = time;
    const course = new Course(this.#options, kind, deadlineMs);
    for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(pauseMsMax, pauseMs * pauseGrowth)) {
      try {
        return await attempt({ signal, serverMs: () => course.serverMs, isAgain: course.isOpen });
      } catch (error) {
        course.judge(error, signal);
      }
      await this.#pause(pauseMs, signal);
      course.check(signal);
    }
  }

  /** Ends early with the signal. */
  #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const delayMs = milliseconds * (0.5 + random.uint32() / 2 ** 33);
    return new Promise((resolve) => {
      const over = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = clock.setTimer(delayMs, over);
      signal.addEventListener('abort', over, { once: true });
    });
  }
}

/** The reason of a signal whose call took too long. */
const overdue: unique symbol = Symbol('overdue');

/** What is known about a call after the tries that it took. */
class Course {
  readonly #options: CallsOptions;
  readonly #kind: CallKind;
  readonly #deadlineMs: number;
  readonly #beganAt: number;
  #isOpen = false;
  /** What hindered it. */
  #last: QuorateError | undefined;

  constructor(options: CallsOptions, kind: CallKind, deadlineMs: number) {
    this.#options = options;
    this.#kind = kind;
    this.#deadlineMs = deadlineMs;
    this.#beganAt = options.clock.now();
  }

  /** A try may have been carried out. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** For how long the server may work on what is sent now. */
  get serverMs(): number {
    const leftMs = this.#leftMs;
    return Math.max(1, Math.floor(leftMs - Math.min(headStartMsMax, leftMs * headStartShare)));
  }

  /** Returns when another try may help; throws what the call ends with otherwise. */
  judge(error: unknown, signal: AbortSignal): void {
    if (error instanceof Trouble) {
      if (error.kind === 'lost') this.#isOpen = true;
      if (this.#isTelling(error, signal)) this.#last = error.error;
    }
    this.check(signal);
    if (!(error instanceof Trouble)) throw error;
    if (error.kind === 'refused' || this.#isForgotten) throw withOutcome(error.error, this.#outcome);
    if (error.kind === 'late' && this.#leftMs < this.#deadlineMs * lateShareMax) throw this.#overdue();
  }

  /** A try that was cut off by the end of the call says less than one that came to something before. */
  #isTelling({ kind }: Trouble, signal: AbortSignal): boolean {
    if (kind === 'lost') return !signal.aborted;
    return kind === 'again' && !(signal.aborted && this.#last !== undefined);
  }

  /** Throws when the signal has ended the call. */
  check(signal: AbortSignal): void {
    if (signal.aborted) throw signal.reason === overdue ? this.#overdue() : signal.reason;
  }

  get #leftMs(): number {
    return this.#beganAt + this.#deadlineMs - this.#options.clock.now();
  }

  get #outcome(): Outcome {
    return this.#isOpen && this.#kind === 'write' ? 'unknown' : 'not-applied';
  }

  /** Sent once more it might be carried out twice. */
  get #isForgotten(): boolean {
    const tookMs = this.#options.clock.now() - this.#beganAt;
    return this.#outcome === 'unknown' && tookMs > this.#options.resendMsMax;
  }

  /** What hindered it says more than that time is over. */
  #overdue(): QuorateError {
    if (this.#last !== undefined) return withOutcome(this.#last, this.#outcome);
    return new QuorateError({
      code: 'deadline-exceeded',
      message: `PostgreSQL did not answer within ${this.#deadlineMs} ms; allow more time, or look at what it waits for`,
      data: { milliseconds: this.#deadlineMs },
      outcome: this.#outcome,
    });
  }
}
