/** Failures in a row: one number, and no clock. */
import type { ConsecutiveRule } from './circuit-rule.ts';
import type { Evidence, EvidenceCause } from './evidence.ts';
import type { EvidenceData } from './evidence-data.ts';

export class ConsecutiveFailures implements Evidence {
  readonly #limit: number;
  #failures: number;

  constructor({ failures }: ConsecutiveRule, before: number) {
    this.#limit = failures;
    this.#failures = before;
  }

  note(isFailure: boolean): EvidenceCause | undefined {
    if (!isFailure) {
      this.#failures = 0;
      return undefined;
    }
    this.#failures += 1;
    return this.#failures >= this.#limit ? 'failures' : undefined;
  }

  failures(): number {
    return this.#failures;
  }

  clear(): void {
    this.#failures = 0;
  }

  export(): EvidenceData {
    return { rule: 'consecutive', failures: this.#failures };
  }
}
