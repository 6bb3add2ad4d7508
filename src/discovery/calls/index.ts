/**
 * Calls to services by name: an instance for each try, circuits for each instance, and one deadline and one budget
 * around all of it.
 */
export { type DiscoverOptions, discover, Services } from './discover.ts';
export { type FixedInstance, FixedInstances, type FixedServices, fixedInstances } from './fixed-instances.ts';
export { ServiceClient, type ServiceFigures, type ServiceTask } from './service-client.ts';
export type { ServiceEvent, ServiceListener } from './service-events.ts';
export { type ServiceFetch, type ServiceFetchOptions, serviceFetch } from './service-fetch.ts';
export type { ServiceKind, ServiceOptions } from './service-options.ts';
export { instanceOf } from './service-policy.ts';
export type { CalledView, ViewSource } from './view-source.ts';
