/** A session that keeps as many answers as it may: who asks on under it waits no longer than it said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ByteWriter, type QuorateError } from '../../src/base/index.ts';
import { Store } from '../../src/client/index.ts';
import {
  type Command,
  type CommandBody,
  decodeCommand,
  encodeCommand,
  initialLimits,
  RevisionedStore,
} from '../../src/mvcc/index.ts';
import type { Request } from '../../src/net/index.ts';
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
  // Numbers to which the session itself does not come.
  for (let request = 10_000; request < initialLimits.answersMax + 10_000; request += 1) {
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

/** A store that keeps few answers for each session. */
function smallState(answersMax: number): (body: CommandBody, session?: Command['session']) => Uint8Array {
  const state = new RevisionedStore(new MemoryOrderedStore());
  let commands = 0;
  const run = (body: CommandBody, session?: Command['session']): Uint8Array => {
    const writer = new ByteWriter(64);
    encodeCommand(writer, { session, fences: [], body });
    commands += 1;
    return state.apply(commands, writer.copy()).reply.slice();
  };
  run({ kind: 'configure', limits: { ...initialLimits, answersMax } });
  return run;
}

test('the oldest request, for which all answers behind it are kept, does not wait for ever for room', async () => {
  const cluster = new FakeCluster(1);
  const { clock, client } = cluster;
  const run = smallState(3);
  const full = smallState(1);
  full({ kind: 'session-open', ttlMs: 60_000 });
  full(put, { session: 2, request: 1, acknowledged: 0 });
  const refusal = full(put, { session: 2, request: 2, acknowledged: 0 });
  let puts = 0;
  cluster.node(0).answer = ({ body }) => {
    const command = decodeCommand(body);
    if (command.body.kind === 'put') puts += 1;
    // The first comes when there is no room, and those behind it when there is.
    return command.body.kind === 'put' && puts === 1 ? refusal : run(command.body, command.session);
  };
  const store = new Store({ client, clock });
  const session = await store.session({ ttl: '60s' });
  const settled = Promise.allSettled(
    Array.from({ length: 4 }, (_, place) => store.put(`k${place}`, 'v', { session, deadline: '1s' })),
  );
  const course = { isOver: false };
  const whenOver = settled.finally(() => {
    course.isOver = true;
  });
  while (!course.isOver) {
    for (let turns = 0; turns < 20; turns += 1) await turn();
    clock.advance(5);
  }
  assert.deepEqual(
    (await whenOver).map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'],
  );
  await session.close();
  await client.close();
});

test('a session asks for no more at once than its store keeps answers for, and the rest in their order', async () => {
  const cluster = new FakeCluster(1);
  const { clock, client } = cluster;
  const state = new RevisionedStore(new MemoryOrderedStore());
  let commands = 0;
  const held: Request[] = [];
  let holds = false;
  cluster.node(0).answer = (request) => {
    if (holds) {
      held.push(request);
      return 'nothing';
    }
    commands += 1;
    return state.apply(commands, request.body).reply.slice();
  };
  const store = new Store({ client, clock });
  const session = await store.session({ ttl: '60s' });
  holds = true;
  const leaving = new AbortController();
  const puts = Array.from({ length: 2_000 }, (_, place) =>
    store.put('k', String(place), { session, ...(place === 1_000 ? { signal: leaving.signal } : {}) }),
  );
  const settled = Promise.allSettled(puts);
  for (let turns = 0; turns < 20; turns += 1) await turn();
  assert.ok(held.length < initialLimits.answersMax, `${held.length} were sent`);
  leaving.abort(new Error('no patience'));
  holds = false;
  const answer = ({ id, body }: Request): void => {
    commands += 1;
    cluster.node(0).reply(cluster.node(0).last, id, state.apply(commands, body).reply.slice());
  };
  held.forEach(answer);
  const outcomes = await settled;
  assert.deepEqual(
    outcomes.flatMap(({ status }, place) => (status === 'rejected' ? [place] : [])),
    [1_000],
  );
  assert.equal((await store.get('k'))?.text, '1999');
  await session.close();
  await client.close();
});
