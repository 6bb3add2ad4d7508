import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, isQuorateError } from '../../src/base/index.ts';
import { encodeHello } from '../../src/net/index.ts';
import { encodeOffer } from '../../src/node/snapshot-protocol.ts';
import type { Connection } from '../../src/ports/index.ts';
import { framed } from '../net/fake-connection.ts';
import { turn, until } from '../net/manual-clock.ts';
import { diskFailed, diskFull, type Operation } from '../storage/fault-disk.ts';
import { disk, readable, snapshotDirectory } from '../storage/snapshot-fixture.ts';
import { append, install } from './host-fixture.ts';
import { type KeeperStory, keeperStory, quiet, senderStory, snapshotMark } from './transfer-fixture.ts';

const bytes = 900_000;

/** Nothing is left of a transfer: no connection, no timer, no file but whole ones and kept parts. */
async function expectQuiet(to: KeeperStory): Promise<void> {
  await until(() => to.network.openEnds === 0, 'both ends are gone');
  await quiet(to.disk);
  await until(() => to.clock.timers === 0, 'no timer is left');
}

function whole(to: KeeperStory, index = 100): Promise<boolean> {
  return readable(to.files, 0, snapshotMark(index)).then(({ code }) => code === undefined);
}

test('26 · a snapshot travels, is durable under its name, and only then the core hears of it', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, bytes);
  assert.equal(await from.send(), 'delivered');
  assert.deepEqual(to.delivered, [install(100)]);
  assert.ok(await whole(to));
  assert.equal(to.story.host.status.commit, 100);
  assert.equal(from.clock.timers, 0);
  await expectQuiet(to);
});

test('a break in the middle costs what was under way; the next try goes on from there', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, bytes);
  to.network.breakAfterBytes = 600_000;
  assert.ok((await from.send()) instanceof Error);
  await expectQuiet(to);
  assert.deepEqual(to.delivered, []);
  const before = to.network.sentBytes;
  assert.ok(before > 300_000);
  to.network.breakAfterBytes = Number.POSITIVE_INFINITY;
  assert.equal(await from.send(), 'delivered');
  const again = to.network.sentBytes - before;
  assert.ok(again < bytes - 200_000, `${again} bytes were sent the second time`);
  assert.ok(await whole(to));
});

test('a slow disk stops the sender: what waits for it stays in the network', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, 4_000_000);
  let [writes, rests, most] = [0, 0, 0];
  to.disk.fail = (operation) => {
    const far = to.network.pairs[0]?.far;
    if (operation !== 'write' || far === undefined) return;
    writes += 1;
    if (far.isPaused) rests += 1;
    most = Math.max(most, far.waitingBytes);
  };
  assert.equal(await from.send(), 'delivered');
  assert.ok(writes > 10);
  assert.equal(rests, writes, 'while a write is under way nothing more is read');
  assert.ok(most < 1_200_000, `${most} bytes waited`);
});

test('a receiver that holds as much already says so, and no byte is sent', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const entries = Array.from({ length: 120 }, () => 'x');
  to.story.host.step({ kind: 'receive', message: append(0, entries, 120) });
  to.story.settle();
  const from = await senderStory(to, bytes);
  assert.equal(await from.send(), 'delivered');
  assert.ok(to.network.sentBytes < 1_000);
  assert.equal(to.story.host.status.commit, 120);
  assert.deepEqual(to.disk.paths(), []);
  assert.deepEqual(to.delivered, [install(100)], 'the core answers with what it holds');
});

test('a sender of an old term is refused, and hears of the new one', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  to.story.host.step({ kind: 'receive', message: { ...append(0, [], 0), term: 5 } });
  to.story.settle();
  const from = await senderStory(to, bytes);
  assert.ok((await from.send()) instanceof Error);
  to.story.settle();
  const answers = to.story.asked.flatMap((one) => (one.kind === 'send' ? [one.message] : []));
  assert.ok(answers.some(({ kind, term }) => kind === 'heartbeat-reply' && term === 5));
  assert.deepEqual(to.disk.paths(), []);
});

test('27 · damage on the way or on the sending disk is found, and does not stand in the way of the next try', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, bytes);
  const path = `${snapshotDirectory}/0-100-1.snapshot`;
  from.disk.flipBit(path, 400_000);
  assert.equal(await from.send(), 'damaged', 'the sender hears that it should look at its disk');
  await expectQuiet(to);
  assert.deepEqual([to.delivered, to.disk.paths()], [[], []]);
  assert.equal(to.log.count('snapshot refused'), 1);
  from.disk.flipBit(path, 400_000);
  assert.equal(await from.send(), 'delivered');
  assert.ok(await whole(to));
});

test('a disk that fails once at any step of receiving does not stand in the way of the next try', async () => {
  for (const failing of ['open', 'write', 'read', 'sync', 'rename'] satisfies Operation[]) {
    const to = await keeperStory(disk(), [1, 2]);
    const from = await senderStory(to, bytes);
    let failures = 1;
    to.disk.fail = (operation, path) => {
      if (operation !== failing || failures === 0) return;
      failures -= 1;
      throw diskFailed(operation, path);
    };
    assert.ok((await from.send()) instanceof Error, failing);
    await expectQuiet(to);
    assert.deepEqual(to.delivered, [], failing);
    assert.equal(await from.send(), 'delivered', failing);
    assert.ok(await whole(to), failing);
  }
});

test('what fills the disk is given back to the log', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, bytes);
  let writes = 0;
  to.disk.fail = (operation, path) => {
    if (operation !== 'write') return;
    writes += 1;
    if (writes > 2) throw diskFull(path);
  };
  assert.ok((await from.send()) instanceof Error);
  to.disk.fail = () => undefined;
  await expectQuiet(to);
  assert.deepEqual(to.disk.paths(), []);
});

test('a sender that falls silent is given up, and another leader can send', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, bytes);
  const silent = await to.network.connect({ address: { host: 'pair', port: 1 } });
  let isClosed = false;
  silent.start({
    received: () => undefined,
    drained: () => undefined,
    ended: () => undefined,
    closed: () => {
      isClosed = true;
    },
  });
  silent.write(framed(encodeHello({ purpose: 'snapshot', cluster: 'c', from: 2, to: 1 })));
  await turn();
  await turn();
  to.clock.advance(9_999);
  await turn();
  assert.equal(isClosed, false);
  to.clock.advance(1);
  await until(() => isClosed, 'the end of the silent sender');
  assert.equal(await from.send(), 'delivered');
});

test('of two senders the later one is heard: the earlier may be dead and not know it', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, bytes, [100, 200]);
  const first = from.send(100);
  await until(() => to.disk.paths().length > 0, 'the first has begun');
  const second = from.send(200);
  assert.ok((await first) instanceof Error);
  assert.equal(await second, 'delivered');
  assert.deepEqual(to.delivered, [install(200)]);
  assert.ok(await whole(to, 200));
  await expectQuiet(to);
});

test('the same snapshot from two connections at once is received once, and both files end well', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, bytes);
  const outcomes = await Promise.all([from.send(), from.send(), from.send()]);
  assert.ok(outcomes.includes('delivered'));
  assert.ok(await whole(to));
  await expectQuiet(to);
  assert.equal(to.disk.paths().length, 1);
  assert.deepEqual(new Set(to.delivered.map(({ kind }) => kind)), new Set(['install-snapshot']));
});

test('a receiver that does not answer is given up, and nothing of the sender is left', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, bytes);
  to.disk.fail = () => assert.fail('the disk hangs');
  const accepted: Connection[] = [];
  const connect = to.network.connect.bind(to.network);
  to.network.connect = async (options) => {
    const connection = await connect(options);
    to.network.pairs.at(-1)?.far.pause();
    accepted.push(connection);
    return connection;
  };
  const sending = from.send();
  await until(() => accepted.length > 0 && from.clock.timers > 0, 'the offer is made');
  await turn();
  from.clock.advance(10_000);
  assert.ok((await sending) instanceof Error);
  assert.equal(from.clock.timers, 0);
  await until(() => to.network.openEnds === 0, 'the connection is gone');
});

test('a receiver that cannot be reached is given up in time', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, bytes);
  to.network.connect = ({ signal }) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    });
  const sending = from.send();
  await until(() => from.clock.timers > 0, 'the attempt');
  from.clock.advance(10_000);
  const error = await sending;
  assert.ok(isQuorateError(error) && error.code === 'network-failed');
  assert.equal(from.clock.timers, 0);
});

test('a sending node that is closed in the middle leaves nothing', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, bytes);
  const sending = from.send();
  await until(() => to.network.sentBytes > 300_000, 'the middle');
  from.abort.abort(new Error('the node was closed'));
  assert.ok((await sending) instanceof Error);
  assert.equal(from.clock.timers, 0);
  await expectQuiet(to);
  assert.ok((await from.send()) instanceof Error, 'and it begins nothing more');
});

test('a receiving node that is closed in the middle touches no file afterwards', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, 3_000_000);
  const sending = from.send();
  await until(() => to.network.sentBytes > 1_000_000, 'the middle');
  await to.keeper.close();
  const { operations } = to.disk;
  for (const { far } of to.network.pairs) far.destroy();
  assert.ok((await sending) instanceof Error);
  for (let turns = 0; turns < 50; turns += 1) await turn();
  assert.equal(to.disk.operations, operations);
  assert.deepEqual(to.delivered, []);
});

test('an offer that says one thing and comes from another, or from nowhere, is refused before it costs a file', async () => {
  const message = install(100);
  assert.ok(message.kind === 'install-snapshot');
  const lies = [
    { ...message, from: 3 },
    { ...message, to: 3 },
    { ...message, group: 7 },
  ];
  for (const lie of lies) {
    const to = await keeperStory(disk(), [1, 2]);
    const from = await senderStory(to, bytes);
    assert.ok((await from.send(100, { message: lie })) instanceof Error);
    await expectQuiet(to);
    assert.deepEqual([to.delivered, to.disk.paths()], [[], []]);
    assert.equal(to.log.count('snapshot refused'), 1);
  }
});

test('garbage on the connection of a snapshot ends that connection and nothing else', async () => {
  const to = await keeperStory(disk(), [1, 2]);
  const from = await senderStory(to, bytes);
  const hello = encodeHello({ purpose: 'snapshot', cluster: 'c', from: 2, to: 1 });
  const offer = encodeOffer({ message: install(100) as never, bytes: 40, check: 1 });
  const writer = new ByteWriter(16);
  writer.block(new Uint8Array(3));
  const floods: readonly Uint8Array[][] = [
    [new Uint8Array(20).fill(0xff)],
    [framed(hello, writer.copy())],
    [framed(hello, offer, new Uint8Array(41))],
    [framed(hello, offer, ...Array.from({ length: 2_000 }, () => Uint8Array.of(1)))],
    [framed(hello, offer, new Uint8Array(40))],
  ];
  for (const pieces of floods) {
    const connection = await to.network.connect({ address: { host: 'pair', port: 1 } });
    connection.start({
      received: () => undefined,
      drained: () => undefined,
      ended: () => undefined,
      closed: () => undefined,
    });
    for (const piece of pieces) connection.write(piece);
    await quiet(to.disk);
    // One that sent a snapshot that is none is told so, and has some time to go by itself.
    to.clock.advance(10_000);
    await until(() => to.network.openEnds === 0, 'the end of the connection');
  }
  await expectQuiet(to);
  assert.deepEqual(to.delivered, []);
  assert.equal(await from.send(), 'delivered');
});
