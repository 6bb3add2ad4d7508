/** What discovery reads that others have written: documents of the registry, copies on a disk, versions and ranges. */
import { decodeCopy, encodeCopy } from '../../src/discovery/copy-document.ts';
import { parseVersion, VersionRange } from '../../src/discovery/index.ts';
import { decodeInstance, encodeInstance } from '../../src/discovery/instance-document.ts';
import type { ToldInstance } from '../../src/discovery/told-instance.ts';
import type { Decoder } from '../fuzz/decoder.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder();

const told: ToldInstance = {
  ...{ address: { host: '10.0.0.1', port: 7000 }, status: 'passing', weight: 2, zone: 'eu-1', region: 'eu' },
  ...{ version: '1.2.3', tags: ['http'], metadata: { shard: '7' } },
};
const of = { service: 'orders', id: 'a', token: 7 };

export const discoveryDecoders: readonly Decoder[] = [
  {
    name: 'discovery/instance-document.ts decodeInstance',
    valid: () => [encodeInstance(told, 'x.1')],
    decode: (bytes) => decodeInstance(bytes, of),
    refusals: [],
  },
  {
    name: 'discovery/copy-document.ts decodeCopy',
    valid: () => [
      encodeCopy({ service: 'orders', heardAtMs: 1_796_000_000_000, instances: [{ ...of, ...told }] }),
    ],
    decode: (bytes) => decodeCopy(bytes, 'orders'),
    refusals: [],
  },
  {
    name: 'discovery/semantic-version.ts parseVersion',
    valid: () => ['1.2.3', '0.0.1-rc.1.x+build.7', '10.20.30-0'].map((version) => utf8.encode(version)),
    decode: (bytes) => parseVersion(text.decode(bytes)),
    refusals: [],
  },
  {
    name: 'discovery/version-range.ts VersionRange',
    valid: () => ['^1.2.0', '>=1.2 <2 || ~3.1', '1.x || 2.0.0-rc.1', '*'].map((range) => utf8.encode(range)),
    decode: (bytes) => new VersionRange(text.decode(bytes)).includes('1.2.3'),
    refusals: ['invalid-option'],
  },
];
