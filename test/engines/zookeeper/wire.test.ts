/** ZooKeeper's records as bytes, held against what its documents say, and frames that come in pieces. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeConnectReply,
  decodeReplyHeader,
  encodeConnectRequest,
  JuteFrameReader,
  JuteReader,
  JuteWriter,
  nodeKinds,
  noSession,
  transactionRequest,
} from '../../../src/engines/zookeeper/wire/index.ts';
import { body, granted, replyBytes } from './server-bytes.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

test('a handshake has the bytes of the protocol, big end first', () => {
  const password = new Uint8Array(16);
  const bytes = encodeConnectRequest({
    lastZxid: 0x1_0000_0002,
    timeoutMs: 4_000,
    session: noSession,
    password,
  });
  const expected = [
    '0000002d',
    '00000000',
    '0000000100000002',
    '00000fa0',
    '0000000000000000',
    `00000010${'00'.repeat(16)}`,
    '00',
  ];
  assert.equal(hex(bytes), expected.join(''));
});

test('the answer to a handshake is read with and without the byte that older servers leave out', () => {
  const session = '8000000000000001';
  const whole = granted({ session, timeoutMs: 4_000, isReadOnly: true }).subarray(4);
  assert.deepEqual(decodeConnectReply(whole), {
    session,
    timeoutMs: 4_000,
    password: new Uint8Array(16).fill(7),
    isReadOnly: true,
  });
  assert.equal(decodeConnectReply(whole.subarray(0, -1)).isReadOnly, false);
});

test('numbers below 0 and names with their highest bit set come back as they are', () => {
  const bytes = body((writer) => {
    for (const number of [-1, -(2 ** 40), Number.MAX_SAFE_INTEGER]) writer.long(number);
    writer.id('ff00000000000fff');
    writer.int(-127);
  });
  const reader = new JuteReader(bytes, 'numbers');
  assert.deepEqual([reader.long(), reader.long(), reader.long()], [-1, -(2 ** 40), Number.MAX_SAFE_INTEGER]);
  assert.deepEqual([reader.id(), reader.int(), reader.remaining], ['ff00000000000fff', -127, 0]);
});

test('a record that outgrows its first buffer is written whole', () => {
  for (let length = 230; length < 270; length += 1) {
    const bytes = body((writer) => {
      writer.buffer(new Uint8Array(length).fill(1));
      writer.int(0x0102_0304);
      writer.flag(true);
      writer.long(5);
    });
    assert.equal(hex(bytes.subarray(4 + length)), '01020304010000000000000005');
  }
});

test('a transaction that failed names its first reason and not the steps that fell with it', () => {
  const bytes = body((writer) => {
    for (const error of [0, -101, -2]) {
      writer.int(-1);
      writer.flag(false);
      writer.int(error);
      writer.int(error);
    }
    writer.int(-1);
    writer.flag(true);
    writer.int(-1);
  });
  assert.deepEqual(transactionRequest([]).read(new JuteReader(bytes, 'it')), { failedAt: 1, error: -101 });
});

test('the steps of a transaction stand one behind the other, and an end', () => {
  const access = { scheme: 'world', id: 'anyone' };
  const writer = new JuteWriter();
  transactionRequest([
    { do: 'check', path: '/a', version: 3 },
    { do: 'create', node: { path: '/b', data: new Uint8Array(0), kind: nodeKinds.ephemeral, access } },
    { do: 'delete', path: '/c', version: -1 },
  ]).write(writer);
  const expected = [
    ...['0000000d00ffffffff', '00000002', '2f61', '00000003'],
    ...['0000000100ffffffff', '00000002', '2f62', '00000000', '000000010000001f'],
    ...['00000005', '776f726c64', '00000006', '616e796f6e65', '00000001'],
    ...['0000000200ffffffff', '00000002', '2f63', 'ffffffff'],
    'ffffffff01ffffffff',
  ];
  assert.equal(hex(writer.framed().subarray(4)), expected.join(''));
});

interface Cut {
  readonly frames: string[];
  readonly tooLarge: [xid: number, length: number][];
}

function cut(stream: Uint8Array, pieceBytes: number, frameBytesMax: number): Cut {
  const seen: Cut = { frames: [], tooLarge: [] };
  const reader = new JuteFrameReader({
    frameBytesMax,
    claimBytesMax: () => 1 << 20,
    frame: (bytes) => seen.frames.push(hex(bytes)),
    tooLarge: (head, length) =>
      seen.tooLarge.push([decodeReplyHeader(new JuteReader(head, 'it')).xid, length]),
  });
  for (let at = 0; at < stream.length; at += pieceBytes) reader.push(stream.subarray(at, at + pieceBytes));
  return seen;
}

test('frames come out whole wherever the stream is cut, and one that is too large passes by', () => {
  const header = { zxid: 1, error: 0 };
  const small = replyBytes({ xid: 1, ...header }, (writer) => writer.text('small'));
  const large = replyBytes({ xid: 2, ...header }, (writer) => writer.buffer(new Uint8Array(200_000)));
  const last = replyBytes({ xid: 3, ...header }, (writer) => writer.text('last'));
  const stream = Buffer.concat([small, large, last]);
  const expected = { frames: [small, last].map((frame) => hex(frame.subarray(4))) };
  for (const pieceBytes of [1, 3, 1_000, 70_000, stream.length])
    assert.deepEqual(cut(stream, pieceBytes, 100_000), { ...expected, tooLarge: [[2, large.length - 4]] });
  const whole = cut(stream, 65_536, 1 << 20);
  assert.deepEqual([whole.frames.length, whole.tooLarge], [3, []]);
});

for (const [name, length] of [
  ['no bytes', 0],
  ['less than none', -5],
  ['more than any server sends', 1 << 21],
] as const)
  test(`a frame that claims ${name} ends the stream`, () => {
    const header = Buffer.alloc(4);
    header.writeInt32BE(length);
    assert.throws(() => cut(header, 4, 1 << 20), { code: 'frame-refused' });
  });
