/**
 * Counts what passes, how it ended and how long it took, in bounded memory: outermost it measures what callers see,
 * innermost what the upstream does, and what happens in between is counted from the events of a stack. Figures are
 * plain values for whoever exports them; no name of a user's key ever becomes one of them.
 */
import { type ErrorCode, isQuorateError, LatencyHistogram } from '../base/index.ts';
import type { Call, Task } from './call.ts';
import type { PolicyEvent } from './events.ts';
import { Policy, type PolicyOptions } from './policy.ts';

export interface MeterFigures {
  readonly name: string;
  /** Calls that have begun and not ended. */
  readonly running: number;
  readonly succeeded: number;
  /** By the code of their error; `other` for errors that have none of ours. */
  readonly failed: ReadonlyMap<ErrorCode | 'other', number>;
  readonly latencies: LatencyHistogram;
  /** How often each type of event was told by the policies that are watched, by `policy` and `type`. */
  readonly events: ReadonlyMap<string, ReadonlyMap<PolicyEvent['type'], number>>;
}

/** What tells events: a policy or a stack. */
export interface Telling {
  onEvent(listener: (event: PolicyEvent) => void): () => void;
}

export function meter(options: PolicyOptions = {}): MeterPolicy {
  return new MeterPolicy(options);
}

export class MeterPolicy extends Policy<'custom'> {
  readonly #latencies = new LatencyHistogram();
  readonly #failed = new Map<ErrorCode | 'other', number>();
  readonly #events = new Map<string, Map<PolicyEvent['type'], number>>();
  #running = 0;
  #succeeded = 0;

  constructor(options: PolicyOptions) {
    super(['custom'], options.name ?? 'meter', options.clock);
  }

  /** A view that goes on to count, not a copy. */
  get figures(): MeterFigures {
    return {
      name: this.name,
      running: this.#running,
      succeeded: this.#succeeded,
      failed: this.#failed,
      latencies: this.#latencies,
      events: this.#events,
    };
  }

  /** Counts the events of `telling` until the returned function is called. Policies are few, so their names may be kept. */
  watch(telling: Telling): () => void {
    return telling.onEvent(({ policy, type }) => {
      const counts = this.#events.get(policy) ?? new Map<PolicyEvent['type'], number>();
      this.#events.set(policy, counts.set(type, (counts.get(type) ?? 0) + 1));
    });
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    const begunAt = this.clock.now();
    this.#running += 1;
    try {
      const value = await task(call);
      this.#succeeded += 1;
      return value;
    } catch (error) {
      const code = isQuorateError(error) ? error.code : 'other';
      this.#failed.set(code, (this.#failed.get(code) ?? 0) + 1);
      throw error;
    } finally {
      this.#running -= 1;
      this.#latencies.record(this.clock.now() - begunAt);
    }
  }
}
