/**
 * What is left in the store by objects that nobody uses any more: nothing by what is held, met at or waited for, and
 * by what keeps something no more than what it keeps, for as long as it is not taken away.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StandardSchema } from '../../src/base/index.ts';
import { connect, type Store } from '../../src/client/index.ts';
import type { Capability } from '../../src/engines/port/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { type Coordination, coordinate } from '../../src/recipes/index.ts';

type All = Coordination<Capability>;

const anything: StandardSchema<unknown> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
};

interface Row {
  readonly name: string;
  readonly use: (one: All, other: All) => Promise<unknown>;
  /** Keys as they lie in the store. */
  readonly left: readonly string[];
}

async function takenOut(one: All, name: string): Promise<void> {
  const queue = one.queue<string>(name);
  await queue.put('first');
  await (await queue.take()).done();
  await queue.put('second');
  await (await queue.take()).giveBack();
  await (await queue.take()).done();
}

async function readThrough(one: All, name: string): Promise<void> {
  const topic = one.topic<string>(name);
  await topic.tell('listen');
  const group = topic.group('mail');
  await group.begin();
  await topic.publish('news');
  for await (const event of group.events()) {
    await event.done();
    break;
  }
}

const rows: readonly Row[] = [
  {
    name: 'a lock, with somebody who waited and somebody who gave up',
    use: async (one, other) => {
      const held = await one.lock('l').acquire();
      assert.equal(await other.lock('l').tryAcquire(), undefined);
      await assert.rejects(other.lock('l').acquire({ wait: 20 }), { code: 'not-granted' });
      const next = other.lock('l').acquire();
      await held.release();
      await (await next).release();
    },
    left: [],
  },
  {
    name: 'a lock whose holders are given a delay',
    use: (one) => one.lock('l', { delay: '1s' }).run(() => undefined),
    left: [],
  },
  {
    name: 'a lock with a delay whose holder has gone without releasing it: the mark that the next one waits for',
    use: (one) => one.lock('l', { delay: '1s' }).acquire(),
    left: ['lock-delays/l'],
  },
  { name: 'several locks', use: (one) => one.locks(['a', 'b']).run(() => undefined), left: [] },
  {
    name: 'both sides of a read-write lock',
    use: async (one) => {
      const lock = one.readWriteLock('l');
      await lock.read.run(() => undefined);
      await lock.write.run(() => undefined);
    },
    left: [],
  },
  {
    name: 'a semaphore',
    use: (one) => one.semaphore('s', { permits: 2 }).run(() => undefined),
    left: [],
  },
  {
    name: 'an election',
    use: async (one) => {
      const leadership = await one.election('e').campaign({ value: 'me' });
      await leadership.proclaim('still me');
      await leadership.resign();
    },
    left: [],
  },
  {
    name: 'a singleton: its last run, so that no other begins it again',
    use: async (one) => {
      const ran = Promise.withResolvers<void>();
      const singleton = one.singleton('s', { every: '100ms' }, () => ran.resolve());
      await ran.promise;
      await singleton.close();
    },
    left: ['singleton-runs/s'],
  },
  {
    name: 'a barrier that was lifted',
    use: async (one) => {
      await one.barrier('b').raise();
      await one.barrier('b').lift();
    },
    left: [],
  },
  {
    name: 'a double barrier',
    use: async (one, other) => {
      const [left, right] = await Promise.all([
        one.doubleBarrier('d', 2).enter(),
        other.doubleBarrier('d', 2).enter(),
      ]);
      await Promise.all([left.leave(), right.leave()]);
    },
    left: [],
  },
  {
    name: 'a latch: that it is open',
    use: (one) => one.latch('l', 1).countDown(),
    left: ['latches/l/count', 'latches/l/steps'],
  },
  {
    name: 'a latch that was removed',
    use: async (one) => {
      const latch = one.latch('l', 2);
      await latch.countDown();
      await latch.remove();
    },
    left: [],
  },
  {
    name: 'a group',
    use: async (one, other) => {
      await one.group('g').join('me', 1);
      await (await other.group('g').join('you', 2)).leave();
    },
    left: [],
  },
  {
    name: 'a queue: its settings, and that nothing is in it',
    use: (one) => takenOut(one, 'q'),
    left: ['queues/q/settings/all', 'queues/q/work/count'],
  },
  {
    name: 'a queue that was removed',
    use: async (one) => {
      await takenOut(one, 'q');
      assert.equal(await one.queue('q').remove(), true);
    },
    left: [],
  },
  {
    name: 'a topic: what was told last, and how far its groups are',
    use: (one) => readThrough(one, 't'),
    left: ['topics/t/count/events', 'topics/t/groups/mail', 'topics/t/log', 'topics/t/told/last'],
  },
  {
    name: 'a topic that was removed',
    use: async (one) => {
      await readThrough(one, 't');
      assert.equal(await one.topic('t').remove(), true);
    },
    left: [],
  },
  {
    name: 'an id generator: how far its workers are',
    use: async (one) => {
      await using ids = one.idGenerator('i');
      await ids.next();
    },
    left: ['ids/i/marks/0'],
  },
  { name: 'a counter: its number', use: (one) => one.counter('c').add(), left: ['counters/c'] },
  {
    name: 'a counter that was deleted',
    use: async (one) => {
      await one.counter('c').add();
      assert.deepEqual([await one.counter('c').delete(), await one.counter('c').delete()], [true, false]);
    },
    left: [],
  },
  { name: 'a sequence: how far it is', use: (one) => one.sequence('s').next(), left: ['sequences/s'] },
  { name: 'an agreement: what was decided', use: (one) => one.agree('a', 1), left: ['agreements/a'] },
  {
    name: 'a value and a map: what is in them',
    use: async (one) => {
      await one.value('v').set(1);
      await one.map('m').set('kept', 1);
      await one.map('m').set('gone', 1);
      await one.map('m').delete('gone');
    },
    left: ['maps/m/kept', 'values/v'],
  },
  {
    name: 'a configuration: what is published, and its history',
    use: async (one) => {
      const config = one.config('c', { schema: anything });
      await config.publish({ a: 1 });
      await config.publish({ a: 2 });
    },
    left: ['configs/c/history/000000000001', 'configs/c/now/document'],
  },
];

for (const { name, use, left } of rows)
  test(`what is left of ${name}`, async () => {
    await using store = await connect('memory:');
    await using engine = await openQuorate(store);
    await using one = coordinate(engine);
    await using other = coordinate(engine);
    await use(one, other);
    await Promise.all([one.close(), other.close()]);
    assert.deepEqual(await keysOf(store), left);
  });

test('a queue in which something is, and a topic that is read, are not removed under their users', async () => {
  await using store = await connect('memory:');
  await using engine = await openQuorate(store);
  await using one = coordinate(engine);
  const queue = one.queue('q');
  await queue.put('first');
  assert.equal(await queue.remove(), false);
  const job = await queue.take();
  assert.equal(await queue.remove(), false);
  await job.done();
  assert.equal(await queue.remove(), true);
  assert.equal(await queue.remove(), true, 'nothing is there');
  const other = one.queue('q', { triesMax: 9 });
  await other.put('under other settings');
  assert.equal(await other.size(), 1);
});

test('a latch that was removed is a new one to whoever comes', async () => {
  await using store = await connect('memory:');
  await using engine = await openQuorate(store);
  await using one = coordinate(engine);
  const latch = one.latch('l', 1);
  await latch.countDown();
  await latch.remove();
  assert.equal(await one.latch('l', 3).countDown(), 2);
  await assert.rejects(latch.left(), { code: 'settings-differ' });
});

/** Sorted, without the prefix; of what is appended only where it lies, once. */
async function keysOf(store: Store): Promise<string[]> {
  const { entries } = await store.list({ prefix: '' });
  return [...new Set(entries.map(({ key }) => key.replace(/^quorate\//, '').replace(/\/ .*$/, '')))];
}
