/**
 * Health checks: a service is looked at in several ways, by rules that do not flap, and its registration is kept told.
 */
export type {
  Check,
  CheckBase,
  CheckKind,
  CommandCheck,
  GrpcCheck,
  HealthThresholds,
  HttpCheck,
  OwnCheck,
  OwnVerdict,
  PolledCheck,
  StatusRange,
  TcpCheck,
  TtlCheck,
} from './check.ts';
export { HealthCheck, type HealthListener, type HealthReport, healthCheck } from './health-check.ts';
export { HealthCounters } from './health-counters.ts';
export type { HealthEvent } from './health-events.ts';
export type { HealthPorts } from './health-ports.ts';
export { HealthRule, type HealthRuleSettings, type HealthStatus, worstOf } from './health-rule.ts';
export {
  type HealthBeat,
  type HealthTarget,
  HealthWatch,
  watchHealth,
} from './health-watch.ts';
export {
  type HealthWatchOptions,
  type HealthWatchSettings,
  healthWatchSettings,
  initialStatus,
} from './health-watch-settings.ts';
export type { LookResult } from './poller.ts';
