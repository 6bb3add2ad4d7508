/** How long a call is waited for goes with its request, as remaining time, to nodes that understand it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../src/base/index.ts';
import { encodeNodeFeatures, encodeReply } from '../../src/net/index.ts';
import { turn } from '../net/manual-clock.ts';
import { FakeCluster, type FakeNode } from './fake-cluster.ts';

const body = Uint8Array.of(1);
const done = Uint8Array.of(9);

/** The node says what it understands, as one does that was asked in the hello. */
function tell(node: FakeNode, features: Uint8Array): void {
  const writer = new ByteWriter(16);
  encodeReply(writer, { id: 0, ok: true, body: features, isItem: true });
  node.last.receiveFrames(writer.copy());
}

test('a node that understands deadlines is told how much time is left, at every try anew', async () => {
  const cluster = new FakeCluster(1, { timeout: '5s' });
  const node = cluster.node(0);
  node.answer = () => done;
  await cluster.client.command(0, body);
  assert.equal(node.hellos[0]?.asksFeatures, true);
  tell(node, encodeNodeFeatures({ deadlines: true }));
  await cluster.client.command(0, body);
  await cluster.client.read(0, body, { timeoutMs: 700 });
  node.answer = () => 'nothing';
  const slow = cluster.client.read(0, body, { timeoutMs: 1_000 });
  await turn();
  await turn();
  cluster.clock.advance(400);
  node.last.lose();
  for (let turns = 0; turns < 20; turns += 1) await turn();
  cluster.clock.advance(10);
  for (let turns = 0; turns < 20; turns += 1) await turn();
  tell(node, encodeNodeFeatures({ deadlines: true }));
  assert.equal(node.connections.length, 2);
  assert.deepEqual(
    node.requests.map(({ remainingMs }) => remainingMs),
    [undefined, 5_000, 700, 1_000, undefined],
  );
  const end = assert.rejects(slow);
  cluster.clock.advance(1_000);
  await end;
});

test('a node of an older release is sent what it knows, and so is one that says that it understands nothing', async () => {
  for (const features of [undefined, encodeNodeFeatures({ deadlines: false })]) {
    const cluster = new FakeCluster(1);
    const node = cluster.node(0);
    node.answer = () => done;
    await cluster.client.command(0, body);
    if (features !== undefined) tell(node, features);
    await cluster.client.command(0, body);
    assert.deepEqual(
      node.requests.map(({ remainingMs }) => remainingMs),
      [undefined, undefined],
    );
    await cluster.client.close();
  }
});

test('what a later release understands beyond that is passed over', async () => {
  const cluster = new FakeCluster(1);
  const node = cluster.node(0);
  node.answer = () => done;
  await cluster.client.command(0, body);
  tell(node, Uint8Array.of(0x7f, 1, 2, 3));
  await cluster.client.command(0, body);
  assert.equal(node.requests.at(-1)?.remainingMs, 5_000);
  await cluster.client.close();
});
