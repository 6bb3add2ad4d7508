/** An election for standbys, in the hands of a story. */
import { untilAborted } from '../../../src/base/index.ts';
import type { HeldLeadership, Leaderships } from '../../../src/membership/lifecycle/index.ts';

/** An election of which the story is the voter. Who leads leads until it is deposed. */
export class Ballot implements Leaderships {
  candidates = 0;
  token = 0;
  #elect: (() => void) | undefined;
  #depose: ((reason: unknown) => void) | undefined;

  async lead<T>(
    task: (leadership: HeldLeadership) => Promise<T>,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<T> {
    while (true) {
      const elected = new Promise<void>((resolve) => {
        this.#elect = resolve;
      });
      this.candidates += 1;
      try {
        await untilAborted(elected, signal);
      } finally {
        this.candidates -= 1;
      }
      const term = new AbortController();
      this.#depose = (reason) => term.abort(reason);
      this.token += 1;
      try {
        const result = await task({ signal: term.signal, token: this.token });
        if (!term.signal.aborted) return result;
      } catch (error) {
        if (!term.signal.aborted) throw error;
      }
    }
  }

  elect(): void {
    this.#elect?.();
  }

  depose(): void {
    this.#depose?.(new Error('another leads'));
  }
}
