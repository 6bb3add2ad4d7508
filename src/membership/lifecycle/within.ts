/**
 * A task with a signal and a deadline, of which one is rid in any case: who waits for it hears when the time is over or
 * the signal aborts, whatever the task makes of its signal, and what becomes of it later can still be attended to.
 */
import { linkSignals, QuorateError } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';

export type LateOutcome<T> = { readonly value: T } | { readonly error: unknown };

export interface WithinOptions<T> {
  readonly clock: Clock;
  /** For the error, such as `starting store`. */
  readonly what: string;
  readonly forMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly task: (signal: AbortSignal) => Promise<T> | T;
  /** Hears of a task that nobody waits for any more, and that has come to its end after all. */
  readonly late?: (outcome: LateOutcome<T>) => void;
}

export async function within<T>({ clock, what, forMs, signal, task, late }: WithinOptions<T>): Promise<T> {
  using limit = linkSignals(signal);
  limit.signal.throwIfAborted();
  const timer = clock.setTimer(forMs, () => limit.abort(overdue(what, forMs)));
  try {
    return await new Promise<T>((resolve, reject) => {
      let isOver = false;
      // Every outcome is told to one of two, who waits or `late`: what starts in the turn in which it is given up must be
      // somebody’s.
      const settle = (outcome: LateOutcome<T>, tell: () => void): void => {
        if (isOver) late?.(outcome);
        else tell();
        isOver = true;
      };
      limit.signal.addEventListener(
        'abort',
        () => {
          if (!isOver) reject(limit.signal.reason);
          isOver = true;
        },
        { once: true },
      );
      (async () => await task(limit.signal))().then(
        (value) => settle({ value }, () => resolve(value)),
        (error: unknown) => settle({ error }, () => reject(error)),
      );
    });
  } finally {
    timer.cancel();
  }
}

function overdue(what: string, forMs: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `${what} has not come to an end within ${forMs} ms; look at what it waits for, or allow it more`,
    data: { milliseconds: forMs },
  });
}
