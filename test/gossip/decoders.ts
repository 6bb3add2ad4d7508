/** The decoders of `src/gossip` for the fuzzer. They read what other nodes, or strangers, have sent. */
import { ByteReader, ByteWriter } from '../../src/base/index.ts';
import { claimBytes, decodeClaim } from '../../src/gossip/claim.ts';
import {
  clusterNumber,
  decodeMetadata,
  decodePacket,
  encodeMetadata,
  type PacketBody,
} from '../../src/gossip/index.ts';
import { byteRefusals, type Decoder } from '../fuzz/decoder.ts';
import { dead, healthy, left, suspect, written } from './solo.ts';

const metadata = {
  zone: 'eu-1',
  region: 'eu',
  version: '2.1.0',
  capabilities: ['cache', 'store'],
  load: 0.375,
  labels: { rack: 'ü7', role: 'edge' },
};

const claims = [healthy('a', 3), suspect('b', 70_000, 'a', 'c'), dead('c', 2 ** 40), left('ü')];

const bodies: readonly PacketBody[] = [
  { kind: 'ping', sequence: 7, target: 'b' },
  { kind: 'ask', sequence: 2 ** 24, target: 'b', targetAddress: '10.0.0.7:7946' },
  { kind: 'ack', sequence: 7, heardMs: 1_796_000_000_000.25 },
  { kind: 'nack', sequence: 7 },
  { kind: 'gossip' },
  { kind: 'compare', address: '10.0.0.7:7946', fingerprint: 0xdead_beef },
  { kind: 'exchange', cluster: 'test', address: '10.0.0.7:7946', wantsReply: true },
];

export const gossipDecoders: readonly Decoder[] = [
  {
    name: 'gossip/packet.ts decodePacket',
    valid: () => bodies.map((body) => written({ sender: 'a', incarnation: 9, body, claims })),
    decode: (bytes) => decodePacket(bytes, clusterNumber('test')),
    // It never throws: a refusal is its result.
    refusals: [],
  },
  {
    name: 'gossip/claim.ts decodeClaim',
    also: ['gossip/claim.ts decodeName'],
    valid: () => claims.map((claim) => claimBytes(new ByteWriter(), claim)),
    decode: (bytes) => decodeClaim(new ByteReader(bytes, 'claim')),
    refusals: byteRefusals,
  },
  {
    name: 'gossip/metadata.ts decodeMetadata',
    valid: () => [encodeMetadata(metadata), encodeMetadata({})],
    decode: decodeMetadata,
    refusals: byteRefusals,
  },
];
