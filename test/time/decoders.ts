/** The decoders of `src/time` for the fuzzer. They read what other replicas have sent. */
import {
  DottedVersions,
  decodeDottedVersions,
  decodeHybrid,
  decodePrunedVector,
  decodeVersionVector,
  encodeDottedVersions,
  encodeHybrid,
  encodePrunedVector,
  encodeVersionVector,
  PrunedVector,
  VersionVector,
} from '../../src/time/index.ts';
import { byteRefusals, type Decoder } from '../fuzz/decoder.ts';

const vector = VersionVector.of([
  ['node-1', 3],
  ['node-2', 70_000],
  ['ü', 1],
]);
const pruned = PrunedVector.prune(vector, ['node-2']).merge(VersionVector.of([['node-3', 5]]));
const versions = DottedVersions.empty<Uint8Array>()
  .update({ actor: 'node-1', context: vector, value: Uint8Array.of(1, 2, 3) })
  .event('node-1', new Uint8Array(200))
  .event('node-9', new Uint8Array(0));

export const timeDecoders: readonly Decoder[] = [
  {
    name: 'time/vector-format.ts decodeVersionVector',
    also: [
      'time/vector-format.ts decodeFormat',
      'time/actor.ts decodeActor',
      'time/actor.ts decodeCount',
      'time/actor.ts decodeShortest',
    ],
    valid: () => [encodeVersionVector(vector), encodeVersionVector(VersionVector.empty)],
    decode: decodeVersionVector,
    refusals: byteRefusals,
  },
  {
    name: 'time/vector-format.ts decodePrunedVector',
    valid: () => [encodePrunedVector(pruned), encodePrunedVector(PrunedVector.prune(vector, []))],
    decode: decodePrunedVector,
    refusals: byteRefusals,
  },
  {
    name: 'time/dotted-format.ts decodeDottedVersions',
    valid: () => [encodeDottedVersions(versions), encodeDottedVersions(DottedVersions.empty())],
    decode: decodeDottedVersions,
    refusals: byteRefusals,
  },
  {
    name: 'time/hybrid-timestamp.ts decodeHybrid',
    valid: () => [encodeHybrid({ wallMs: 1_796_000_000_000, counter: 7 })],
    decode: decodeHybrid,
    refusals: byteRefusals,
  },
];
