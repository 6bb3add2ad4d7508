/**
 * Who serves what, and where: a registry on any engine, views of it in memory that outlive it, and calls that go to
 * whoever serves. Published as `quorate/discovery`.
 */
export {
  type Availability,
  Balancer,
  type BalancerFigures,
  type BalancerOptions,
  type BalancingOptions,
  type BoundedLoadOptions,
  type CallEnd,
  type Ejection,
  type EjectionCause,
  type EjectionOptions,
  type PeakLatencyOptions,
  type PickerChoice,
  type PickerName,
  type PickRequest,
  type Slot,
  type SlowStartOptions,
  type StickyOptions,
  type SuccessRateOptions,
  type ZoneOptions,
} from './balancing/index.ts';
export {
  type Check,
  type CheckBase,
  type CheckKind,
  type CommandCheck,
  type GrpcCheck,
  type HealthBeat,
  type HealthCheck,
  HealthCounters,
  type HealthEvent,
  type HealthListener,
  type HealthPorts,
  type HealthReport,
  HealthRule,
  type HealthRuleSettings,
  type HealthStatus,
  type HealthTarget,
  type HealthThresholds,
  HealthWatch,
  type HealthWatchOptions,
  type HttpCheck,
  healthCheck,
  type LookResult,
  type OwnCheck,
  type OwnVerdict,
  type PolledCheck,
  type StatusRange,
  type TcpCheck,
  type TtlCheck,
  watchHealth,
  worstOf,
} from './checks/index.ts';
export type { Instance, InstanceStatus, ServiceSnapshot, ServiceView } from './instance.ts';
export { InstanceQuery, type InstanceQueryOptions } from './instance-query.ts';
export { compareVersions, parseVersion, type SemanticVersion } from './semantic-version.ts';
export { VersionRange } from './version-range.ts';
