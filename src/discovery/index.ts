/**
 * Who serves what, and where: a registry on any engine, views of it in memory that outlive it, and calls that go to
 * whoever serves. Published as `quorate/discovery`.
 */
export type { Instance, InstanceStatus, ServiceSnapshot, ServiceView } from './instance.ts';
export { InstanceQuery, type InstanceQueryOptions } from './instance-query.ts';
export { compareVersions, parseVersion, type SemanticVersion } from './semantic-version.ts';
export { VersionRange } from './version-range.ts';
