/** A wait for time alone, by whatever clock there is, so that who waits runs in the simulator as he does elsewhere. */
import type { Clock, TimerOptions } from './clock.ts';

/** Rejects with the signal's reason, and leaves neither timer nor listener behind. */
export function pause(
  clock: Clock,
  forMs: number,
  signal: AbortSignal,
  options?: TimerOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onTime = (): void => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = (): void => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = clock.setTimer(forMs, onTime, options);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
