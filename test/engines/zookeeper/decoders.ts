/** The decoders of the ZooKeeper engine for the fuzzer. */
import { parseZookeeperUrl } from '../../../src/engines/zookeeper/address.ts';
import {
  childrenRequest,
  dataRequest,
  decodeConnectReply,
  decodeNodeState,
  decodeNotification,
  decodeReplyHeader,
  JuteFrameReader,
  JuteReader,
  type JuteWriter,
  transactionRequest,
} from '../../../src/engines/zookeeper/wire/index.ts';
import { byteRefusals, type Decoder } from '../../fuzz/decoder.ts';
import { body, granted, replyBytes, stateBytes } from './server-bytes.ts';

const session = 'ff00000000000001';
const state = { czxid: 5, mzxid: 7, version: 2, owner: session, childrenCount: 0 };
const header = { xid: 4, zxid: 9, error: 0 };

function children(writer: JuteWriter): void {
  writer.int(2);
  for (const name of ['a', 'Grüße']) writer.text(name);
  stateBytes(writer, state);
}

function data(writer: JuteWriter): void {
  writer.buffer(Uint8Array.of(1, 2, 3));
  stateBytes(writer, state);
}

/** A node that was made, one that was changed, and the end; then one that failed. */
function results(writer: JuteWriter, isFailed: boolean): void {
  const head = (kind: number, isLast = false): void => {
    writer.int(kind);
    writer.flag(isLast);
    writer.int(-1);
  };
  if (isFailed) {
    head(-1);
    writer.int(-103);
  } else {
    head(1);
    writer.text('/a');
    head(5);
    stateBytes(writer, state);
    head(2);
  }
  head(-1, true);
}

const frames: Uint8Array[] = [
  granted({ session, timeoutMs: 4_000 }),
  replyBytes(header, data),
  replyBytes(header, children),
];

function reading(what: string, read: (reader: JuteReader) => unknown): (bytes: Uint8Array) => unknown {
  return (bytes) => read(new JuteReader(bytes, what));
}

export const zookeeperDecoders: readonly Decoder[] = [
  {
    name: 'engines/zookeeper/wire/records.ts decodeConnectReply',
    valid: () => [granted({ session, timeoutMs: 4_000 }).subarray(4)],
    decode: decodeConnectReply,
    refusals: byteRefusals,
  },
  {
    name: 'engines/zookeeper/wire/records.ts decodeReplyHeader',
    also: [
      'engines/zookeeper/wire/records.ts decodeNodeState',
      'engines/zookeeper/wire/records.ts decodeNotification',
    ],
    valid: () => [
      replyBytes(header, (writer) => {
        stateBytes(writer, state);
        writer.int(1);
        writer.int(3);
        writer.text('/a/b');
      }).subarray(4),
    ],
    decode: reading('a reply', (reader) => [
      decodeReplyHeader(reader),
      decodeNodeState(reader),
      decodeNotification(reader),
    ]),
    refusals: byteRefusals,
  },
  {
    name: 'items of ZooKeeper',
    valid: () => [body(data)],
    decode: reading('an answer', dataRequest('/a').read),
    refusals: byteRefusals,
  },
  {
    name: 'names of ZooKeeper',
    valid: () => [body(children)],
    decode: reading('an answer', childrenRequest('/a').read),
    refusals: byteRefusals,
  },
  {
    name: 'transactions of ZooKeeper',
    valid: () => [body((writer) => results(writer, false)), body((writer) => results(writer, true))],
    decode: reading('an answer', transactionRequest([]).read),
    refusals: byteRefusals,
  },
  {
    name: 'frames of ZooKeeper',
    valid: () => [Buffer.concat(frames)],
    decode: (bytes) => {
      const reader = new JuteFrameReader({
        frameBytesMax: 1 << 20,
        claimBytesMax: () => 1 << 30,
        frame: () => undefined,
        tooLarge: () => undefined,
      });
      for (let at = 0; at < bytes.length; at += 7) reader.push(bytes.subarray(at, at + 7));
    },
    refusals: ['frame-refused'],
  },
  {
    name: 'engines/zookeeper/address.ts parseZookeeperUrl',
    valid: () => [new TextEncoder().encode('zookeeper://user:p%40ss@[::1]:2181,10.0.0.1/chroot')],
    decode: (bytes) => parseZookeeperUrl(new TextDecoder().decode(bytes)),
    refusals: ['invalid-option'],
  },
];
