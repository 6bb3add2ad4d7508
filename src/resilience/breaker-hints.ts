/**
 * The port by which breakers of many processes tell each other what they found. What comes in is a hint and no more:
 * a process may have a bad network of its own, so one report never opens a circuit that has seen nothing itself.
 * Circuits of one breaker are told apart by key; that of a breaker that has only one has none.
 */
import type { CircuitStateName } from './circuit.ts';

export interface BreakerHints {
  /** Tells the others, in its own time, if it can: nothing depends on a hint. Never throws. */
  report(breaker: string, report: OwnReport): void;
  /** What the others tell of the circuits of `breaker`, until the returned function is called. */
  watch(breaker: string, listener: HintListener): () => void;
}

export interface OwnReport {
  readonly key: string | undefined;
  /** `closed` takes back what was told before. */
  readonly state: Extract<CircuitStateName, 'open' | 'half-open' | 'closed'>;
  /** For how long it is worth something, 0 unless it is open. By nobody's clock, since those of two processes differ. */
  readonly forMs: number;
}

/** Of another process. */
export interface OthersReport extends OwnReport {
  readonly reporter: string;
  /** Another one with each report of this reporter. */
  readonly id: string;
}

export interface HintListener {
  /** All that is there of one circuit, at first and whenever it changes; of each reporter the last. */
  reports(key: string | undefined, reports: readonly OthersReport[]): void;
  /** Reports can be had: what is there has been told, and what comes will be. */
  found(): void;
  /** Reports cannot be had at present, or any more; all of them are told anew when they can be again. */
  lost(reason: unknown): void;
}
