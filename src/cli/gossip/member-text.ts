/** A member that gossips as people read it, and as programs do. */
import type { Member } from '../../membership/index.ts';

export const memberHead: readonly string[] = [
  'id',
  'status',
  'address',
  'zone',
  'version',
  'load',
  'capabilities',
];

export function memberRow({ id, status, address, metadata }: Member): readonly string[] {
  const { zone, version, load, capabilities = [] } = metadata;
  return [
    id,
    status,
    address,
    zone ?? '-',
    version ?? '-',
    load === undefined ? '-' : load.toFixed(2),
    capabilities.join(',') || '-',
  ];
}

export function memberDocument(member: Member): Readonly<Record<string, unknown>> {
  const { id, status, address, incarnation, metadata } = member;
  const { zone, region, version, load, capabilities = [], labels = {} } = metadata;
  return {
    id,
    status,
    address,
    incarnation,
    zone: zone ?? null,
    region: region ?? null,
    version: version ?? null,
    load: load ?? null,
    capabilities,
    labels,
  };
}
