/** A session that keeps as many answers as it may: who asks on under it waits no longer than it said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ByteWriter, type QuorateError } from '../../src/base/index.ts';
import { Store } from '../../src/client/index.ts';
import { type CommandBody, encodeCommand, initialLimits, RevisionedStore } from '../../src/mvcc/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { FakeCluster } from './fake-cluster.ts';

const put: CommandBody = {
  kind: 'put',
  key: Uint8Array.of(1),
  value: Uint8Array.of(2),
  lease: 0,
  keepLease: false,
  wantPrevious: false,
};

test('a request that finds its session full is given up at its deadline, counted over all its tries', async () => {
  const cluster = new FakeCluster(1);
  const { clock, client } = cluster;
  const state = new RevisionedStore(new MemoryOrderedStore());
  let commands = 0;
  const apply = (command: Uint8Array): Uint8Array => {
    commands += 1;
    return state.apply(commands, command).reply.slice();
  };
  cluster.node(0).answer = ({ body }) => apply(body);
  const session = await new Store({ client, clock }).session({ ttl: '60s' });
  for (let request = 2; request < initialLimits.answersMax + 2; request += 1) {
    const writer = new ByteWriter(64);
    encodeCommand(writer, {
      session: { session: session.id, request, acknowledged: 0 },
      fences: [],
      body: put,
    });
    apply(writer.copy());
  }
  const beganMs = clock.now();
  const asked = commands;
  const refused: { readonly code: string; readonly atMs: number }[] = [];
  const call = session
    .call(put, { timeoutMs: 100 })
    .catch(({ code }: QuorateError) => refused.push({ code, atMs: clock.now() }));
  while (refused.length === 0 && clock.now() < beganMs + 1_000) {
    for (let turns = 0; turns < 20; turns += 1) await turn();
    clock.advance(5);
  }
  assert.deepEqual(
    refused.map(({ code }) => code),
    ['session-full'],
  );
  assert.ok(refused.every(({ atMs }) => atMs <= beganMs + 100));
  assert.ok(commands - asked > 1, 'it was tried again');
  await call;
  await session.close();
  await client.close();
});
