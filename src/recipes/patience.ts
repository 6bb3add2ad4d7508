/** For who goes on until he is told to stop: a server that is away for a while, or a session that ends, ends nothing. */
import { isQuorateError } from '../base/index.ts';
import { type Clock, pause } from '../ports/index.ts';

/** Before a server is asked again that did not answer. */
const pauseMs = 200;

/** What `ask` answers, however often it takes. Rejects with what asking again would not mend, and when `signal` aborts. */
export async function patiently<T>(clock: Clock, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await ask();
    } catch (error) {
      const isPassing = isQuorateError(error) && (error.retryable || error.code === 'session-expired');
      if (signal.aborted) throw signal.reason;
      if (!isPassing) throw error;
    }
    await pause(clock, pauseMs, signal);
  }
}
