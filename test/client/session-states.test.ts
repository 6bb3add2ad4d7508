/** What a session tells of itself while its cluster does not answer, and when it does again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type SessionState, Store } from '../../src/client/index.ts';
import { RevisionedStore } from '../../src/mvcc/index.ts';
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
