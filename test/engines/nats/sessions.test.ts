/** Sessions on a server in memory, with clocks that a test moves: who judges, and when, and what a wrong verdict is worth. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { bytes } from '../../../src/engines/conformance/story.ts';
import { openNats } from '../../../src/engines/nats/index.ts';
import type { Engine, EngineSession, Watch } from '../../../src/engines/port/index.ts';
import { ManualClock } from '../../net/manual-clock.ts';
import type { FakeConnection } from './fake-connection.ts';
import { FakeServer } from './fake-server.ts';

const ttlMs = 3_000;
/** By which judges differ at most, so that one is first. */
const jitterMs = 50;

interface Client {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly connection: FakeConnection;
}

interface Stage {
  readonly server: FakeServer;
  readonly owner: Client;
  readonly judge: Client;
  readonly session: EngineSession;
  readonly watch: Watch;
}

/** An owner with a session and one item, and somebody else who watches the directory. */
async function staged(run: (stage: Stage) => Promise<void>): Promise<void> {
  const server = new FakeServer();
  const owner = await client(server);
  const judge = await client(server);
  const session = await owner.engine.session({ ttlMs });
  await owner.engine.transact({ operations: [{ kind: 'put', key: 'a/x', value: bytes('mine'), session }] });
  const watch = judge.engine.watch({ directory: 'a' });
  const { value } = await watch.next();
  assert.equal(value?.kind === 'present' && value.items[0]?.session, session.id);
  await run({ server, owner, judge, session, watch });
  await watch.return();
  await Promise.all([owner.engine.close(), judge.engine.close()]);
}

test('a session of which nothing is heard for its whole time to live is ended, and its items with it', () =>
  staged(async ({ owner, judge, session, watch }) => {
    owner.connection.lose();
    judge.clock.advance(ttlMs - 1);
    await settled();
    assert.notEqual(await judge.engine.get('a/x'), undefined, 'not before its time');
    judge.clock.advance(1 + jitterMs);
    const { value } = await watch.next();
    assert.deepEqual(value?.kind === 'changes' && value.events, [{ kind: 'expired', key: 'a/x' }]);
    assert.equal(await judge.engine.get('a/x'), undefined);
    owner.clock.advance(ttlMs);
    assert.deepEqual([session.isLive, session.over.aborted], [false, true]);
  }));

test('the owner gives up before anybody may judge, though its last renewal was heard and not answered', () =>
  staged(async ({ server, owner, judge, session }) => {
    server.loseAnswers = Number.POSITIVE_INFINITY;
    owner.clock.advance(ttlMs / 3);
    await settled();
    owner.clock.advance(0.95 * ttlMs - ttlMs / 3);
    judge.clock.advance(0.95 * ttlMs);
    assert.equal(session.isLive, false);
    server.loseAnswers = 0;
    assert.notEqual(await judge.engine.get('a/x'), undefined, 'nobody has judged yet');
  }));

test('an owner that has given up says so, and nobody waits a whole time to live for it', () =>
  staged(async ({ server, owner, judge, session, watch }) => {
    server.loseQuestions = Number.POSITIVE_INFINITY;
    owner.clock.advance(0.95 * ttlMs);
    assert.equal(session.over.aborted, true);
    await settled();
    server.loseQuestions = 0;
    assert.notEqual(await judge.engine.get('a/x'), undefined, 'not before its time');
    owner.clock.advance(0.05 * ttlMs);
    const { value } = await watch.next();
    assert.deepEqual(value?.kind === 'changes' && value.events, [{ kind: 'expired', key: 'a/x' }]);
  }));

test('a verdict by old news counts for nothing: the session lives on', () =>
  staged(async ({ server, owner, judge, session }) => {
    judge.connection.isDeaf = true;
    owner.clock.advance(ttlMs / 3);
    await settled();
    const before = server.messages.length;
    judge.clock.advance(ttlMs + jitterMs);
    await settled();
    assert.equal(server.messages.length, before + 1, 'it did judge');
    owner.clock.advance(ttlMs / 3);
    await settled();
    assert.deepEqual([session.isLive, session.state], [true, 'connected']);
    const other = await client(server);
    assert.notEqual(await other.engine.get('a/x'), undefined, 'for everybody');
    await other.engine.close();
  }));

test('an owner that was judged hears it with its next renewal, and what it wrote too late is not there', () =>
  staged(async ({ server, owner, judge, session, watch }) => {
    owner.connection.isDeaf = true;
    judge.clock.advance(ttlMs + jitterMs);
    assert.equal((await watch.next()).value?.kind, 'changes');
    server.append('QUORATE.quorate.a.y', [
      ['Quorate-Previous', '0'],
      ['Quorate-Session', session.id],
    ]);
    assert.equal(await judge.engine.get('a/y'), undefined, 'an item of a session that is over');
    assert.deepEqual((await judge.engine.list('a')).items, []);
    owner.connection.isDeaf = false;
    owner.connection.lose();
    owner.connection.restore();
    await until(() => session.over.aborted);
    assert.equal(session.state, 'lost');
  }));

test('an item whose session nobody knows any more is gone, once that is certain', () =>
  staged(async ({ server, judge }) => {
    server.append('QUORATE.quorate.a.z', [
      ['Quorate-Previous', '0'],
      ['Quorate-Session', 'long-gone'],
    ]);
    assert.equal(await judge.engine.get('a/z'), undefined);
    const made = await judge.engine.transact({
      when: [{ key: 'a/z', is: 'absent' }],
      operations: [{ kind: 'put', key: 'a/z', value: bytes('new') }],
    });
    assert.equal(made.succeeded, true);
  }));

test('a watch is told when nobody can be heard any more who has a session', () =>
  staged(async ({ judge, watch, session }) => {
    judge.connection.forbidden = '=sessions';
    judge.connection.lose();
    judge.connection.restore();
    await assert.rejects(watch.next(), { code: 'engine-unauthenticated' });
    judge.connection.forbidden = undefined;
    assert.equal((await judge.engine.get('a/x'))?.session, session.id, 'who asks again hears them');
  }));

async function client(server: FakeServer): Promise<Client> {
  const clock = new ManualClock();
  const before = new Set(server.connections);
  const load = (): Promise<typeof server.module> => Promise.resolve(server.module);
  const engine = await openNats('nats://fake', { load, network: server.network, clock });
  const connection = [...server.connections].find((one) => !before.has(one));
  assert.ok(connection !== undefined);
  return { engine, clock, connection };
}

/** Everything that is under way and waits for no clock has happened. */
async function settled(): Promise<void> {
  for (let at = 0; at < 20; at += 1) await turn();
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}
