/**
 * The life of a node: one state machine, components with an order, recoveries that fetch what was missed, and hot
 * standby.
 */
export type { Component, ComponentContext } from './component.ts';
export type { LifecycleState, LifecycleStateName } from './lifecycle-state.ts';
export { type LifecycleHandlers, NodeLifecycle, type NodeLifecycleOptions } from './node-lifecycle.ts';
export type { LifecycleProblem } from './problems.ts';
export {
  type PeerRecoveryOptions,
  type Recovery,
  type RecoveryContext,
  recoverFromPeers,
} from './recovery.ts';
export {
  type ActContext,
  type FollowContext,
  type HeldLeadership,
  HotStandby,
  type HotStandbyOptions,
  type Leaderships,
  type StandbyState,
} from './standby.ts';
