/** Requests and answers of etcd, byte by byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeRangeAnswer,
  decodeTransactionAnswer,
  decodeWatchAnswer,
} from '../../../src/engines/etcd/answers.ts';
import { ProtoReader, protoMessage } from '../../../src/engines/etcd/protocol-buffers.ts';
import {
  encodeGrant,
  encodeLease,
  encodeRange,
  encodeTransaction,
  encodeWatch,
  encodeWatchCancel,
} from '../../../src/engines/etcd/requests.ts';
import { writeHeader, writeItem } from './decoders.ts';

const key = Uint8Array.of(0x6b);
const value = Uint8Array.of(0x76);

// By the field numbers of etcd's published rpc.proto.
const requests: Readonly<Record<string, readonly [bytes: Uint8Array, hex: string]>> = {
  'a read of one key': [encodeRange({ key }), '0a016b'],
  'a listing of keys before a revision, newest first': [
    encodeRange({
      key,
      end: Uint8Array.of(0x6c),
      limit: 1,
      order: 'descending',
      keysOnly: true,
      createdMost: 300,
    }),
    '0a016b12016c180128023002400168ac02',
  ],
  'a lease of 10 s with 53 bits': [encodeGrant(Number.MAX_SAFE_INTEGER, 10), '080a10ffffffffffffff0f'],
  'a lease to be renewed': [encodeLease(300), '08ac02'],
  'a transaction that puts what is absent and else reads it': [
    encodeTransaction({
      compares: [{ key, created: 0 }],
      success: [{ put: { key, value, lease: 5 } }],
      failure: [{ range: { key } }],
    }),
    '0a071a016b10012800120a12080a016b12017618051a050a030a016b',
  ],
  'a comparison with what is present, and one with a change': [
    encodeTransaction({
      compares: [
        { key, createdAfter: 0 },
        { key, modified: 7 },
      ],
      success: [{ delete: key }],
      failure: [],
    }),
    '0a091a016b1001080128000a071a016b1002300712051a030a016b',
  ],
  'a watch': [encodeWatch({ id: 3, key, start: 9 }), '0a0b0a016b1809200138034001'],
  'the end of a watch': [encodeWatchCancel(3), '12020803'],
};

for (const [name, [bytes, hex]] of Object.entries(requests))
  test(`${name} is written as etcd reads it`, () => {
    assert.equal(Buffer.from(bytes).toString('hex'), hex);
  });

test('an answer is read with its items, and what is not known is passed over', () => {
  const bytes = protoMessage((writer) => {
    writer.message(1, writeHeader);
    writer.text(99, 'of a later version');
    writer.message(2, writeItem);
    writer.number(4, 5);
  });
  const { header, items, count } = decodeRangeAnswer(bytes);
  assert.deepEqual([header, count], [{ cluster: '4d', revision: 4_711 }, 5]);
  const expected = { key: 'quorate/locks/lock-abc', created: 41, modified: 42, lease: '1fffffffffffff' };
  assert.deepEqual(items, [{ ...expected, value: Uint8Array.of(1, 2, 3) }]);
});

test('a value that was read does not change with the bytes that it came in', () => {
  const bytes = Buffer.from(protoMessage((writer) => writer.message(2, writeItem)));
  const { items } = decodeRangeAnswer(bytes);
  bytes.fill(0xff);
  assert.deepEqual(items[0]?.value, Uint8Array.of(1, 2, 3));
});

test('a cluster is told by all 64 bits of its id', () => {
  const reader = new ProtoReader(
    Uint8Array.of(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
  );
  assert.equal(reader.next(), 1);
  assert.equal(reader.hexadecimal(), 'ffffffffffffffff');
});

test('the id of a watch that was refused unseen is -1', () => {
  const minusOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  const { id, isCanceled } = decodeWatchAnswer(Uint8Array.of(0x10, ...minusOne, 0x20, 0x01));
  assert.deepEqual([id, isCanceled], [-1, true]);
});

test('the answers within a transaction come in its order', () => {
  const bytes = protoMessage((writer) => {
    writer.message(1, writeHeader);
    writer.flag(2, true);
    writer.message(3, (operation) => operation.message(2, () => undefined));
    writer.message(3, (operation) => operation.message(3, (deletion) => deletion.number(2, 1)));
    writer.message(3, (operation) => operation.message(1, (range) => range.number(4, 9)));
  });
  const { succeeded, operations } = decodeTransactionAnswer(bytes);
  const told = operations.map(({ range, deleted }) => [range?.count, deleted]);
  assert.deepEqual(
    [succeeded, told],
    [
      true,
      [
        [undefined, 0],
        [undefined, 1],
        [9, 0],
      ],
    ],
  );
});

test('a number that a program cannot count is refused, and not rounded', () => {
  const reader = new ProtoReader(Uint8Array.of(0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10));
  reader.next();
  assert.throws(() => reader.number(), { code: 'malformed-bytes' });
});
