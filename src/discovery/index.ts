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
  type CalledView,
  type DiscoverOptions,
  discover,
  type FixedInstance,
  FixedInstances,
  type FixedServices,
  fixedInstances,
  instanceOf,
  ServiceClient,
  type ServiceEvent,
  type ServiceFetch,
  type ServiceFetchOptions,
  type ServiceFigures,
  type ServiceKind,
  type ServiceListener,
  type ServiceOptions,
  Services,
  type ServiceTask,
  serviceFetch,
  type ViewSource,
} from './calls/index.ts';
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
export type { DiscoveryCounts, RefusedEvent, RegistrationEvent, ViewEvent } from './discovery-events.ts';
export {
  type DnsDropReason,
  type DnsEvent,
  type DnsFigures,
  type DnsPorts,
  type DnsServer,
  type DnsServerOptions,
  type DnsTransport,
  type DnsView,
  dnsServer,
  type ResponseCode,
} from './dns/index.ts';
export {
  type DrainEvent,
  type DrainHook,
  type Draining,
  type DrainingOptions,
  type DrainOutcome,
  type DrainReport,
  type DrainStep,
  type DrainStepReport,
  type DrainTarget,
  drainOnSignals,
  InFlight,
  type Ongoing,
} from './draining/index.ts';
export type { Instance, InstanceStatus, ServiceSnapshot, ServiceView } from './instance.ts';
export type { RefusalReason } from './instance-document.ts';
export { InstanceQuery, type InstanceQueryOptions } from './instance-query.ts';
export type { InstanceRequest, InstanceUpdate } from './instance-request.ts';
export {
  type DrainOptions,
  Registration,
  type RegistrationState,
  type UpdateOptions,
} from './registration.ts';
export type { RegistryOptions } from './registry-settings.ts';
export { RegistryView } from './registry-view.ts';
export { compareVersions, parseVersion, type SemanticVersion } from './semantic-version.ts';
export type { SnapshotOrigin } from './service-feed.ts';
export {
  type DiscoveryFigures,
  type RegisterOptions,
  type RegistryGround,
  ServiceRegistry,
  serviceRegistry,
  type ViewOptions,
} from './service-registry.ts';
export { copiesIn, type SnapshotCopies } from './snapshot-copies.ts';
export { VersionRange } from './version-range.ts';
