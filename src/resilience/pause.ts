/**
 * A pause within a call: over when its time is, or at once when the call is aborted, with the call's reason. Neither
 * way leaves a timer or a watcher behind, and the timer keeps the process alive, since somebody waits for it.
 */
import type { Timer } from '../ports/index.ts';
import type { AbortWatcher, Call } from './call.ts';

export function pause(call: Call, delayMs: number): Promise<void> {
  if (call.isAborted) return Promise.reject(call.reason);
  return new Promise((resolve, reject) => {
    const pausing = new Pausing(call, resolve, reject);
    call.watch(pausing);
    pausing.timer = call.clock.setTimer(delayMs, () => pausing.end());
  });
}

class Pausing implements AbortWatcher {
  timer: Timer | undefined;
  readonly #call: Call;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;

  constructor(call: Call, resolve: () => void, reject: (reason: unknown) => void) {
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  end(): void {
    this.#call.unwatch(this);
    this.#resolve();
  }

  /** The call has forgotten its watchers by itself. */
  onAbort(reason: unknown): void {
    this.timer?.cancel();
    this.#reject(reason);
  }
}
