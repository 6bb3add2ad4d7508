/** Appends on our own store whose answers do not come, and what goes along with those that do. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Engine, EngineSession, Operation } from '../../src/engines/port/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { coordinate } from '../../src/recipes/index.ts';
import { Scene } from './quorate-scene.ts';

const appending = (session: EngineSession): Operation => ({
  kind: 'append',
  directory: 'line',
  label: 'x',
  id: 'abcdefgh',
  value: new Uint8Array(1),
  session,
});

/** Asked, and given up when the request is on its way. */
async function giveUp(scene: Scene, engine: Engine, operation: Operation): Promise<void> {
  const leaving = new AbortController();
  const sent = scene.requests.length;
  const asking = engine.transact({ operations: [operation], signal: leaving.signal });
  const given = assert.rejects(asking, { message: 'no patience' });
  while (scene.requests.length === sent) await turn();
  leaving.abort(new Error('no patience'));
  await given;
}

const fates = ['late', 'unheard', 'lost'] as const;
for (const fate of fates) {
  test(`an append that is ${fate} makes one item when it is asked for again`, async () => {
    await using scene = new Scene();
    const engine = await scene.engine();
    const session = await engine.session({ ttlMs: 10_000 });
    scene.next = fate;
    await giveUp(scene, engine, appending(session));
    const again = await engine.transact({ operations: [appending(session)] });
    assert.deepEqual(scene.deliver(), fate === 'late' ? ['stale-request'] : []);
    const { items } = await engine.list('line');
    const [made] = again.succeeded ? again.results : [];
    assert.deepEqual(
      items.map(({ key, created }) => ({ key, created })),
      made?.kind === 'append' ? [{ key: made.key, created: made.created }] : undefined,
    );
  });
}

test('an append that arrives when it was looked for and not found comes too late', async () => {
  await using scene = new Scene();
  const engine = await scene.engine();
  const session = await engine.session({ ttlMs: 10_000 });
  scene.next = 'late';
  await giveUp(scene, engine, appending(session));
  scene.arrivesBehindRead = true;
  await engine.transact({ operations: [appending(session)] });
  assert.equal((await engine.list('line')).items.length, 1);
});

test('what was appended together with something else is not done twice, and says so', async () => {
  await using scene = new Scene();
  const engine = await scene.engine();
  const session = await engine.session({ ttlMs: 10_000 });
  const add = { kind: 'add', key: 'counters/x', amount: 1 } as const;
  scene.next = 'unheard';
  const leaving = new AbortController();
  const asking = engine.transact({ operations: [appending(session), add], signal: leaving.signal });
  const given = assert.rejects(asking, { message: 'no patience' });
  while (scene.next === 'unheard') await turn();
  leaving.abort(new Error('no patience'));
  await given;
  const again = await engine.transact({ operations: [appending(session), add] });
  assert.deepEqual(again, { succeeded: false, reason: 'condition' });
  assert.equal(new TextDecoder().decode((await engine.get('counters/x'))?.value), '1');
});

test('a session with more doubts than it remembers looks before each append', async () => {
  await using scene = new Scene();
  const engine = await scene.engine();
  const session = await engine.session({ ttlMs: 60_000 });
  const named = (id: number): Operation => ({
    ...appending(session),
    ...{ id: `abcdefgh${id}` },
  });
  for (let id = 0; id <= 1_025; id += 1) {
    scene.next = 'unheard';
    await giveUp(scene, engine, named(id));
  }
  for (const id of [0, 1_024, 1_025]) await engine.transact({ operations: [named(id)] });
  assert.equal((await engine.list('line')).items.length, 1_026);
});

test('while an older request is open, what becomes of a later one is not decided: the deadline counts', async () => {
  await using scene = new Scene();
  const { clock } = scene.cluster;
  const session = await scene.store.session({ ttl: '60s' });
  scene.next = 'lost';
  const hanging = scene.store.put('k', 'v', { session, deadline: '5s' });
  const hung = assert.rejects(hanging, { code: 'deadline-exceeded', outcome: 'unknown' });
  while (scene.next === 'lost') await turn();
  const early = session.seal({ deadline: '1s' });
  const expired = assert.rejects(early, { code: 'deadline-exceeded' });
  const patient = session.seal({ deadline: '10s' });
  const leaving = new AbortController();
  const left = assert.rejects(session.seal({ signal: leaving.signal }), { message: 'no patience' });
  const asked = scene.requests.length;
  leaving.abort(new Error('no patience'));
  await left;
  clock.advance(1_000);
  await expired;
  assert.equal(scene.requests.length, asked, 'no seal was sent');
  clock.advance(4_000);
  await hung;
  await patient;
});

test('a lock that nobody else wants costs one request to take and one to give back', async () => {
  await using scene = new Scene();
  const engine = await openQuorate(scene.store, { clock: scene.cluster.clock });
  await using coordination = coordinate(engine);
  const lock = coordination.lock('orders');
  await (await lock.acquire()).release();
  const before = scene.requests.length;
  const held = await lock.acquire();
  assert.equal(scene.requests.length - before, 1);
  await held.release();
  assert.equal(scene.requests.length - before, 2);
});
