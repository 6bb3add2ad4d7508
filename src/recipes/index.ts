/** Coordination objects, written once above the engine port, so that they are the same on every engine. */
export { Coordination, type CoordinationOptions, coordinate } from './coordination.ts';
export { Hold } from './hold.ts';
export { type AcquireOptions, HeldLock, Lock, type LockOptions, type TryOptions } from './lock.ts';
export type { RecipeProblem } from './problems.ts';
export type { WaitOptions } from './wait-limit.ts';
