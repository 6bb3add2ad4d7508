/**
 * Who else is there: a member of a cluster that gossips, over datagrams and sealed with keys that the cluster shares.
 * It is published as `quorate/membership`, and what it decides by is the core in `src/gossip`. With it goes the life
 * of a node that is such a member, in `lifecycle`.
 */
export {
  type FailureDetector,
  type HeartbeatFault,
  type Judgement,
  type JudgingOptions,
  type MemberStatus as DetectedStatus,
  PhiAccrualDetector,
  type PhiAccrualOptions,
  type StatusChange,
  TimeoutDetector,
  type TimeoutDetectorOptions,
} from '../gossip/detection/index.ts';
export type { Member, MemberEvent, MemberMetadata, MemberStatus, SwimOptions } from '../gossip/index.ts';
export { type DetectionBound, detectionBound } from '../gossip/index.ts';
export type {
  Access,
  LeaseQuestion,
  LossReason,
  PartitionStateName,
  PartitionStrategy,
  VerdictReason,
} from '../gossip/verdict/index.ts';
export type { MissedEvents } from './change-stream.ts';
export type { ClockEvent } from './clock-sense.ts';
export type { MembershipCounters, RefusalReason } from './counters.ts';
export { checkMembership, joinMembership } from './join-membership.ts';
export type { GossipKey } from './key-ring.ts';
export {
  type ActContext,
  type Component,
  type ComponentContext,
  type FollowContext,
  type HeldLeadership,
  HotStandby,
  type HotStandbyOptions,
  type Leaderships,
  type LifecycleHandlers,
  type LifecycleProblem,
  type LifecycleState,
  type LifecycleStateName,
  NodeLifecycle,
  type NodeLifecycleOptions,
  type PeerRecoveryOptions,
  type Recovery,
  type RecoveryContext,
  recoverFromPeers,
  type StandbyState,
} from './lifecycle/index.ts';
export type { LeaveOptions, Membership } from './membership.ts';
export type { MembershipEvent, MembershipListener } from './membership-events.ts';
export type { MembershipMachine, MembershipOptions } from './options.ts';
export type {
  LeaseRequest,
  PartitionEvent,
  PartitionLease,
  PartitionOptions,
  PartitionView,
} from './partition-sense.ts';
export { type Seed, type Seeds, seedsBeside } from './seeds.ts';
