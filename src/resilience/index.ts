/**
 * Calls that survive, published as `quorate/resilience`: policies around any asynchronous call. It stands on nothing
 * but the ground floor and the clock, and runs in browsers and at the edge as it does in Node.
 */
export type { Call, CallContext, CallTraits, Priority, Task } from './call.ts';
export type { PolicyEvent, PolicyListener } from './events.ts';
export type { ExecuteOptions } from './execution.ts';
export { type FailureStatement, statedBy } from './failure.ts';
export { KeyedStates, type KeyedStatesOptions } from './keyed.ts';
export { Policy, type PolicyOptions } from './policy.ts';
export type { PolicyKind } from './policy-kind.ts';
export { policy, type Stack } from './stack.ts';
export { deadline, type TimeoutMode, type TimeoutOptions, type TimeoutPolicy, timeout } from './timeout.ts';
