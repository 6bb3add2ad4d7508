/** What discovery reads that others have written: versions and ranges that somebody typed. */
import { parseVersion, VersionRange } from '../../src/discovery/index.ts';
import type { Decoder } from '../fuzz/decoder.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder();

export const discoveryDecoders: readonly Decoder[] = [
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
