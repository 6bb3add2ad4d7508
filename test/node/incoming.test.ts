import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, isQuorateError } from '../../src/base/index.ts';
import { decodeReply, encodeHello, type Hello, helloRefused } from '../../src/net/index.ts';
import { ClientService } from '../../src/node/client-service.ts';
import { Incoming } from '../../src/node/incoming.ts';
import type { SnapshotIntake } from '../../src/node/snapshot-intake.ts';
import type { Waiter } from '../../src/node/waiter.ts';
import { emptyConfiguration, encodeMessage, type Message } from '../../src/raft/index.ts';
import { FakeConnection, framed } from '../net/fake-connection.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { RecordingLog } from '../net/recording-log.ts';

const peerHello: Hello = { purpose: 'peer', cluster: 'c', from: 2, to: 1 };
const clientHello: Hello = { purpose: 'client', cluster: '', from: 0, to: 0 };

interface Story {
  readonly incoming: Incoming;
  readonly connection: FakeConnection;
  readonly clock: ManualClock;
  readonly log: RecordingLog;
  readonly messages: Message[];
  readonly lostPeers: number[];
  readonly snapshotFrames: Uint8Array[];
  readonly served: Uint8Array[];
  /** Snapshot intakes that are open. */
  intakes: number;
  closed: number;
}

function story(): Story {
  const connection = new FakeConnection();
  const clock = new ManualClock();
  const log = new RecordingLog();
  const [messages, lostPeers, snapshotFrames, served]: [Message[], number[], Uint8Array[], Uint8Array[]] = [
    [],
    [],
    [],
    [],
  ];
  const serve = ({ body }: { readonly body: Uint8Array }, waiter: Waiter): void => {
    served.push(body);
    waiter.resolve(body);
  };
  const incoming = new Incoming(connection, {
    clock,
    log,
    checksum: undefined,
    admit: ({ cluster, purpose }) => {
      if (purpose !== 'client' && cluster !== 'c') throw helloRefused(`it belongs to cluster ${cluster}`);
    },
    onMessage: (message) => messages.push(message),
    onRefused: () => undefined,
    onPeerLost: (member) => lostPeers.push(member),
    clients: new ClientService({
      clock,
      log,
      checksum: undefined,
      serve,
      explain: (error) => error,
      watch: () => assert.fail('nobody watches'),
    }),
    intake: () => {
      told.intakes += 1;
      const intake = {
        frame: (payload: Uint8Array) => snapshotFrames.push(payload),
        close: () => {
          told.intakes -= 1;
          return Promise.resolve();
        },
      };
      return intake as unknown as SnapshotIntake;
    },
    onClosed: () => {
      told.closed += 1;
    },
  });
  const told: Story = {
    incoming,
    connection,
    clock,
    log,
    messages,
    lostPeers,
    snapshotFrames,
    served,
    intakes: 0,
    closed: 0,
  };
  return told;
}

function vote(from: number, term: number): Message {
  return { kind: 'vote-reply', group: 0, from, to: 1, term, preVote: false, granted: true };
}

/** A frame as a peer link writes it. */
function letters(...list: readonly Message[]): Uint8Array {
  const writer = new ByteWriter(64);
  for (const message of list) {
    const length = writer.skip(4);
    encodeMessage(writer, message);
    writer.patchU32(length, writer.length - length - 4);
  }
  return writer.copy();
}

async function expectRefused(told: Story): Promise<void> {
  await turn();
  assert.equal(told.connection.isDestroyed, true);
  assert.equal(told.log.count('connection refused'), 1);
  assert.equal(told.closed, 1);
  assert.equal(told.clock.timers, 0);
  assert.deepEqual(told.messages, []);
}

test("a member's messages go to the groups, in order, however the bytes are cut", async () => {
  const told = story();
  const sent = Array.from({ length: 50 }, (_, place) => vote(2, place + 1));
  const stream = framed(encodeHello(peerHello), letters(...sent.slice(0, 20)), letters(...sent.slice(20)));
  for (let at = 0; at < stream.length; at += 7) told.connection.receive(stream.subarray(at, at + 7));
  assert.deepEqual(told.messages, sent);
  assert.equal(told.clock.timers, 0, 'whoever has said hello has time');
  told.connection.lose();
  await turn();
  assert.deepEqual(told.lostPeers, [2]);
  assert.equal(told.closed, 1);
});

test('a connection that says no hello in time is cut, one that says it in time is not', async () => {
  const silent = story();
  silent.clock.advance(4_999);
  assert.equal(silent.connection.isDestroyed, false);
  silent.clock.advance(1);
  await expectRefused(silent);
  const late = story();
  late.clock.advance(4_999);
  late.connection.receiveFrames(encodeHello(clientHello));
  late.clock.advance(60_000);
  assert.equal(late.connection.isDestroyed, false);
});

test('garbage, a frame of 4 GiB and a hello of another protocol end the connection and nothing else', async () => {
  const openings: readonly Uint8Array[] = [
    new Uint8Array(64).fill(0xff),
    new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0),
    framed(new Uint8Array(200).fill(7)),
    // The header of a frame that is one byte too large for a hello.
    Uint8Array.of(1, 4, 0, 0, 0, 0, 0, 0),
  ];
  for (const opening of openings) {
    const told = story();
    told.connection.receive(opening);
    await expectRefused(told);
    told.connection.receive(opening);
  }
});

test('garbage behind a good hello ends the connection too', async () => {
  const tails: readonly Uint8Array[] = [
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0),
    framed(Uint8Array.of(9, 200, 9)),
    framed(Uint8Array.of(255, 255, 255, 255, 1)),
  ];
  for (const hello of [peerHello, clientHello]) {
    for (const tail of tails) {
      const told = story();
      told.connection.receive(Uint8Array.of(...framed(encodeHello(hello)), ...tail));
      await turn();
      assert.equal(told.connection.isDestroyed, true);
      assert.equal(told.log.count('connection refused'), 1);
      assert.equal(told.closed, 1);
    }
  }
});

test("a message that claims another sender than the link's member is refused with all behind it", async () => {
  const told = story();
  told.connection.receiveFrames(encodeHello(peerHello), letters(vote(2, 1), vote(3, 2), vote(2, 3)));
  await turn();
  assert.deepEqual(told.messages, [vote(2, 1)]);
  assert.equal(told.connection.isDestroyed, true);
  assert.match(String(told.log.told[0]?.fields['cause']), /a message from 3 on the link of 2/);
});

test('a snapshot to install is refused on a link that brings no bytes of it', async () => {
  const told = story();
  const mark = { index: 9, term: 1, configuration: emptyConfiguration };
  const install: Message = { kind: 'install-snapshot', group: 0, from: 2, to: 1, term: 1, mark };
  told.connection.receiveFrames(encodeHello(peerHello), letters(install, vote(2, 1)));
  await turn();
  assert.deepEqual(told.messages, []);
  assert.equal(told.connection.isDestroyed, true);
  assert.equal(told.log.count('connection refused'), 1);
});

test('a stranger of another cluster hears why it is refused, and is gone after a while', async () => {
  const told = story();
  told.connection.receiveFrames(encodeHello({ ...peerHello, cluster: 'other' }), letters(vote(2, 1)));
  told.connection.receive(new Uint8Array(100).fill(0xff));
  const reply = decodeReply(told.connection.sent[0] as Uint8Array);
  assert.ok(reply.id === 0 && !reply.ok && isQuorateError(reply.error));
  assert.equal(reply.error.code, 'hello-refused');
  assert.match(reply.error.message, /it belongs to cluster other; check the address and the version/);
  assert.equal(told.connection.isEnded, true);
  assert.equal(told.connection.isDestroyed, false, 'a reset could overtake the answer');
  told.clock.advance(5_000);
  await turn();
  assert.equal(told.connection.isDestroyed, true);
  assert.equal(told.clock.timers, 0);
  assert.equal(told.log.count('hello refused'), 1);
  assert.deepEqual([told.messages, told.lostPeers, told.closed], [[], [], 1]);
});

test('a visitor of another version hears why too', () => {
  const told = story();
  const newer = encodeHello(clientHello);
  newer[4] = 9;
  newer[6] = 9;
  told.connection.receiveFrames(newer);
  const reply = decodeReply(told.connection.sent[0] as Uint8Array);
  assert.ok(!reply.ok);
  assert.match(
    reply.error.message,
    /it speaks protocols 9 to 9, and this node 1 to 1: this node has the older release/,
  );
});

test("a snapshot's frames go to its intake, small ones only, and the intake goes with the connection", async () => {
  const told = story();
  told.connection.receiveFrames(encodeHello({ ...peerHello, purpose: 'snapshot' }), new Uint8Array(300_000));
  assert.deepEqual(
    told.snapshotFrames.map(({ length }) => length),
    [300_000],
  );
  assert.equal(told.intakes, 1);
  told.connection.receive(Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0));
  await turn();
  assert.equal(told.intakes, 0);
  assert.equal(told.connection.isDestroyed, true);
});

test('a connection that closes gives everything back at once, in every state', async () => {
  const states: readonly ((told: Story) => void)[] = [
    () => undefined,
    (told) => told.connection.receiveFrames(encodeHello(peerHello)),
    (told) => told.connection.receiveFrames(encodeHello(clientHello)),
    (told) => told.connection.receiveFrames(encodeHello({ ...peerHello, purpose: 'snapshot' })),
    (told) => told.connection.receiveFrames(encodeHello({ ...peerHello, cluster: 'other' })),
  ];
  for (const reach of states) {
    const told = story();
    reach(told);
    told.incoming.close();
    assert.deepEqual([told.closed, told.clock.timers, told.intakes], [1, 0, 0]);
    told.incoming.close();
    await turn();
    assert.equal(told.closed, 1);
    assert.equal(told.connection.isDestroyed, true);
  }
});

test('a peer that ends its side is gone', async () => {
  const told = story();
  told.connection.receiveFrames(encodeHello(peerHello));
  told.connection.peerEnds();
  await turn();
  assert.deepEqual([told.closed, told.lostPeers], [1, [2]]);
});

test('a client is served and answered', async () => {
  const told = story();
  const writer = new ByteWriter(16);
  writer.varint(5);
  writer.u8(0);
  writer.varint(0);
  writer.u8(77);
  told.connection.receiveFrames(encodeHello(clientHello), writer.copy());
  await turn();
  await turn();
  assert.deepEqual(told.served, [Uint8Array.of(77)]);
  assert.deepEqual(decodeReply(told.connection.sent[0] as Uint8Array), {
    id: 5,
    ok: true,
    body: Uint8Array.of(77),
  });
});
