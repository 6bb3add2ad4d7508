import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, isQuorateError } from '../../src/base/index.ts';
import { connect } from '../../src/client/index.ts';
import {
  decodeReply,
  encodeHello,
  encodeRequest,
  FrameReader,
  framePayloadBytesMax,
  type Hello,
  type Reply,
} from '../../src/net/index.ts';
import { type NodeOptions, StoreMachine } from '../../src/node/index.ts';
import type { Connection, Network } from '../../src/ports/index.ts';
import { realCryptography } from '../../src/ports/real/index.ts';
import {
  emptyConfiguration,
  encodeConfiguration,
  encodeMessage,
  type Message,
  noEntry,
} from '../../src/raft/index.ts';
import { FakeConnection, framed } from '../net/fake-connection.ts';
import { turn } from '../net/manual-clock.ts';
import { failsWith } from '../ports/expectations.ts';
import { RecordingEnd } from '../ports/recording-end.ts';
import { bytes, TestCluster, text } from './test-cluster.ts';

async function alone(options: Partial<NodeOptions> = {}): Promise<TestCluster> {
  const cluster = await TestCluster.make([7], options);
  await cluster.begin();
  await cluster.until(() => cluster.leader === 7);
  return cluster;
}

function knock(cluster: TestCluster): Promise<Connection> {
  const address = cluster.addresses.get(7);
  assert.ok(address !== undefined);
  return cluster.machine(99).network.connect({ address });
}

function request(
  id: number,
  body: Uint8Array,
  kind: 'command' | 'stale-read' = 'stale-read',
  group = 0,
): Uint8Array {
  const writer = new ByteWriter(64);
  encodeRequest(writer, { id, kind, group, body });
  return writer.copy();
}

function replies(end: RecordingEnd): Reply[] {
  const seen: Reply[] = [];
  const reader = new FrameReader({ payloadBytesMax: () => framePayloadBytesMax });
  reader.push(end.received(), (payload) => seen.push(decodeReply(payload)));
  return seen;
}

const clientHello = encodeHello({ purpose: 'client', cluster: '', from: 0, to: 0 });

test('whatever comes to the port, other clients do not notice', async () => {
  await using cluster = await alone();
  await using client = cluster.client();
  const rubbish: readonly Uint8Array[] = [
    new Uint8Array(100_000).fill(0xff),
    bytes('GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4),
    framed(clientHello, new Uint8Array(50).fill(0xff)),
    Uint8Array.of(...framed(clientHello), 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0),
  ];
  const ends = await Promise.all(
    rubbish.map(async (piece) => {
      const end = new RecordingEnd(await knock(cluster));
      end.connection.write(piece);
      return end;
    }),
  );
  const answers = Array.from({ length: 50 }, (_, place) => client.command(0, bytes(`value ${place}`)));
  assert.deepEqual(
    (await Promise.all(answers)).map(text),
    answers.map((_, place) => String(place + 1)),
  );
  await Promise.all(ends.map((end) => end.closed()));
  assert.equal(cluster.logs.get(7)?.count('connection refused'), rubbish.length);
  assert.equal(cluster.nodes.get(7)?.status().refusedConnections, rubbish.length);
  assert.deepEqual(cluster.failures, []);
});

test('members of another cluster, or meant for another member, hear why they are turned away', async () => {
  await using cluster = await alone();
  const wrongs: readonly (readonly [Hello, RegExp])[] = [
    [
      { purpose: 'peer', cluster: 'other', from: 1, to: 7 },
      /belongs to cluster other, and this node to test/,
    ],
    [{ purpose: 'snapshot', cluster: 'other', from: 1, to: 7 }, /belongs to cluster other/],
    [{ purpose: 'client', cluster: 'other', from: 0, to: 0 }, /belongs to cluster other/],
    [{ purpose: 'messages', cluster: '', from: 0, to: 0 }, /a node of a cluster has none to offer/],
    [{ purpose: 'peer', cluster: 'test', from: 1, to: 8 }, /was meant for member 8, and this is 7/],
    [{ purpose: 'peer', cluster: 'test', from: 7, to: 7 }, /comes from member 7, which is nobody else/],
    [{ purpose: 'peer', cluster: 'test', from: 0, to: 7 }, /comes from member 0, which is nobody else/],
  ];
  for (const [hello, reason] of wrongs) {
    const end = new RecordingEnd(await knock(cluster));
    // Whoever was let in would be cut for the rubbish behind, without a word.
    end.connection.write(framed(encodeHello(hello), new Uint8Array(50).fill(0xff)));
    await end.until(() => end.endedCount + end.closedCount > 0);
    const [reply] = replies(end);
    assert.ok(reply?.id === 0 && !reply.ok);
    assert.match(reply.error.message, reason);
    end.connection.end();
    await end.closed();
  }
  assert.equal(cluster.status(7).term, 1, 'none of them was heard');
  assert.equal(cluster.nodes.get(7)?.status().refusedConnections, wrongs.length);
});

const fromFive = { group: 0, from: 5, to: 7 } as const;
const heartbeat = { kind: 'heartbeat', commit: 0, round: 1, lease: false } as const;

/** Each as it lies in a frame of messages. */
function lettersOf(...messages: readonly Message[]): Uint8Array {
  const writer = new ByteWriter(256);
  for (const message of messages) {
    const length = writer.skip(4);
    encodeMessage(writer, message);
    writer.patchU32(length, writer.length - length - 4);
  }
  return writer.copy();
}

test('a message that no member can have sent is refused with a code, changes nothing and is counted', async () => {
  await using cluster = await alone();
  await cluster.nodes.get(7)?.propose(0, bytes('before'));
  const data = encodeConfiguration(emptyConfiguration);
  const refused: readonly Message[] = [
    { ...heartbeat, ...fromFive, term: 2 ** 50 },
    { kind: 'append-accepted', ...fromFive, term: 1, match: 1, damaged: false },
    { ...heartbeat, ...fromFive, term: 1 },
    {
      kind: 'append',
      ...fromFive,
      term: 9,
      previous: noEntry,
      entries: [{ index: 1, term: 9, kind: 'configuration', data }],
      commit: 1,
      lease: false,
    },
  ];
  const { refusedMessages: none, ...before } = cluster.status(7);
  const end = new RecordingEnd(await knock(cluster));
  end.connection.write(framed(encodeHello({ purpose: 'peer', cluster: 'test', from: 5, to: 7 })));
  end.connection.write(framed(lettersOf(...refused)));
  // What is no message at all ends the connection: a kind of a release to come, and a term beyond every number.
  end.connection.write(framed(Uint8Array.of(3, 0, 0, 0, 99, 0, 5)));
  await end.closed();
  const { refusedMessages, ...after } = cluster.status(7);
  assert.deepEqual([none, refusedMessages], [0, refused.length]);
  assert.deepEqual(after, before);
  assert.deepEqual(
    codesOf(cluster, 'message refused'),
    refused.map(() => 'message-refused'),
  );

  const future = new RecordingEnd(await knock(cluster));
  future.connection.write(framed(encodeHello({ purpose: 'peer', cluster: 'test', from: 5, to: 7 })));
  const beyond = Array.from({ length: 7 }, () => 0xff);
  future.connection.write(framed(Uint8Array.of(12, 0, 0, 0, 6, 0, 5, 7, ...beyond, 0x7f)));
  await future.closed();
  assert.deepEqual(codesOf(cluster, 'connection refused'), ['malformed-bytes', 'malformed-bytes']);
  assert.equal(cluster.nodes.get(7)?.status().refusedConnections, 2);
  assert.deepEqual({ ...cluster.status(7), refusedMessages: 0 }, { ...before, refusedMessages: 0 });
  assert.deepEqual(cluster.failures, []);
});

/** The codes of the errors that came with an event in the log of the node. */
function codesOf(cluster: TestCluster, event: string): unknown[] {
  const told = cluster.logs.get(7)?.told.filter((line) => line.event === event) ?? [];
  return told.map(({ fields }) => {
    const error = fields?.['error'] ?? fields?.['cause'];
    return isQuorateError(error) ? error.code : error;
  });
}

test('a question to a group that is not here, or about nothing, costs its client nothing but that question', async () => {
  await using cluster = await alone();
  const end = new RecordingEnd(await knock(cluster));
  end.connection.write(
    framed(
      clientHello,
      request(1, bytes(''), 'stale-read', 9),
      request(2, bytes('x'), 'command', 9),
      request(3, bytes('')),
    ),
  );
  await end.until(() => replies(end).length === 3);
  const seen = replies(end).sort((left, right) => left.id - right.id);
  assert.deepEqual(
    seen.map((reply) => (reply.ok ? 'ok' : reply.error.code)),
    ['unknown-group', 'unknown-group', 'ok'],
  );
  end.connection.destroy();
  await end.closed();
});

test('a node that has as many clients as it may turns the next away, with a reason, and takes one when one leaves', async () => {
  await using cluster = await alone({ clientsMax: 2 });
  const enter = async (): Promise<RecordingEnd> => {
    const end = new RecordingEnd(await knock(cluster));
    end.connection.write(framed(clientHello, request(1, bytes(''))));
    await end.until(() => replies(end).length > 0);
    return end;
  };
  const first = await enter();
  const second = await enter();
  const third = await enter();
  const [reply] = replies(third);
  assert.ok(reply?.id === 0 && !reply.ok && reply.error.code === 'queue-full');
  assert.ok(reply.error.retryable);
  third.connection.end();
  await third.closed();
  first.connection.end();
  await first.closed();
  const fourth = await enter();
  assert.ok(replies(fourth)[0]?.ok);
  for (const end of [second, fourth]) {
    end.connection.destroy();
    await end.closed();
  }
});

test('a crowd that says nothing is bounded, and those who speak get in once it thins', async () => {
  await using cluster = await TestCluster.make([7]);
  const machine = cluster.machine(7);
  let accept: (connection: Connection) => void = () => assert.fail('the node does not listen');
  const network: Network = {
    connect: () => Promise.reject(new Error('there is nobody else')),
    listen: ({ address }, accepted) => {
      accept = accepted;
      return Promise.resolve({ address, reloadTls: () => undefined, close: () => Promise.resolve() });
    },
  };
  await cluster.start(7, { create: true, machine: { ...machine, network } });
  const knockAgain = (): FakeConnection => {
    const connection = new FakeConnection();
    accept(connection);
    return connection;
  };
  const crowd = Array.from({ length: 1_024 }, knockAgain);
  assert.ok(crowd.every(({ isDestroyed }) => !isDestroyed));
  assert.ok(knockAgain().isDestroyed, 'one too many');
  crowd[0]?.receiveFrames(clientHello);
  const late = knockAgain();
  late.receiveFrames(encodeHello({ purpose: 'peer', cluster: 'test', from: 1, to: 7 }));
  assert.equal(late.isDestroyed, false);
  crowd[1]?.lose();
  await turn();
  for (const isLast of [false, false, true]) assert.equal(knockAgain().isDestroyed, isLast);
});

test('where users count, those who are nobody say little and are few; who logs in may say as much as anybody', async () => {
  const cryptography = realCryptography();
  await using cluster = await alone({ stateMachine: () => new StoreMachine(), cryptography });
  const address = cluster.addresses.get(7) as { host: string; port: number };
  const url = `quorate://${address.host}:${address.port}`;
  const early = new RecordingEnd(await knock(cluster));
  early.connection.write(framed(clientHello, request(1, new Uint8Array(300 << 10))));
  await early.until(() => replies(early).length > 0);
  const login = { user: 'root', password: 'the root of all' };
  await using anyone = await connect(url, { timeout: '20s' });
  await anyone.security.addUser(login.user, login.password);
  await anyone.security.grantRole('root', 'root');
  await anyone.security.enable();
  await using root = await connect(url, { ...login, timeout: '20s' });
  await root.put('a', 'x'.repeat(300 << 10));

  const loud = new RecordingEnd(await knock(cluster));
  loud.connection.write(framed(clientHello, request(1, new Uint8Array(300 << 10))));
  await loud.closed();
  assert.deepEqual(replies(loud), []);
  early.connection.write(framed(request(2, new Uint8Array(300 << 10))));
  await early.closed();

  const node = cluster.nodes.get(7);
  const clients = (): number => node?.metrics().clients ?? 0;
  const before = clients();
  const crowd: RecordingEnd[] = [];
  for (let count = 0; count < 1_030; count += 1) {
    const end = new RecordingEnd(await knock(cluster));
    end.connection.write(framed(clientHello));
    crowd.push(end);
  }
  for (const end of crowd.slice(0, 4)) await end.closed();
  assert.ok(clients() <= before + 1_024);
  assert.equal((await root.get('a'))?.text.length, 300 << 10);
  for (const end of crowd.slice(4)) end.connection.destroy();
});

test('a client that asks for much and reads nothing costs bounded memory, and nobody else waits for it', async () => {
  await using cluster = await alone();
  await using client = cluster.client();
  await client.command(0, new Uint8Array(200_000));
  const codes = new Map<string, number>();
  const reader = new FrameReader({ payloadBytesMax: () => framePayloadBytesMax });
  const end = new RecordingEnd(await knock(cluster), (_, piece) => {
    reader.push(piece, (payload) => {
      const reply = decodeReply(payload);
      const code = reply.ok ? 'ok' : reply.error.code;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    });
  });
  end.connection.pause();
  const count = 2_000;
  const questions = Array.from({ length: count }, (_, place) => request(place + 1, bytes('')));
  const before = process.memoryUsage().arrayBuffers;
  end.connection.write(framed(clientHello, ...questions));
  for (let round = 0; round < 20; round += 1) await client.read(0, bytes(''));
  const costBytes = process.memoryUsage().arrayBuffers - before;
  assert.ok(costBytes < 150 << 20, `400 MB of replies cost ${costBytes} bytes`);
  end.connection.resume();
  await end.until(() => (codes.get('ok') ?? 0) + (codes.get('queue-full') ?? 0) === count);
  assert.ok((codes.get('ok') ?? 0) > 50, 'what there was room for is answered');
  end.connection.destroy();
  await end.closed();
  await client.command(0, bytes('still here'));
});

test('a request that fits into no segment is refused before it travels', async () => {
  await using cluster = await alone();
  await using client = cluster.client();
  await failsWith('command-too-large', client.command(0, new Uint8Array(900_000)));
  await client.command(0, new Uint8Array(400_000));
});
