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

class Figures implements MeterFigures {
  readonly name: string;
  running = 0;
  succeeded = 0;
  readonly failed = new Map<ErrorCode | 'other', number>();
  readonly latencies: LatencyHistogram = new LatencyHistogram();
  readonly events = new Map<string, Map<PolicyEvent['type'], number>>();

  constructor(name: string) {
    this.name = name;
  }
}

export class MeterPolicy extends Policy<'custom'> {
  readonly #figures: Figures;

  constructor(options: PolicyOptions) {
    super(['custom'], options.name ?? 'meter', options.clock);
    this.#figures = new Figures(this.name);
  }

  /** A view that goes on to count, not a copy. */
  get figures(): MeterFigures {
    return this.#figures;
  }

  /** Counts the events of `telling` until the returned function is called. Policies are few, so their names may be kept. */
  watch(telling: Telling): () => void {
    return telling.onEvent(({ policy, type }) => {
      const { events } = this.#figures;
      const counts = events.get(policy) ?? new Map<PolicyEvent['type'], number>();
      events.set(policy, counts.set(type, (counts.get(type) ?? 0) + 1));
    });
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    const figures = this.#figures;
    const begunAt = this.clock.now();
    figures.running += 1;
    try {
      const value = await task(call);
      figures.succeeded += 1;
      return value;
    } catch (error) {
      const code = isQuorateError(error) ? error.code : 'other';
      figures.failed.set(code, (figures.failed.get(code) ?? 0) + 1);
      throw error;
    } finally {
      figures.running -= 1;
      figures.latencies.record(this.clock.now() - begunAt);
    }
  }
}
