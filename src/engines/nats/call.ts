/**
 * One call of a user on its way: its deadline, its signal and the engine's own end made one signal, and what is to
 * be said about its outcome when it ends early. Until something has left that may have an effect, nothing has
 * happened; from then until the server has answered, nobody knows.
 */
import { isQuorateError, QuorateError, untilAborted } from '../../base/index.ts';
import { type Clock, pause } from '../../ports/index.ts';
import { CallTime, withOutcome } from '../port/index.ts';

export interface CallInit {
  readonly clock: Clock;
  /** What is being done, for the error. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly signals: readonly (AbortSignal | undefined)[];
}

export class Call implements Disposable {
  readonly #time: CallTime;
  readonly #clock: Clock;
  #mayHaveHappened = false;

  constructor({ clock, what, deadlineMs, signals }: CallInit) {
    this.#clock = clock;
    const late = (): QuorateError => this.#lateError(what, deadlineMs);
    this.#time = new CallTime({ clock, deadlineMs, signals, late });
  }

  get signal(): AbortSignal {
    return this.#time.signal;
  }

  /** True between sending what changes something and its answer. */
  get mayHaveHappened(): boolean {
    return this.#mayHaveHappened;
  }

  set mayHaveHappened(is: boolean) {
    this.#mayHaveHappened = is;
  }

  /** The promise's outcome, unless the call ends first. */
  wait<T>(promise: Promise<T>): Promise<T> {
    return untilAborted(promise, this.signal);
  }

  pause(delayMs: number): Promise<void> {
    return pause(this.#clock, delayMs, this.signal, { background: true });
  }

  /** The error with the truth about this call's outcome; errors that are not ours, such as a signal's reason, stay as they are. */
  toldWithOutcome(error: unknown): unknown {
    return this.#mayHaveHappened && isQuorateError(error) ? withOutcome(error, 'unknown') : error;
  }

  [Symbol.dispose](): void {
    this.#time[Symbol.dispose]();
  }

  #lateError(what: string, deadlineMs: number): QuorateError<'deadline-exceeded'> {
    const happened = this.#mayHaveHappened;
    return new QuorateError({
      code: 'deadline-exceeded',
      message: happened
        ? `${what} was not answered within ${deadlineMs} ms; it may have been carried out or not: look before you do it again`
        : `${what} was not done within ${deadlineMs} ms; see whether the servers are up, or give it a longer deadline`,
      data: { milliseconds: deadlineMs },
      outcome: happened ? 'unknown' : 'not-applied',
    });
  }
}
