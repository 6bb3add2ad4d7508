/** What checks saw, counted by their kind and by the result: one such object may serve all watches of a process. */
import type { CheckKind } from './check.ts';
import type { LookResult } from './poller.ts';

export class HealthCounters {
  readonly #looks = new Map<CheckKind, Map<LookResult, number>>();
  #changes = 0;
  #untold = 0;
  #givenUp = 0;

  /** By kind, and by what came of it. */
  get looks(): ReadonlyMap<CheckKind, ReadonlyMap<LookResult, number>> {
    return this.#looks;
  }

  /** How often the status of a service has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** How often a registration could not be told. */
  get untold(): number {
    return this.#untold;
  }

  /** Services that were taken out of the registry, because they were critical for too long. */
  get givenUp(): number {
    return this.#givenUp;
  }

  countLook(kind: CheckKind, result: LookResult): void {
    const results = this.#looks.get(kind) ?? new Map<LookResult, number>();
    results.set(result, (results.get(result) ?? 0) + 1);
    this.#looks.set(kind, results);
  }

  countChange(): void {
    this.#changes += 1;
  }

  countUntold(): void {
    this.#untold += 1;
  }

  countGivenUp(): void {
    this.#givenUp += 1;
  }
}
