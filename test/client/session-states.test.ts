/** What a session tells of itself while its cluster does not answer, and when it does again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ByteWriter } from '../../src/base/index.ts';
import { type SessionState, Store } from '../../src/client/index.ts';
import { decodeCommand, encodeCommand, RevisionedStore } from '../../src/mvcc/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { FakeCluster } from './fake-cluster.ts';

test('a session is suspended while its renewals hang, reconnected by an answer in time, and lost for good', async () => {
  const cluster = new FakeCluster(1);
  const { clock, client } = cluster;
  const state = new RevisionedStore(new MemoryOrderedStore());
  let commands = 0;
  let answers = true;
  cluster.node(0).answer = ({ kind, body }) => {
    if (kind !== 'command') return 'nothing';
    commands += 1;
    return answers ? state.apply(commands, body).reply.slice() : 'nothing';
  };
  const session = await new Store({ client, clock }).session({ ttl: '9s', renewalShare: 0.3 });
  const states: SessionState[] = [];
  session.subscribe((now) => states.push(now));
  const pass = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 50) {
      clock.advance(50);
      for (let turns = 0; turns < 10; turns += 1) await turn();
    }
  };
  await pass(3_000);
  assert.deepEqual([session.state, states], ['connected', []]);
  answers = false;
  await pass(5_400);
  assert.deepEqual([session.state, session.isLive], ['suspended', true]);
  answers = true;
  await pass(2_800);
  assert.deepEqual([session.state, session.isLive], ['reconnected', true]);
  answers = false;
  await pass(10_000);
  assert.deepEqual([session.state, session.isLive], ['lost', false]);
  assert.deepEqual(states, ['suspended', 'reconnected', 'suspended', 'lost']);
  await client.close();
});

test('a store that is closed behind its session waits until the farewell of that has been heard', async () => {
  const cluster = new FakeCluster(1);
  const { clock, client } = cluster;
  const node = cluster.node(0);
  const state = new RevisionedStore(new MemoryOrderedStore());
  let farewell: number | undefined;
  node.answer = ({ id, body }) => {
    if (decodeCommand(body).body.kind === 'session-open') return state.apply(1, body).reply.slice();
    farewell = id;
    return 'nothing';
  };
  const store = new Store({ client, clock });
  const session = await store.session({ ttl: '60s' });
  const closed = session.close();
  const course = { isOver: false };
  const over = store.close().then(() => {
    course.isOver = true;
  });
  for (let turns = 0; turns < 20; turns += 1) await turn();
  assert.equal(course.isOver, false, 'the connection is still needed');
  assert.ok(farewell !== undefined);
  node.reply(node.last, farewell, replyTo(state, session.id));
  await Promise.all([closed, over]);
  assert.equal(clock.timers, 0);
});

function replyTo(state: RevisionedStore, session: number): Uint8Array {
  const writer = new ByteWriter(16);
  encodeCommand(writer, { session: undefined, fences: [], body: { kind: 'session-close', session } });
  return state.apply(2, writer.copy()).reply.slice();
}
