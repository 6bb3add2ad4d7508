/** The lock, on a real store in memory: who comes first is first, and nobody believes longer than he may. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hold } from '../../src/recipes/index.ts';
import { until } from '../net/manual-clock.ts';
import type { FaultyEngine } from './faulty-engine.ts';
import { Town } from './town.ts';

const places = 'locks/orders';

test('who came first is served first, and tokens grow', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  const lock = coordination.lock('orders');
  const served: number[] = [];
  const tokens: number[] = [];
  const first = await lock.acquire();
  const others: Promise<void>[] = [];
  for (let number = 0; number < 8; number += 1) {
    others.push(
      lock.run(({ token }) => {
        served.push(number);
        tokens.push(token);
      }),
    );
    await town.untilItems(places, number + 2);
  }
  await first.release();
  await Promise.all(others);
  assert.deepEqual(served, [0, 1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(
    tokens,
    tokens.toSorted((left, right) => left - right),
  );
  assert.ok(first.token < (tokens[0] as number));
  assert.deepEqual(await town.items(places), []);
});

test('a departure wakes the one who stands behind it, and nobody else', async () => {
  await using town = await Town.open();
  const holder = await town.program();
  const held = await holder.coordination.lock('orders').acquire();
  const engines: FaultyEngine[] = [];
  const waiters: Promise<Hold>[] = [];
  for (let number = 0; number < 10; number += 1) {
    const { engine, coordination } = await town.program();
    engines.push(engine);
    waiters.push(coordination.lock('orders').acquire());
    await until(() => engine.watched.length === 1, 'a watch');
  }
  await held.release();
  for (const [place, waiter] of waiters.entries()) {
    const next = await waiter;
    assert.deepEqual(
      engines.map(({ changes }) => changes),
      engines.map((_, other) => (other <= place ? 1 : 0)),
    );
    await next.release();
  }
  assert.equal(new Set(engines.map(({ watched: [target] }) => JSON.stringify(target))).size, 10);
});

test('who waits in the process of the one who leaves needs no watch to hear of it', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const held = await coordination.lock('orders').acquire();
  engine.isSilent = true;
  let isNext = false;
  const waiting = coordination.lock('orders').acquire();
  void waiting.then(() => {
    isNext = true;
  });
  await until(() => engine.watched.length === 1, 'a watch');
  await held.release();
  await until(() => isNext, 'the turn of who waited');
  assert.equal(engine.changes, 0);
  await (await waiting).release();
});

test('when somebody leaves the middle of the line, those behind go on waiting for the rest', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  const lock = coordination.lock('orders');
  const held = await lock.acquire();
  const leaving = new AbortController();
  const middle = lock.acquire({ signal: leaving.signal });
  await town.untilItems(places, 2);
  const last = lock.acquire();
  await town.untilItems(places, 3);
  leaving.abort(new Error('no patience'));
  await assert.rejects(middle, { message: 'no patience' });
  await town.untilItems(places, 2);
  assert.equal(await Promise.race([last, lock.tryAcquire()]), undefined, 'it is not free');
  assert.equal(held.isHeld, true);
  await held.release();
  assert.equal((await last).isHeld, true);
});

test('a wait that is over names the lock and its holder, and leaves nothing in the line', async () => {
  await using town = await Town.open();
  const { coordination: first } = await town.program({ holder: 'billing-1' });
  const { coordination, engine } = await town.program();
  await first.lock('orders').acquire();
  const waiting = coordination.lock('orders').acquire({ wait: '5s' });
  await until(() => engine.watched.length === 1, 'a watch');
  const rejected = assert.rejects(waiting, {
    code: 'not-granted',
    data: { what: 'lock orders', waitedMs: 5_000, holder: 'billing-1' },
  });
  await engine.pass(5_000);
  await rejected;
  await town.untilItems(places, 1);
  await assert.rejects(coordination.lock('orders').acquire({ wait: 0 }), { code: 'not-granted' });
  await town.untilItems(places, 1);
});

test('tryAcquire takes what is free, and takes no place where it is not', async () => {
  await using town = await Town.open();
  const { coordination, engine } = await town.program();
  const lock = coordination.lock('orders');
  const held = await lock.tryAcquire();
  assert.equal(held?.isHeld, true);
  const before = engine.transacted.length;
  assert.equal(await lock.tryAcquire(), undefined);
  assert.equal(engine.transacted.length, before);
});

test('who gives up while his place is being taken leaves none, whatever became of it', async () => {
  await using town = await Town.open();
  const { coordination, engine } = await town.program();
  const lock = coordination.lock('orders');
  await (await lock.acquire()).release();
  const gate = Promise.withResolvers<void>();
  const leaving = new AbortController();
  engine.gate = gate.promise;
  const waiting = lock.acquire({ signal: leaving.signal });
  await town.untilItems(places, 1);
  leaving.abort(new Error('no patience'));
  await assert.rejects(waiting, { message: 'no patience' });
  gate.resolve();
  engine.gate = undefined;
  await town.untilItems(places, 0);

  engine.fault = 'lost';
  await assert.rejects(lock.acquire(), { code: 'engine-unreachable', outcome: 'unknown' });
  await town.untilItems(places, 1);
  engine.fault = 'none';
  await engine.pass(100);
  await town.untilItems(places, 0);
  assert.equal((await lock.acquire()).isHeld, true);
});

test('37 · a waiter whose session died in the line is not let in, even if it has not heard of that', async () => {
  await using town = await Town.open();
  const { coordination: first } = await town.program();
  const { coordination, engine } = await town.program();
  const held = await first.lock('orders').acquire();
  const waiting = coordination.lock('orders').acquire();
  await until(() => engine.watched.length === 1, 'a watch');
  await engine.sessions[0]?.endUnheard();
  assert.equal(engine.sessions[0]?.isLive, true, 'it believes in its session');
  await town.untilItems(places, 1);
  await held.release();
  await assert.rejects(waiting, { code: 'session-expired', outcome: 'not-applied' });
});

test('a waiter whose session is over stops waiting at once', async () => {
  await using town = await Town.open();
  const { coordination: first } = await town.program();
  const { coordination, engine } = await town.program();
  await first.lock('orders').acquire();
  const waiting = coordination.lock('orders').acquire();
  await until(() => engine.watched.length === 1, 'a watch');
  engine.isHeard = false;
  const rejected = assert.rejects(waiting, { code: 'session-expired' });
  await engine.pass(10_000);
  await rejected;
});

test('a holder that vanishes makes room', async () => {
  await using town = await Town.open();
  const { coordination: first, engine } = await town.program();
  const { coordination } = await town.program();
  await first.lock('orders').acquire();
  const waiting = coordination.lock('orders').acquire();
  await town.untilItems(places, 2);
  await engine.sessions[0]?.endUnheard();
  assert.equal((await waiting).isHeld, true);
});

test('one who gave the lock up late takes nothing from his successor', async () => {
  await using town = await Town.open();
  const { coordination: first, engine } = await town.program();
  const { coordination } = await town.program();
  const late = await first.lock('orders').acquire();
  const waiting = coordination.lock('orders').acquire();
  await town.untilItems(places, 2);
  await engine.sessions[0]?.endUnheard();
  const successor = await waiting;
  await late.release();
  assert.deepEqual(
    (await town.items(places)).map(({ key }) => key),
    [successor.key],
  );
});

test('a second handle keeps the lock until it is released as well', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  const lock = coordination.lock('orders');
  const outer = await lock.acquire();
  const inner = await lock.acquire({ holding: outer });
  assert.equal(inner.token, outer.token);
  await outer.release();
  assert.deepEqual([outer.isHeld, inner.isHeld, await lock.tryAcquire()], [false, true, undefined]);
  await inner.release();
  assert.deepEqual(await town.items(places), []);
  await assert.rejects(lock.acquire({ holding: inner }), { code: 'not-held' });
  const other = await coordination.lock('other').acquire();
  await assert.rejects(lock.acquire({ holding: other }), { code: 'invalid-option' });
});

test('run gives back what the task returns, and tells when the lock was lost meanwhile', async () => {
  await using town = await Town.open();
  const { coordination, engine } = await town.program();
  const lock = coordination.lock('orders');
  assert.equal(await lock.run(() => 7), 7);
  await assert.rejects(
    lock.run(() => {
      throw new Error('the task failed');
    }),
    { message: 'the task failed' },
  );
  await town.untilItems(places, 0);
  const lost = lock.run(async (held) => {
    engine.isHeard = false;
    await engine.pass(10_000);
    return held.isHeld;
  });
  await assert.rejects(lost, { code: 'not-held' });
});

test('names and times that cannot be are refused', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  for (const name of ['', 'a/b', '..', ' a', 'a\n'])
    assert.throws(() => coordination.lock(name), { code: 'invalid-option' }, JSON.stringify(name));
  assert.throws(() => coordination.lock('a', { delay: -1 }), { code: 'invalid-option' });
  const lock = coordination.lock('a');
  await assert.rejects(lock.acquire({ ttl: -1 }), { code: 'invalid-option' });
  await assert.rejects(lock.acquire({ wait: Number.NaN }), { code: 'invalid-option' });
  assert.deepEqual(await town.items('locks/a'), []);
});

test('where the server cannot be reached, to acquire is an error and no wait', async () => {
  await using town = await Town.open();
  const { coordination, engine } = await town.program();
  engine.fault = 'refused';
  await assert.rejects(coordination.lock('orders').acquire(), { code: 'engine-unreachable' });
  engine.fault = 'none';
  assert.equal((await coordination.lock('orders').acquire()).isHeld, true);
});
