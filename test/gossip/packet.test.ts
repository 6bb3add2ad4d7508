import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError, Prng } from '../../src/base/index.ts';
import type { Claim } from '../../src/gossip/claim.ts';
import {
  clusterNumber,
  decodeMetadata,
  decodePacket,
  encodeMetadata,
  type PacketBody,
  refusals,
  type Send,
  Swim,
  type SwimInit,
  type SwimOptions,
  swimSettings,
} from '../../src/gossip/index.ts';
import { addressOf, dead, healthy, left, Solo, suspect, written } from './solo.ts';

const bodies: readonly PacketBody[] = [
  { kind: 'ping', sequence: 7, target: 'b' },
  { kind: 'ask', sequence: 2 ** 24, target: 'b', targetAddress: addressOf('b') },
  { kind: 'ack', sequence: 7, heardMs: 1_796_000_000_000.25 },
  { kind: 'nack', sequence: 7 },
  { kind: 'gossip' },
  { kind: 'compare', address: addressOf('a'), fingerprint: 0xdead_beef },
  { kind: 'exchange', cluster: 'test', address: addressOf('a'), wantsReply: true },
];

for (const body of bodies) {
  test(`a ${body.kind} is read as it was written`, () => {
    const claims = [healthy('ä', 3), suspect('b', 70_000, 'a', 'c'), dead('c', 2 ** 40), left('d')];
    const letter = { sender: 'a', incarnation: 9, body, claims };
    assert.deepEqual(decodePacket(written(letter), clusterNumber('test')), letter);
  });
}

test('a ping without news is about as long as its names', () => {
  const body: PacketBody = { kind: 'ping', sequence: 2 ** 20, target: 'node-17' };
  assert.equal(written({ sender: 'node-42', incarnation: 1, body }).length, 26);
});

test('metadata is read as it was written, and equal metadata has equal bytes', () => {
  const metadata = {
    zone: 'eu-1',
    region: 'eu',
    version: '2.1.0',
    capabilities: ['cache', 'store'],
    load: 0.375,
    labels: { rack: '7', role: 'edge' },
  };
  assert.deepEqual(decodeMetadata(encodeMetadata(metadata)), metadata);
  assert.deepEqual(decodeMetadata(encodeMetadata({})), {});
  const other = {
    labels: { role: 'edge', rack: '7' },
    capabilities: ['store', 'cache', 'store'],
    load: 0.375_04,
    version: '2.1.0',
    region: 'eu',
    zone: 'eu-1',
  };
  assert.deepEqual(encodeMetadata(other), encodeMetadata(metadata));
});

const letter = { sender: 'a', claims: [healthy('a')] };
const whole = written(letter);

const refused: Readonly<Record<string, readonly [reason: string, bytes: Uint8Array, reliable?: boolean]>> = {
  nothing: ['malformed', new Uint8Array(0)],
  'a torn packet': ['malformed', whole.subarray(0, whole.length - 1)],
  'a kind that is none': ['malformed', whole.with(1, 99)],
  'another version': ['unknown-version', whole.with(0, 2)],
  'another cluster': ['wrong-cluster', written({ ...letter, cluster: 'other' })],
  'another cluster whose number is the same': [
    'wrong-cluster',
    written({ ...letter, body: { kind: 'exchange', cluster: 'other', address: 'a:1', wantsReply: true } }),
    true,
  ],
  'more than a datagram holds': ['oversized', new Uint8Array(1_181)],
  'more than an exchange holds': ['oversized', new Uint8Array(65_537), true],
  'a member without a name': ['malformed', written({ ...letter, claims: [healthy('')] })],
  'a sender with a long name': ['malformed', written({ ...letter, sender: 'x'.repeat(128) })],
  'too many accusers': ['malformed', whole.with(whole.length - 1, 1)],
};

for (const [name, [reason, bytes, reliable = false]] of Object.entries(refused)) {
  test(`${name} is refused as ${reason}, counted, and changes nothing`, () => {
    const solo = new Solo();
    const output = solo.swim.receive({ bytes, from: addressOf('a'), reliable }, solo.moment);
    assert.equal(output.refused, reason);
    assert.deepEqual([output.sends, output.events], [[], []]);
    const counts = solo.swim.status.refusals;
    for (const refusal of refusals) assert.equal(counts[refusal], refusal === reason ? 1 : 0, refusal);
    assert.equal(solo.swim.members.size, 1);
  });
}

const wrong: Readonly<Record<string, Partial<SwimInit>>> = {
  'an id of no length': { id: '' },
  'an id that is too long': { id: 'ü'.repeat(64) },
  'an address with a lone surrogate': { address: '\ud800' },
  'an incarnation below zero': { incarnation: -1 },
  'an incarnation from the future': { incarnation: 2 ** 33 },
  'a timeout as long as the period': { options: { probeTimeout: '1s' } },
  'a datagram too small for what a member says': { options: { metadataBytesMax: 1_000 } },
  'a period of nothing': { options: { gossipPeriod: 0 } },
  'half a member': { options: { indirectProbes: 1.5 } },
  'no room for metadata': { options: { metadataBytesMax: 0 } },
};

for (const [name, init] of Object.entries(wrong)) {
  test(`${name} is refused at the start`, () => {
    assert.throws(
      () => new Solo(init),
      (error) => isQuorateError(error) && error.code === 'invalid-option',
    );
  });
}

/** The least that an option may be beside others. */
function least(option: 'packetBytesMax' | 'exchangeBytesMax', options: SwimOptions): number {
  for (let bytes = 1; ; bytes += 1) {
    try {
      return swimSettings({ ...options, [option]: bytes })[option];
    } catch (error) {
      assert.ok(isQuorateError(error) && error.code === 'invalid-option' && bytes < 65_000);
    }
  }
}

for (const metadataBytesMax of [1, 100, 512]) {
  test(`in the smallest messages there is room for the longest names beside metadata of ${metadataBytesMax} bytes`, () => {
    const packetBytesMax = least('packetBytesMax', { metadataBytesMax });
    const exchangeBytesMax = least('exchangeBytesMax', { metadataBytesMax, packetBytesMax });
    const long = (name: string, bytes: number): string => name.padEnd(bytes, '.');
    const cluster = long('test', 255);
    const [id, address, other] = [long('me', 127), long('me', 255), long('a', 127)];
    const options = { metadataBytesMax, packetBytesMax, exchangeBytesMax };
    const swim = new Swim({ id, address, cluster, options, random: new Prng(1), nowMs: 0 });
    const zone = 'z'.repeat(Math.max(0, metadataBytesMax - 4));
    const metadata = encodeMetadata(zone === '' ? {} : { zone });
    const accusers = ['w', 'x', 'y', 'z'].map((name) => long(name, 127));
    const claims: Claim[] = [
      { status: 'HEALTHY', id: other, incarnation: 2 ** 32, content: { address: long('a', 255), metadata } },
      { status: 'HEALTHY', id: 'b', incarnation: 0, content: { address: 'b', metadata } },
      { status: 'SUSPECT', id: other, incarnation: 2 ** 32, accusers },
      { status: 'UNHEALTHY', id: other, incarnation: 2 ** 32, accusers },
    ];
    const sends: Send[] = [];
    for (const claim of claims) {
      const bytes = written({ sender: 'b', cluster, claims: [claim] });
      sends.push(...swim.receive({ bytes, from: 'b', reliable: true }, { nowMs: 0, wallMs: 0 }).sends);
      sends.push(...swim.join(['b'], { nowMs: 0, wallMs: 0 }).sends);
    }
    for (let nowMs = 0; nowMs < 5_000; nowMs += 200) sends.push(...swim.tick({ nowMs, wallMs: 0 }).sends);
    assert.equal(swim.status.broadcasts, 0, 'all news went out, and often enough');
    for (const { bytes, reliable } of sends) {
      assert.ok(bytes.length <= (reliable ? exchangeBytesMax : packetBytesMax), `${bytes.length} bytes`);
    }
    assert.ok(sends.some(({ reliable }) => reliable));
  });
}

test('the defaults are those of the documents', () => {
  assert.deepEqual(swimSettings(), {
    probePeriodMs: 1_000,
    probeTimeoutMs: 500,
    indirectProbes: 3,
    gossipPeriodMs: 200,
    gossipFanout: 3,
    retransmitFactor: 6,
    suspicionFactor: 6,
    suspicionMaxFactor: 4,
    localHealthMax: 8,
    exchangePeriodMs: 30_000,
    revivePeriodMs: 15_000,
    forgetAfterMs: 3_600_000,
    membersMax: 4_096,
    metadataBytesMax: 512,
    packetBytesMax: 1_180,
    exchangeBytesMax: 65_536,
    incarnationJumpMax: 2 ** 32,
  });
});
