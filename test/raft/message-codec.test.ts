import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter, isQuorateError } from '../../src/base/index.ts';
import { decodeMessage, type Entry, encodeMessage, type Message } from '../../src/raft/index.ts';

const plain = { noNullPrototype: true } as const;
const whole = fc.maxSafeNat();
const id = fc.record({ index: fc.nat(), term: whole }, plain);
const members = fc
  .uniqueArray(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { maxLength: 5 })
  .map((list) => list.sort((a, b) => a - b));
const envelope = { group: fc.nat(), from: whole, to: whole, term: whole };

function kind<Kind extends Message['kind']>(
  name: Kind,
  content: Record<string, fc.Arbitrary<unknown>>,
): fc.Arbitrary<Message> {
  return fc.record(
    { kind: fc.constant(name), ...envelope, ...content },
    plain,
  ) as unknown as fc.Arbitrary<Message>;
}

const entry = fc.record({
  term: whole,
  kind: fc.constantFrom('command', 'empty', 'configuration'),
  data: fc.uint8Array({ maxLength: 40 }),
});
const append = kind('append', {
  lease: fc.boolean(),
  previous: id,
  commit: whole,
  entries: fc.array(entry, { maxLength: 6 }),
}).map((made) => {
  assert(made.kind === 'append');
  const entries = made.entries.map(
    (each, place): Entry => ({ ...each, index: made.previous.index + place + 1 }),
  );
  return { ...made, entries };
});
const configuration = fc.record(
  {
    voters: members,
    outgoing: members,
    learners: members,
    learnersNext: members,
    level: fc.integer({ min: 1 }),
    details: fc.constant([]),
  },
  plain,
);
const message: fc.Arbitrary<Message> = fc.oneof(
  kind('vote-request', { preVote: fc.boolean(), forced: fc.boolean(), last: id }),
  kind('vote-reply', { preVote: fc.boolean(), granted: fc.boolean() }),
  append,
  kind('append-accepted', { damaged: fc.boolean(), match: whole }),
  kind('append-rejected', { damaged: fc.boolean(), rejected: whole, hint: id }),
  kind('heartbeat', { lease: fc.boolean(), commit: whole, round: whole }),
  kind('heartbeat', { lease: fc.boolean(), commit: whole, round: whole, quiesceAt: id }),
  kind('heartbeat-reply', { damaged: fc.boolean(), round: whole }),
  kind('install-snapshot', { mark: fc.record({ index: fc.nat(), term: whole, configuration }, plain) }),
  kind('transfer-now', {}),
  kind('read-request', { context: whole }),
  kind('read-reply', { context: whole, index: whole }),
);

function encoded(value: Message): Uint8Array {
  const writer = new ByteWriter(16);
  encodeMessage(writer, value);
  return writer.copy();
}

test('every message comes back from its bytes as it was', () => {
  fc.assert(
    fc.property(message, (value) => assert.deepEqual(decodeMessage(encoded(value)), value)),
    { numRuns: 2000 },
  );
});

test('every cut of a message is refused, and so is every byte too many', () => {
  fc.assert(
    fc.property(message, fc.nat(), (value, at) => {
      const bytes = encoded(value);
      const cut = bytes.subarray(0, at % bytes.length);
      assert.throws(() => decodeMessage(cut), isQuorateError);
      assert.throws(() => decodeMessage(Buffer.concat([bytes, Buffer.of(0)])), isQuorateError);
    }),
  );
});

test('whatever a stranger sends is a message or a clear error, never a crash', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      message,
      fc.nat(),
      fc.nat(255),
      (noise, value, at, byte) => {
        const flipped = encoded(value);
        flipped[at % flipped.length] = byte;
        for (const bytes of [noise, flipped]) {
          try {
            decodeMessage(bytes);
          } catch (error) {
            assert(isQuorateError(error), String(error));
            assert(['malformed-bytes', 'out-of-bounds'].includes(error.code), error.code);
          }
        }
      },
    ),
    { numRuns: 5000 },
  );
});
