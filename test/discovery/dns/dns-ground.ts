/** What tests of DNS share: services in memory that change, and instances by few words. */
import type { DnsView, Instance, ServiceSnapshot } from '../../../src/discovery/index.ts';

export function instance(id: string, host: string, more: Partial<Instance> = {}): Instance {
  return {
    service: 'orders',
    id,
    address: { host, port: 7000 },
    status: 'passing',
    weight: 1,
    zone: undefined,
    region: undefined,
    version: undefined,
    tags: [],
    metadata: {},
    token: 0,
    ...more,
  };
}

export class HeldView implements DnsView {
  snapshot: ServiceSnapshot;
  readonly staleMs = 0;
  isClosed = false;

  constructor(service: string, instances: readonly Instance[]) {
    this.snapshot = { service, instances, version: 1 };
  }

  subscribe(): () => void {
    return () => undefined;
  }

  close(): void {
    this.isClosed = true;
  }
}
