/**
 * What operators look at: a node's figures as metrics in the text form of Prometheus, and whether it is ready.
 * Both are values; serving them is for whoever carries the node, as `quorate serve --http` does.
 */
export { clockFamilies, clockMetricsText } from './clock-metrics.ts';
export { discoveryMetricsText } from './discovery-metrics.ts';
export { dnsMetricsText } from './dns-metrics.ts';
export { healthMetricsText } from './health-metrics.ts';
export { lifecycleFamilies, lifecycleMetricsText } from './lifecycle-metrics.ts';
export { gossipMetricsText, membershipFamilies, membershipMetricsText } from './membership-metrics.ts';
export { metricFamilies, metricsText } from './metric-families.ts';
export type { MonitoredNode, ProcessFigures } from './monitored-node.ts';
export { policyFamilies, policyMetricsText } from './policy-metrics.ts';
export { type LivingReadiness, lifecycleReadiness, type Readiness, readinessOf } from './readiness.ts';
export { serviceMetricsText } from './service-metrics.ts';
