/** Compares a verdict with what a test expects, and shows the checker's own explanation where they differ. */
import assert from 'node:assert/strict';
import { explainVerdict, type Verdict } from '../../../src/sim/checkers/index.ts';

export function expectVerdict(verdict: Verdict, valid: boolean): void {
  assert.equal(verdict.verdict, valid ? 'valid' : 'invalid', explainVerdict(verdict));
}
