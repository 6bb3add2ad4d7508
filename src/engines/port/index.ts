/** The engine port: what recipes run on, and what every engine is judged by. Engines have doors of their own. */

export { CallTime } from './call-time.ts';
export {
  type Capability,
  type CapabilityNotes,
  capabilityMeanings,
  checkCapabilities,
  type Provides,
  provides,
} from './capabilities.ts';
export { type AddOperation, type CounterChange, changedCounter } from './counter.ts';
export type {
  CallOptions,
  Condition,
  Engine,
  EngineKind,
  EngineLimits,
  EngineSession,
  Fence,
  Item,
  Listing,
  ListOptions,
  Mark,
  Operation,
  OperationResult,
  SessionOptions,
  SessionState,
  TransactAnswer,
  TransactRequest,
  Watch,
  WatchBatch,
  WatchEvent,
  WatchOptions,
  WatchTarget,
} from './engine.ts';
export { EngineShell, engineClosed } from './engine-shell.ts';
export { checkDirectory, checkName, type SplitKey, splitKey } from './keys.ts';
export { clockDriftMax, Life, type LifeOptions, sessionOver } from './life.ts';
export { LivingSession, type LivingSessionInit, ownSession } from './living-session.ts';
export { withOutcome } from './outcomes.ts';
export { pauseBetweenTries } from './pause.ts';
export { Renewal, type RenewalOptions, renewalShareDefault, renewalShareMax } from './renewal.ts';
export {
  checkListing,
  checkRenewalShare,
  checkSession,
  checkTransaction,
  deadlineMsOf,
} from './request-checks.ts';
export { Turns } from './turns.ts';
