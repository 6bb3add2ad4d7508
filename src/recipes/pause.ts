/** A wait for time alone, by the clock of the engine, so that recipes run in the simulator as they do elsewhere. */
import type { Clock } from '../ports/index.ts';

/** Rejects with the signal's reason, and leaves neither timer nor listener behind. */
export function pause(clock: Clock, forMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = clock.setTimer(forMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      timer.cancel();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
