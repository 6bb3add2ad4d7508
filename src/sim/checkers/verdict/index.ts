/** What checkers answer, and how much they may work for it. */
export { Budget, type BudgetOptions } from './budget.ts';
export { unwrittenRead } from './unwritten-read.ts';
export {
  type Anomaly,
  type AnomalyName,
  type CycleName,
  explainVerdict,
  type GaveUpVerdict,
  type GiveUpReason,
  gaveUp,
  type InvalidVerdict,
  invalid,
  joinVerdicts,
  type ValidVerdict,
  type Verdict,
  valid,
} from './verdict.ts';
