import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter, isQuorateError } from '../../src/base/index.ts';
import { decodeHello, encodeHello, type Hello } from '../../src/net/index.ts';
import { throwsWith } from '../ports/expectations.ts';

const hello: Hello = { purpose: 'peer', cluster: 'a cluster', from: 11, to: 2 ** 53 - 1 };

test('a hello says on the other side what it said on this one', () => {
  const member = fc.maxSafeNat();
  const hellos = fc.record<Hello>(
    {
      purpose: fc.constantFrom<Hello['purpose']>('peer', 'client', 'snapshot', 'messages'),
      cluster: fc.string({ unit: 'grapheme', maxLength: 40 }),
      from: member,
      to: member,
      levels: fc.record({ least: member, most: member, founded: member }, { noNullPrototype: true }),
      asMember: fc.constant(true),
      asksFeatures: fc.constant(true),
      terms: fc.uint8Array({ maxLength: 40 }),
    },
    { noNullPrototype: true, requiredKeys: ['purpose', 'cluster', 'from', 'to'] },
  );
  fc.assert(fc.property(hellos, (sent) => assert.deepEqual(decodeHello(encodeHello(sent)), sent)));
});

test('a visitor that speaks another protocol is told apart from one that speaks another version of ours', () => {
  const http = new TextEncoder().encode('GET / HTTP/1.1\r\nhost: node\r\n\r\n');
  assert.match(throwsWith('malformed-bytes', () => decodeHello(http)).message, /not the protocol of Quorate/);
  const newer = encodeHello(hello);
  newer[4] = 2;
  newer[6] = 3;
  const refusal = throwsWith('hello-refused', () => decodeHello(newer));
  assert.match(refusal.message, /protocols 2 to 3, and this node 1 to 1: this node has the older release/);
  const older = encodeHello(hello);
  older[4] = 0;
  older[6] = 0;
  assert.match(throwsWith('hello-refused', () => decodeHello(older)).message, /it has the older release/);
});

test('a newer release is let in while it still speaks a protocol of this one, and its new fields are skipped', () => {
  const newer = encodeHello(hello);
  newer[6] = 9;
  assert.deepEqual(decodeHello(newer), hello);
  fc.assert(
    fc.property(fc.integer({ min: 6, max: 1000 }), fc.uint8Array({ maxLength: 20 }), (tag, content) => {
      const levels = { least: 3, most: 4, founded: 2 };
      const writer = new ByteWriter(64);
      writer.raw(encodeHello(hello));
      writer.varint(tag);
      writer.block(content);
      writer.varint(1);
      // More in the field than this release knows.
      writer.block(Uint8Array.of(levels.least, levels.most, levels.founded, 99));
      assert.deepEqual(decodeHello(writer.bytes()), { ...hello, levels });
    }),
  );
});

test('a hello with an unknown purpose, an end too soon or something behind it is refused', () => {
  const bytes = encodeHello(hello);
  const strange = bytes.slice();
  strange[8] = 9;
  throwsWith('malformed-bytes', () => decodeHello(strange));
  throwsWith('out-of-bounds', () => decodeHello(Uint8Array.of(...bytes, 0)));
  for (let length = 0; length < bytes.length; length += 1) {
    throwsWith('out-of-bounds', () => decodeHello(bytes.subarray(0, length)));
  }
});

test('no bytes of a stranger do worse than to be refused', () => {
  const start = encodeHello(hello).subarray(0, 9);
  fc.assert(
    fc.property(fc.boolean(), fc.uint8Array({ maxLength: 80 }), (isOurs, tail) => {
      try {
        decodeHello(isOurs ? Uint8Array.of(...start, ...tail) : tail);
      } catch (error) {
        assert.ok(isQuorateError(error), String(error));
      }
    }),
    { numRuns: 500 },
  );
});
