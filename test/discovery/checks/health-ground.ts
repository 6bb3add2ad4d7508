/** What tests of health checks share: a clock that is moved by hand, a service under the test's thumb, a registration that remembers. */
import type { HealthStatus, HealthTarget, OwnVerdict } from '../../../src/discovery/checks/index.ts';
import type { Random } from '../../../src/ports/index.ts';
import { ManualClock, turn } from '../../net/manual-clock.ts';

export interface HealthGround {
  readonly clock: ManualClock;
  readonly ports: { readonly clock: ManualClock; readonly random: Random };
  /** Time goes on, and what it brings is handled. */
  pass(milliseconds: number): Promise<void>;
}

/** Answers come between two steps, as they do between two turns of the event loop. */
const stepMs = 100;

const zeroRandom: Random = { uint32: () => 0, fill: (into) => into.fill(0) };

export function healthGround(random: Random = zeroRandom): HealthGround {
  const clock = new ManualClock();
  const pass = async (milliseconds: number): Promise<void> => {
    await turn();
    let leftMs = milliseconds;
    do {
      clock.advance(Math.min(leftMs, stepMs));
      await turn();
      leftMs -= stepMs;
    } while (leftMs > 0);
  };
  return { clock, ports: { clock, random }, pass };
}

/** Answers as it is told to, and knows how often it was asked and how many wait. */
export class Patient {
  verdict: OwnVerdict | Error | 'hangs' = true;
  looks = 0;
  waiting = 0;
  readonly aborted: unknown[] = [];
  readonly #hung: (() => void)[] = [];

  readonly run = async (signal: AbortSignal): Promise<OwnVerdict> => {
    this.looks += 1;
    signal.addEventListener('abort', () => this.aborted.push(signal.reason));
    const { verdict } = this;
    if (verdict instanceof Error) throw verdict;
    if (verdict !== 'hangs') return verdict;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting += 1;
    this.#hung.push(resolve);
    await promise;
    this.waiting -= 1;
    return true;
  };

  /** Those that hang come back. */
  release(): void {
    for (const resolve of this.#hung.splice(0)) resolve();
  }
}

export class RememberingTarget implements HealthTarget {
  readonly told: (HealthStatus | 'close')[] = [];
  /** So many of the next calls fail. */
  failures = 0;
  /** Present: calls wait for it. */
  gate: Promise<void> | undefined;

  setStatus(status: HealthStatus): Promise<void> {
    return this.#take(status);
  }

  close(): Promise<void> {
    return this.#take('close');
  }

  async #take(what: HealthStatus | 'close'): Promise<void> {
    await this.gate;
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the registry is gone');
    }
    this.told.push(what);
  }
}
