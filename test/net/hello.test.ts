import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isQuorateError } from '../../src/base/index.ts';
import { decodeHello, encodeHello, type Hello } from '../../src/net/index.ts';
import { throwsWith } from '../ports/expectations.ts';

const hello: Hello = { purpose: 'peer', cluster: 'a cluster', from: 11, to: 2 ** 53 - 1 };

test('a hello says on the other side what it said on this one', () => {
  const member = fc.maxSafeNat();
  const hellos = fc.record<Hello>(
    {
      purpose: fc.constantFrom<Hello['purpose']>('peer', 'client', 'snapshot'),
      cluster: fc.string({ unit: 'grapheme', maxLength: 40 }),
      from: member,
      to: member,
    },
    { noNullPrototype: true },
  );
  fc.assert(fc.property(hellos, (sent) => assert.deepEqual(decodeHello(encodeHello(sent)), sent)));
});

test('a visitor that speaks another protocol is told apart from one that speaks another version of ours', () => {
  const http = new TextEncoder().encode('GET / HTTP/1.1\r\nhost: node\r\n\r\n');
  assert.match(throwsWith('malformed-bytes', () => decodeHello(http)).message, /not the protocol of Quorate/);
  const newer = encodeHello(hello);
  newer[4] = 2;
  const refusal = throwsWith('hello-refused', () => decodeHello(newer));
  assert.match(refusal.message, /speaks protocol 2, and this node 1; check the address and the version/);
});

test('a hello with an unknown purpose, an end too soon or something behind it is refused', () => {
  const bytes = encodeHello(hello);
  const strange = bytes.slice();
  strange[6] = 9;
  throwsWith('malformed-bytes', () => decodeHello(strange));
  throwsWith('malformed-bytes', () => decodeHello(Uint8Array.of(...bytes, 0)));
  for (let length = 0; length < bytes.length; length += 1) {
    throwsWith('out-of-bounds', () => decodeHello(bytes.subarray(0, length)));
  }
});

test('no bytes of a stranger do worse than to be refused', () => {
  const start = encodeHello(hello).subarray(0, 7);
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
