/** The ways of calling that are compared: nobody's help, the loop that people write first, a package, and a preset of ours. */
import * as cockatiel from 'cockatiel';
import { linkSignals } from '../../../src/base/index.ts';
import type { Clock } from '../../../src/ports/index.ts';
import { presets } from '../../../src/resilience/index.ts';
import type { WayOfCalling } from './driver.ts';

/** Sends one request; rejects when the answer is a failure, and when the signal aborts. */
export type Send = (signal: AbortSignal) => Promise<unknown>;

export interface Way {
  readonly name: string;
  /** Whether it can run where time is virtual. */
  readonly takesClock: boolean;
  readonly make: (send: Send, clock: Clock) => WayOfCalling;
}

const triesMost = 4;
const tryMs = 1000;

export const ways: readonly Way[] = [
  { name: 'no policy', takesClock: true, make: (send) => send },
  { name: 'naive retry', takesClock: true, make: naive },
  { name: 'cockatiel', takesClock: false, make: packaged },
  { name: 'quorate preset', takesClock: true, make: preset },
];

/** Four tries, one after the other, of a second each. */
function naive(send: Send, clock: Clock): WayOfCalling {
  return async (signal) => {
    for (let attempt = 1; ; attempt += 1) {
      using limited = linkSignals(signal);
      const timer = clock.setTimer(tryMs, () => limited.abort(new Error('too late')));
      try {
        return await send(limited.signal);
      } catch (error) {
        if (attempt === triesMost || signal.aborted) throw error;
      } finally {
        timer.cancel();
      }
    }
  };
}

/** As its documentation puts them together: retries with backoff around a breaker around a timeout. */
function packaged(send: Send): WayOfCalling {
  const stack = cockatiel.wrap(
    cockatiel.retry(cockatiel.handleAll, {
      maxAttempts: triesMost - 1,
      backoff: new cockatiel.ExponentialBackoff(),
    }),
    cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: 1000,
      breaker: new cockatiel.ConsecutiveBreaker(5),
    }),
    cockatiel.timeout(tryMs, cockatiel.TimeoutStrategy.Aggressive),
  );
  return (signal) => stack.execute(({ signal: own }) => send(own), signal);
}

function preset(send: Send, clock: Clock): WayOfCalling {
  const stack = presets.http({ clock, seed: 1 });
  return (signal) => stack.execute((call) => send(call.signal), { signal, idempotent: true });
}
