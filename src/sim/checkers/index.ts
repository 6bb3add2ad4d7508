/**
 * Consistency checkers: each judges a recorded history by nothing but what clients saw. `checkHistory` picks
 * the right ones; each is also there by itself.
 */
export {
  type CausalKind,
  type CausalOptions,
  checkCausal,
  checkSequential,
  checkSessions,
  type SequentialOptions,
  type SessionOptions,
} from './causality/index.ts';
export { type CheckOptions, type ConsistencyLevel, checkHistory, type ModelName } from './check-history.ts';
export type { LinearizableMethod } from './judges.ts';
export {
  type CounterBoundsOptions,
  checkCounterBounds,
  checkLinearizable,
  checkWitness,
  checkZones,
  type ZoneOptions,
  type ZoneReport,
} from './linearizability/index.ts';
export { checkGuards, checkTokens } from './locks/index.ts';
export {
  counterModel,
  type LockState,
  lockModel,
  type Model,
  queueModel,
  registerModel,
} from './models/index.ts';
export { checkListAppend, checkListSessions, type IsolationLevel } from './transactions/index.ts';
export {
  type Anomaly,
  type AnomalyName,
  type BudgetOptions,
  type CycleName,
  explainVerdict,
  type GaveUpVerdict,
  type GiveUpReason,
  type InvalidVerdict,
  type ValidVerdict,
  type Verdict,
} from './verdict/index.ts';
