/** An instance as people read it, and as programs do. */
import type { Instance } from '../../discovery/index.ts';
import { addressText } from '../../ports/index.ts';

export const instanceHead: readonly string[] = [
  'id',
  'address',
  'status',
  'weight',
  'zone',
  'version',
  'tags',
];

export function instanceRow({
  id,
  address,
  status,
  weight,
  zone,
  version,
  tags,
}: Instance): readonly string[] {
  return [
    id,
    addressText(address),
    status,
    String(weight),
    zone ?? '-',
    version ?? '-',
    tags.join(',') || '-',
  ];
}

export function instanceDocument(instance: Instance): Readonly<Record<string, unknown>> {
  const { service, id, address, status, weight, zone, region, version, tags, metadata, token } = instance;
  return {
    service,
    id,
    address: addressText(address),
    status,
    weight,
    zone: zone ?? null,
    region: region ?? null,
    version: version ?? null,
    tags,
    metadata,
    token,
  };
}
