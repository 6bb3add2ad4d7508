/** A Redis that loses what it acknowledged: emptied, started anew without its data, or replaced by a replica that lags. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Engine, EngineSession } from '../../src/engines/port/index.ts';
import { openRedis } from '../../src/engines/redis/index.ts';
import { lineTo, type OwnServer, ownServer } from './redis/servers.ts';

const lost = { code: 'engine-data-lost', message: /open the engine anew/ };
const text = new TextEncoder();

test('a database that is emptied under a session ends it, its watches and all calls', async () => {
  await using server = await ownServer(17_152);
  await using engine = await openRedis(server.url);
  const session = await engine.session({ ttlMs: 60_000 });
  const watch = engine.watch({ directory: 'locks' });
  await watch.next();
  const next = watch.next();
  await server.raw('FLUSHALL');
  await assert.rejects(put(engine, 'locks/a', session), lost);
  await assert.rejects(next, lost);
  assert.deepEqual([session.isLive, session.state], [false, 'lost']);
  await assert.rejects(engine.get('locks/a'), lost);
  await using again = await openRedis(server.url);
  assert.equal(await again.get('locks/a'), undefined);
});

test('a server that comes back without its data is found out at once', async () => {
  await using server = await ownServer(17_153, ['--appendonly', 'no']);
  await using engine = await openRedis(server.url);
  const session = await engine.session({ ttlMs: 60_000 });
  await put(engine, 'locks/a', session);
  await server.kill();
  await server.start();
  await assert.rejects(engine.get('locks/a'), lost);
  // What a reconnect has found out by itself may have ended it before.
  if (!session.over.aborted) await once(session.over, 'abort');
});

test('a server that comes back with its data goes on where it was, with numbers far above', async () => {
  await using server = await ownServer(17_154);
  await using engine = await openRedis(server.url);
  const session = await engine.session({ ttlMs: 20_000 });
  const before = await put(engine, 'locks/a', session);
  const watch = engine.watch({ directory: 'locks' });
  assert.equal((await watch.next()).value?.kind, 'present');
  await server.kill();
  await server.start();
  const after = await put(engine, 'locks/b');
  assert.ok(after > before + 1_000_000, `${after} lies far above ${before}`);
  assert.equal((await engine.get('locks/a'))?.session, session.id);
  const { value } = await watch.next();
  assert.deepEqual(value?.kind === 'changes' && value.events.map(({ key }) => key), ['locks/b']);
  assert.equal(session.isLive, true);
  await watch.return();
});

test('a session has its whole time again behind a restart, for its last renewal may be missing', async () => {
  await using server = await ownServer(17_155);
  const engine = await openRedis(server.url);
  const session = await engine.session({ ttlMs: 10_000 });
  await server.raw('ZADD', 'quorate/>sessions', '1', session.id);
  await server.kill();
  await server.start();
  await using other = await openRedis(server.url);
  await put(other, 'locks/a');
  assert.ok(Number(await server.raw('ZSCORE', 'quorate/>sessions', session.id)) > Date.now());
  await engine.close();
});

test('a replica that takes over and lacks something is found out, also when others have counted on', async () => {
  await using master = await ownServer(17_156);
  await using copies = await lineTo(master.port);
  await using replica = await ownServer(17_157, ['--replicaof', '127.0.0.1', String(copies.port)]);
  await using line = await lineTo(master.port);
  await using engine = await openRedis(line.url, { allow: 'failover-loss' });
  const session = await engine.session({ ttlMs: 60_000 });
  await put(engine, 'locks/a');
  await caughtUp(master);
  copies.hold();
  await put(engine, 'locks/b', session);
  await master.kill();
  await replica.raw('REPLICAOF', 'NO', 'ONE');
  await using other = await openRedis(replica.url);
  for (let at = 0; at < 20; at += 1) await put(other, 'locks/c');
  line.lead(replica.port);
  await assert.rejects(engine.get('locks/a'), lost);
  assert.equal(session.state, 'lost');
});

test('a replica that takes over and lacks nothing goes on, with numbers far above', async () => {
  await using master = await ownServer(17_158);
  await using replica = await ownServer(17_159, ['--replicaof', '127.0.0.1', '17158']);
  await using line = await lineTo(master.port);
  await using engine = await openRedis(line.url);
  const session = await engine.session({ ttlMs: 60_000 });
  const before = await put(engine, 'locks/a', session);
  await caughtUp(master);
  await master.kill();
  await replica.raw('REPLICAOF', 'NO', 'ONE');
  line.lead(replica.port);
  const after = await put(engine, 'locks/b', session);
  assert.ok(after > before + 1_000_000, `${after} lies far above ${before}`);
  assert.equal(session.isLive, true);
  // Whether it was suspended meanwhile is a question of how long the change took.
  assert.match(session.state, /^(re)?connected$/);
});

test('a master that becomes a replica is told as such, and served again when it leads again', async () => {
  await using server = await ownServer(17_160);
  await using engine = await openRedis(server.url);
  await put(engine, 'locks/a');
  await server.raw('REPLICAOF', '127.0.0.1', '1');
  const refused = engine.transact({ operations: [{ kind: 'delete', key: 'locks/a' }], deadline: 1_000 });
  await assert.rejects(refused, { code: 'engine-read-only', outcome: 'not-applied' });
  await server.raw('REPLICAOF', 'NO', 'ONE');
  assert.ok((await put(engine, 'locks/b')) > 0);
});

/** Returns what the item was created with. */
async function put(engine: Engine, key: string, session?: EngineSession): Promise<number> {
  const answer = await engine.transact({
    operations: [
      { kind: 'put', key, value: text.encode('x'), ...(session === undefined ? {} : { session }) },
    ],
    deadline: 20_000,
  });
  const [result] = answer.succeeded ? answer.results : [];
  assert.ok(result?.kind === 'put');
  return result.created;
}

/** Waits until the replica is there and has everything. */
async function caughtUp(master: OwnServer): Promise<void> {
  while ((await master.raw('WAIT', '1', '5000')) !== 1) assert.ok(master.pid > 0);
}
