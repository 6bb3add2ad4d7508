/** Coordination objects, written once above the engine port, so that they are the same on every engine. */
export type { AgreementOptions } from './agreement.ts';
export { Coordination, type CoordinationOptions, coordinate } from './coordination.ts';
export { type CompareAnswer, Counter, type CounterChange, type CounterOptions } from './counter.ts';
export type { GuardedOptions } from './guarded-options.ts';
export { Hold } from './hold.ts';
export { LiveView } from './live-view.ts';
export { type AcquireOptions, HeldLock, Lock, type LockOptions, type TryOptions } from './lock.ts';
export type { RecipeProblem } from './problems.ts';
export { Readings } from './readings.ts';
export { Sequence, type SequenceOptions } from './sequence.ts';
export { SharedMap } from './shared-map.ts';
export { SharedValue, type ValueOptions } from './shared-value.ts';
export type { WaitOptions } from './wait-limit.ts';
