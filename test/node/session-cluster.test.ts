/** Sessions of clients on real nodes: requests that are carried out once, and a belief that ends before the grant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../src/base/index.ts';
import { type ClusterClient, StoreSession } from '../../src/client/index.ts';
import {
  type CommandBody,
  decodeReply,
  encodeCommand,
  type GetResult,
  type Put,
} from '../../src/mvcc/index.ts';
import { StoreMachine } from '../../src/node/index.ts';
import type { Clock } from '../../src/ports/index.ts';
import { realMachine } from '../../src/ports/real/index.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { bytes, TestCluster, text } from './test-cluster.ts';

function put(key: string, value: string, lease = 0): Put {
  return { kind: 'put', key: bytes(key), value: bytes(value), lease, keepLease: false, wantPrevious: true };
}

const all: CommandBody = {
  kind: 'get',
  range: { start: bytes('a'), end: bytes('z') },
  revision: 0,
  limit: 0,
  order: 'key',
  descending: false,
  content: 'entries',
};

async function entries(client: ClusterClient): Promise<string[]> {
  const writer = new ByteWriter(64);
  encodeCommand(writer, { session: undefined, fences: [], body: all });
  const { body } = decodeReply(await client.read(0, writer.copy()));
  return (body as GetResult).entries.map(
    ({ key, value, version }) => `${text(key)}=${text(value)} v${version}`,
  );
}

async function stores(members: readonly number[]): Promise<TestCluster> {
  const cluster = await TestCluster.make(members, { stateMachine: () => new StoreMachine() });
  await cluster.begin();
  return cluster;
}

function realClock(): Clock {
  return realMachine({ log: new RecordingLog() }).clock;
}

test('40 · what is sent under a session is done once, while leaders come and go', async () => {
  await using cluster = await stores([1, 2, 3]);
  await using client = cluster.client();
  await using session = await StoreSession.open({ client, clock: realClock(), group: 0, ttlMs: 20_000 });
  let sent = 0;
  const send = async (): Promise<void> => {
    sent += 1;
    await session.call(put('counted', String(sent)));
  };
  for (let round = 0; round < 3; round += 1) {
    const { leader } = cluster;
    assert.ok(leader !== undefined);
    const burst = Array.from({ length: 20 }, send);
    await cluster.stop(leader);
    await Promise.all(burst);
    await cluster.start(leader);
    await cluster.until(() => cluster.leader !== undefined);
  }
  // Each put raised the version by one, and no put was done twice.
  const [counted] = await entries(client);
  assert.match(counted ?? '', / v60$/);
});

test('what hangs on a session is gone when it is closed, and the session with it', async () => {
  await using cluster = await stores([1]);
  await using client = cluster.client();
  const session = await StoreSession.open({ client, clock: realClock(), group: 0, ttlMs: 20_000 });
  await session.call(put('mine', '1', session.id));
  assert.deepEqual(await entries(client), ['mine=1 v1']);
  await session.close();
  await session.close();
  assert.equal(session.isLive, false);
  assert.equal(session.remainingMs, 0);
  assert.deepEqual(await entries(client), []);
  await assert.rejects(session.call(put('mine', '2')), { code: 'session-expired' });
});

test('a session is kept alive for longer than its time while its cluster answers', async () => {
  await using cluster = await stores([1]);
  await using client = cluster.client();
  const clock = realClock();
  await using session = await StoreSession.open({ client, clock, group: 0, ttlMs: 1_000 });
  await session.call(put('mine', '1', session.id));
  for (const began = clock.now(); clock.now() < began + 2_500; ) {
    assert.ok(session.isLive);
    assert.deepEqual(await entries(client), ['mine=1 v1']);
  }
});

test('a holder whose cluster is gone stops believing before the cluster would have let go', async () => {
  await using cluster = await stores([1]);
  await using client = cluster.client({ timeout: '200ms' });
  const clock = realClock();
  const openedAt = clock.now();
  await using session = await StoreSession.open({ client, clock, group: 0, ttlMs: 600 });
  await cluster.stop(1);
  const stoppedAt = clock.now();
  await new Promise<void>((resolve) => session.over.addEventListener('abort', () => resolve()));
  assert.ok(clock.now() >= openedAt + 500 && stoppedAt > openedAt);
  assert.equal(session.isLive, false);
  await assert.rejects(session.call(put('mine', '1')), { code: 'session-expired', outcome: 'not-applied' });
});

test('a process that stood still knows by its clock that it holds nothing, before any timer tells it', async () => {
  await using cluster = await stores([1]);
  await using client = cluster.client();
  const clock = realClock();
  let stoodStillMs = 0;
  const late: Clock = {
    now: () => clock.now() + stoodStillMs,
    wall: () => clock.wall(),
    setTimer: (delayMs, callback, options) => clock.setTimer(delayMs, callback, options),
    afterTurn: (callback) => clock.afterTurn(callback),
  };
  await using session = await StoreSession.open({ client, clock: late, group: 0, ttlMs: 60_000 });
  await session.call(put('mine', '1', session.id));
  stoodStillMs = 58_000;
  assert.equal(session.isLive, false);
  await assert.rejects(session.call(put('mine', '2', session.id)), { code: 'session-expired' });
  assert.deepEqual(await entries(client), ['mine=1 v1']);
});

test('a session that the cluster has ended is over for its client as soon as it hears of it', async () => {
  await using cluster = await stores([1]);
  await using client = cluster.client();
  await using session = await StoreSession.open({ client, clock: realClock(), group: 0, ttlMs: 60_000 });
  const writer = new ByteWriter(64);
  encodeCommand(writer, {
    session: undefined,
    fences: [],
    body: { kind: 'lease-revoke', lease: session.id },
  });
  await client.command(0, writer.copy());
  await assert.rejects(session.call(put('mine', '1')), { code: 'session-expired' });
  assert.ok(session.over.aborted);
});

test('hundreds of requests at once find room, although the store keeps few answers', async () => {
  await using cluster = await stores([1]);
  await using client = cluster.client();
  await using session = await StoreSession.open({ client, clock: realClock(), group: 0, ttlMs: 60_000 });
  await Promise.all(
    Array.from({ length: 3000 }, (_, count) => session.call(put(`k${count % 10}`, String(count)))),
  );
  const versions = (await entries(client)).map((line) => Number(line.split(' v')[1]));
  assert.equal(
    versions.reduce((sum, version) => sum + version, 0),
    3000,
  );
});
