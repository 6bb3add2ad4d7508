/** What a call says that began before its circuit closed counts as of now. */
import type { Mutant } from './mutant.ts';

export const mutant: Mutant = {
  bug: 'What a call says that began before its circuit closed counts as of now.',
  patches: [
    {
      file: 'src/resilience/circuit.ts',
      find: `  fail(ticket: number, isSlow: boolean, nowMs: number, enough?: number): CircuitChange | undefined {
    if (ticket < this.#since) return undefined;`,
      replace: `  fail(ticket: number, isSlow: boolean, nowMs: number, enough?: number): CircuitChange | undefined {
    if (ticket < 0) return undefined;`,
    },
  ],
  seenBy: 'test/resilience/circuit.test.ts',
};
