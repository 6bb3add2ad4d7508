/** The read-write lock on a real store in memory: many who read or one who writes, and nobody starves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadWriteLock } from '../../src/recipes/index.ts';
import { until } from '../net/manual-clock.ts';
import { Town } from './town.ts';

const places = 'read-write-locks/index';

async function lockIn(town: Town): Promise<ReadWriteLock> {
  const { coordination } = await town.program();
  return coordination.readWriteLock('index');
}

test('many read at a time, and one writes alone', async () => {
  await using town = await Town.open();
  const [one, two] = [await lockIn(town), await lockIn(town)];
  const readers = [await one.read.acquire(), await two.read.acquire(), await two.read.acquire()];
  assert.equal(await one.write.tryAcquire(), undefined);
  for (const reader of readers) await reader.release();
  const writer = await one.write.acquire();
  assert.equal(await two.read.tryAcquire(), undefined);
  assert.equal(await two.write.tryAcquire(), undefined);
  await writer.release();
  assert.equal((await two.read.tryAcquire())?.isHeld, true);
});

test('a writer is not overtaken by readers who come after him', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const lock = coordination.readWriteLock('index');
  const order: string[] = [];
  const first = await lock.read.acquire();
  const writer = lock.write.acquire();
  await until(() => engine.watched.length === 1, 'the writer waits');
  const second = lock.read.acquire();
  await until(() => engine.watched.length === 2, 'the reader waits');
  assert.equal(await lock.read.tryAcquire(), undefined, 'whoever tries goes by the line, too');
  const writing = writer.then(async (held) => {
    order.push('write');
    await held.release();
  });
  const reading = second.then((held) => {
    order.push('read');
    return held;
  });
  await first.release();
  await writing;
  assert.equal((await reading).isHeld, true);
  assert.deepEqual(order, ['write', 'read']);
});

test('a writer waits for every reader before him, in whatever order they leave', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const lock = coordination.readWriteLock('index');
  const [first, second, third] = [
    await lock.read.acquire(),
    await lock.read.acquire(),
    await lock.read.acquire(),
  ];
  let granted = false;
  const writer = lock.write.acquire().then(() => {
    granted = true;
  });
  await until(() => engine.watched.length === 1, 'the writer waits');
  await third.release();
  await until(() => engine.watched.length === 2, 'the writer waits for the next one');
  await first.release();
  assert.equal(granted, false);
  await second.release();
  await writer;
});

test('more readers than are looked at at once read all the same', async () => {
  await using town = await Town.open();
  const lock = await lockIn(town);
  const readers = await Promise.all(Array.from({ length: 70 }, () => lock.read.acquire()));
  assert.ok(readers.every(({ isHeld }) => isHeld));
  assert.equal((await town.items(places)).length, 70);
});

test('who writes can go on reading with nobody writing in between, and lets readers in', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const lock = coordination.readWriteLock('index');
  const writer = await lock.write.acquire();
  const reader = lock.read.acquire();
  await until(() => engine.watched.length === 1, 'a reader waits');
  const rival = lock.write.acquire();
  await until(() => engine.watched.length === 2, 'a writer waits');
  const reading = await writer.downgrade();
  assert.deepEqual([writer.isHeld, reading.isHeld], [false, true]);
  assert.equal(reading.token, writer.token);
  await (await reader).release();
  let granted = false;
  const seen = rival.then(() => {
    granted = true;
  });
  await town.untilItems(places, 2);
  assert.equal(granted, false);
  await reading.release();
  await seen;
});

test('who reads cannot make that writing, and hears it at once', async () => {
  await using town = await Town.open();
  const lock = await lockIn(town);
  const reading = await lock.read.acquire();
  await assert.rejects(lock.write.acquire({ holding: reading }), { code: 'mode-refused' });
  assert.equal(reading.isHeld, true);
  const again = await lock.read.acquire({ holding: reading });
  await reading.release();
  assert.equal(again.isHeld, true);
  await again.release();
  const writing = await lock.write.acquire();
  await assert.rejects(lock.read.acquire({ holding: writing }), {
    code: 'mode-refused',
    message: /downgrade/,
  });
});

test('one of several handles for writing cannot be made one for reading', async () => {
  await using town = await Town.open();
  const lock = await lockIn(town);
  const writing = await lock.write.acquire();
  const other = await lock.write.acquire({ holding: writing });
  await assert.rejects(writing.downgrade(), { code: 'mode-refused' });
  assert.deepEqual([writing.isHeld, other.isHeld], [true, true]);
  await other.release();
  assert.equal((await writing.downgrade()).isHeld, true);
});

test('who was lost cannot go on reading', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const lock = coordination.readWriteLock('index');
  const writing = await lock.write.acquire();
  await engine.sessions[0]?.endUnheard();
  await assert.rejects(writing.downgrade(), { code: 'session-expired' });
  assert.deepEqual(await town.items(places), []);
});

test('a wait that is over names who holds it', async () => {
  await using town = await Town.open();
  const { coordination: first } = await town.program({ holder: 'indexer' });
  await first.readWriteLock('index').write.acquire();
  const lock = await lockIn(town);
  const data = { what: 'read-write lock index for reading', waitedMs: 0, holder: 'indexer' };
  await assert.rejects(lock.read.acquire({ wait: 0 }), { code: 'not-granted', data });
});
