/**
 * Calls and their ends: each has a deadline, hears its caller's signal and the end of the engine, and knows whether
 * something that changes data is under way without an answer, so that whatever ends it tells the truth about it.
 */
import { type Outcome, QuorateError, untilAborted } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import { type CallOptions, CallTime, deadlineMsOf } from '../port/index.ts';

export interface Call {
  readonly signal: AbortSignal;
  /** A change was sent, and its answer has not come. */
  isChanging: boolean;
}

export interface CallsOptions {
  readonly clock: Clock;
  readonly deadlineMs: number;
  /** Why no server can be reached at this moment. */
  readonly failure: () => QuorateError | undefined;
  /** Ends all calls. */
  readonly closing: AbortSignal;
}

export class Calls {
  readonly #options: CallsOptions;

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** How long a call may take that does not say so. */
  get deadlineMs(): number {
    return this.#options.deadlineMs;
  }

  async run<T>({ signal, deadline }: CallOptions, work: (call: Call) => Promise<T>): Promise<T> {
    const { clock, deadlineMs, failure, closing } = this.#options;
    const milliseconds = deadlineMsOf(deadline, deadlineMs);
    closing.throwIfAborted();
    signal?.throwIfAborted();
    const late = (): QuorateError =>
      deadlineExceeded(milliseconds, call.isChanging ? 'unknown' : 'not-applied', failure());
    using time = new CallTime({ clock, deadlineMs: milliseconds, signals: [signal, closing], late });
    const call: Call = { signal: time.signal, isChanging: false };
    return await untilAborted(work(call), time.signal);
  }
}

/** Marks the call for as long as the answer to a change is waited for. */
export async function changing<T>(call: Call, sent: Promise<T>): Promise<T> {
  call.isChanging = true;
  const answer = await sent;
  call.isChanging = false;
  return answer;
}

function deadlineExceeded(
  milliseconds: number,
  outcome: Outcome,
  failure: QuorateError | undefined,
): QuorateError {
  const reason = failure === undefined ? 'ZooKeeper did not answer in time' : failure.message;
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `no answer within ${milliseconds} ms: ${reason}`,
    data: { milliseconds },
    outcome,
    ...(failure === undefined ? {} : { cause: failure }),
  });
}
