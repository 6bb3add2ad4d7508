/** The semaphore on a real store in memory: never more than it has permits, and no permit is ever forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hold } from '../../src/recipes/index.ts';
import { until } from '../net/manual-clock.ts';
import { Town } from './town.ts';

const places = 'semaphores/mail';

test('so many hold it at a time, and the others in the order in which they came', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  const semaphore = coordination.semaphore('mail', { permits: 3 });
  let holding = 0;
  let most = 0;
  const order: number[] = [];
  const tasks: Promise<void>[] = [];
  for (let number = 0; number < 20; number += 1) {
    tasks.push(
      semaphore.run(async () => {
        order.push(number);
        holding += 1;
        most = Math.max(most, holding);
        await town.items(places);
        holding -= 1;
      }),
    );
  }
  await Promise.all(tasks);
  assert.equal(most, 3);
  assert.equal(order.length, 20);
  assert.deepEqual(await town.items(places), []);
});

test('of those who wait only the first one hears of a departure', async () => {
  await using town = await Town.open();
  const holder = await town.program();
  const { engine, coordination } = await town.program();
  const permits = 2;
  const mine = holder.coordination.semaphore('mail', { permits });
  const held = [await mine.acquire(), await mine.acquire()];
  const semaphore = coordination.semaphore('mail', { permits });
  const waiters: Promise<Hold>[] = [];
  for (let number = 0; number < 6; number += 1) {
    waiters.push(semaphore.acquire());
    await until(() => engine.watched.length === number + 1, 'a watch');
  }
  assert.deepEqual(
    engine.watched.map((target) => 'directory' in target),
    [true, false, false, false, false, false],
  );
  const waited = engine.watched.length;
  await held[0]?.release();
  await waiters[0];
  await until(() => engine.watched.length === waited + 1, 'the second is the first now');
  assert.deepEqual(engine.watched.at(-1), { directory: places });
  await held[1]?.release();
  for (const waiter of waiters) await (await waiter).release();
});

test('when all who hold it leave at once, as many are let in', async () => {
  await using town = await Town.open();
  const holder = await town.program();
  const { engine, coordination } = await town.program();
  const permits = 2;
  const mine = holder.coordination.semaphore('mail', { permits });
  await mine.acquire();
  await mine.acquire();
  const semaphore = coordination.semaphore('mail', { permits });
  const waiters = [semaphore.acquire()];
  await until(() => engine.watched.length === 1, 'the first waits');
  waiters.push(semaphore.acquire());
  await until(() => engine.watched.length === 2, 'the second waits for the first');
  await holder.engine.sessions[0]?.endUnheard();
  const held = await Promise.all(waiters);
  assert.ok(held.every(({ isHeld }) => isHeld));
});

test('permits come back when a session dies', async () => {
  await using town = await Town.open();
  const first = await town.program();
  const { coordination } = await town.program();
  await first.coordination.semaphore('mail', { permits: 1 }).acquire();
  const semaphore = coordination.semaphore('mail', { permits: 1 });
  assert.equal(await semaphore.tryAcquire(), undefined);
  const waiting = semaphore.acquire();
  await town.untilItems(places, 2);
  await first.engine.sessions[0]?.endUnheard();
  assert.equal((await waiting).isHeld, true);
});

test('who names another number of permits is refused while anybody uses it, and leaves nothing behind', async () => {
  await using town = await Town.open();
  const first = await town.program();
  const { coordination } = await town.program();
  const held = await first.coordination.semaphore('mail', { permits: 3 }).acquire();
  const other = coordination.semaphore('mail', { permits: 2 });
  const data = { what: 'semaphore mail', asked: '2 permits', found: '3 permits' };
  await assert.rejects(other.acquire(), { code: 'settings-differ', data });
  await assert.rejects(other.tryAcquire(), { code: 'settings-differ', data });
  await town.untilItems(places, 1);
  await held.release();
  assert.equal((await other.acquire()).isHeld, true);
});

test('numbers of permits that cannot be are refused', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  for (const permits of [0, -1, 1.5, Number.NaN, 10_001])
    assert.throws(() => coordination.semaphore('mail', { permits }), { code: 'invalid-option' });
});
