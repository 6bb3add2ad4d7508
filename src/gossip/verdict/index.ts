/**
 * Partition verdicts: which side of a split cluster goes on, decided by each side for itself; what the losing side may
 * still do; and how it comes back.
 */
export type { PartitionGuardOptions } from './guard-settings.ts';
export { PartitionGuard } from './partition-guard.ts';
export type {
  Access,
  LeaseAnswer,
  LeaseQuestion,
  LosingState,
  LossReason,
  PartitionChange,
  PartitionOutput,
  PartitionState,
  PartitionStateName,
} from './partition-state.ts';
export type { KnownMember } from './roster.ts';
export type { PartitionStrategy } from './strategy.ts';
export type { VerdictReason } from './verdict.ts';
