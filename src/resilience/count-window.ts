/** The last calls, one byte each, in a ring: an outcome replaces the oldest, and the sums are kept beside it. */
import type { CircuitRule } from './circuit-rule.ts';
import { causeOf, type Evidence, type EvidenceCause } from './evidence.ts';
import { type EvidenceData, outcomeLetters } from './evidence-data.ts';

const failureBit = 1;
const slowBit = 2;

export class CountWindow implements Evidence {
  readonly #rule: Extract<CircuitRule, { kind: 'count-window' }>;
  readonly #outcomes: Uint8Array;
  #next = 0;
  #calls = 0;
  #failures = 0;
  #slow = 0;

  /** `before`: outcomes as exported, of which the last fit. */
  constructor(rule: Extract<CircuitRule, { kind: 'count-window' }>, before: string) {
    this.#rule = rule;
    this.#outcomes = new Uint8Array(rule.calls);
    for (const letter of before.slice(-rule.calls)) this.#put(outcomeLetters.indexOf(letter));
  }

  note(isFailure: boolean, isSlow: boolean): EvidenceCause | undefined {
    this.#put((isFailure ? failureBit : 0) | (isSlow ? slowBit : 0));
    if (!isFailure && !isSlow) return undefined;
    return causeOf({ calls: this.#calls, failures: this.#failures, slow: this.#slow }, this.#rule);
  }

  failures(): number {
    return this.#failures;
  }

  clear(): void {
    this.#next = 0;
    this.#calls = 0;
    this.#failures = 0;
    this.#slow = 0;
  }

  export(): EvidenceData {
    let outcomes = '';
    const { length } = this.#outcomes;
    for (let age = this.#calls; age > 0; age -= 1) {
      outcomes += outcomeLetters[this.#outcomes[(this.#next - age + length) % length] as number];
    }
    return { rule: 'count-window', outcomes };
  }

  #put(outcome: number): void {
    if (this.#calls === this.#outcomes.length) {
      const oldest = this.#outcomes[this.#next] as number;
      this.#failures -= oldest & failureBit;
      this.#slow -= (oldest & slowBit) >> 1;
    } else {
      this.#calls += 1;
    }
    this.#outcomes[this.#next] = outcome;
    this.#next = this.#next + 1 === this.#outcomes.length ? 0 : this.#next + 1;
    this.#failures += outcome & failureBit;
    this.#slow += (outcome & slowBit) >> 1;
  }
}
