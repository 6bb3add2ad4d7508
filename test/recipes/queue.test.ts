/** Queues: each item with one taker at a time, in order, never lost, and never for ever in the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { Latch } from '../../src/recipes/latch.ts';
import { Queue } from '../../src/recipes/queue.ts';
import type { QueueJob } from '../../src/recipes/queue-job.ts';
import { failsWith, throwsWith } from '../ports/expectations.ts';
import { byClock, MemoryGround } from './memory-ground.ts';
import { Town } from './town.ts';

test('items are taken oldest first, each by one, and are gone when they are done', async () => {
  await using ground = await MemoryGround.open();
  const queues = [1, 2].map(() => new Queue<number>(ground.program(), 'mails')) as [
    Queue<number>,
    Queue<number>,
  ];
  for (const item of [1, 2, 3]) await queues[0].put(item);
  const first = await queues[0].take();
  const second = await queues[1].take();
  assert.deepEqual([first.value, second.value], [1, 2]);
  await second.done();
  assert.equal(await queues[0].size(), 2);
  await first.done();
  const third = await queues[1].tryTake();
  assert.equal(third?.value, 3);
  assert.equal(await queues[0].tryTake(), undefined);
  await third?.done();
  assert.equal(await queues[0].size(), 0);
});

test('many takers at once: nothing is taken twice and nothing is left', async () => {
  await using ground = await MemoryGround.open();
  const queue = new Queue<number>(ground.program(), 'mails');
  for (let item = 0; item < 24; item += 1) await queue.put(item);
  const done: number[] = [];
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      const taker = new Queue<number>(ground.program(), 'mails');
      for (let job = await taker.tryTake(); job !== undefined; job = await taker.tryTake()) {
        done.push(job.value);
        await job.done();
      }
    }),
  );
  assert.deepEqual(
    done.toSorted((left, right) => left - right),
    Array.from({ length: 24 }, (_, at) => at),
  );
  assert.equal(await queue.size(), 0);
});

test('an item whose lease lives is not given to anybody else, however the taking is raced', async () => {
  await using ground = await MemoryGround.open();
  const fast = new Queue<string>(ground.program(), 'mails');
  await fast.put('only');
  let theirs: QueueJob<string> | undefined;
  // 1 the slow one has read that the item is free; 2 the fast one takes it; 3 the slow one's taking arrives.
  const before = async (): Promise<void> => {
    theirs ??= await fast.tryTake();
  };
  const slow = new Queue<string>(ground.program({ before }), 'mails');
  assert.equal(await slow.tryTake(), undefined);
  assert.equal(theirs?.isHeld, true);
  await theirs?.done();
  assert.equal(await fast.size(), 0);
});

test('what was finished in the meantime is not taken by who saw it before', async () => {
  await using ground = await MemoryGround.open();
  const fast = new Queue<string>(ground.program(), 'mails');
  await fast.put('only');
  let isFirst = true;
  const before = async (): Promise<void> => {
    if (!isFirst) return;
    isFirst = false;
    await (await fast.take()).done();
  };
  assert.equal(await new Queue<string>(ground.program({ before }), 'mails').tryTake(), undefined);
  assert.deepEqual((await ground.engine.list('queues/mails/items-0')).items, []);
});

test('who waits is woken by a new item, by one that is given back, and by the end of a taker', async () => {
  await using ground = await MemoryGround.open();
  const queue = new Queue<string>(ground.program(), 'mails');
  const dying = ground.program();
  const taking = new Queue<string>(dying, 'mails').take();
  await queue.put('a');
  const theirs = await taking;
  const waiting = queue.take();
  await dying.close();
  const ours = await waiting;
  assert.equal(ours.tries, 2);
  assert.ok(ours.fence.token > theirs.fence.token);
  await failsWith('not-held', theirs.done());
  const next = new Queue<string>(ground.program(), 'mails').take();
  await ours.giveBack();
  assert.equal((await next).tries, 3);
  await failsWith('deadline-exceeded', queue.take({ wait: 20 }));
});

test('a job that takes longer than its visibility is given back, unless it is extended', async () => {
  await using ground = await MemoryGround.open();
  const queue = new Queue<string>(ground.program(), 'mails');
  await queue.put('a');
  const slow = await queue.take({ visibility: 30 });
  const other = await new Queue<string>(ground.program(), 'mails').take();
  assert.equal(slow.isHeld, false);
  assert.equal(slow.signal.aborted, true);
  await failsWith('not-held', slow.done());
  throwsWith('not-held', () => slow.extend('1s'));
  other.extend('1h');
  assert.equal(other.isHeld, true);
  await other.done();
});

test('an item that fails too often goes to the dead letters, and can be put back or thrown away', async () => {
  await using ground = await MemoryGround.open();
  const queue = new Queue<string>(ground.program(), 'mails', { triesMax: 2 });
  await queue.put('poison');
  await queue.put('good');
  for (const tries of [1, 2]) {
    const job = await queue.take();
    assert.deepEqual([job.value, job.tries], ['poison', tries]);
    await job.giveBack();
  }
  const good = await queue.take();
  assert.equal(good.value, 'good');
  await good.done();
  const [letter] = await queue.deadLetters.list();
  assert.equal(letter?.text, '"poison"');
  assert.equal(await queue.size(), 1);

  assert.equal(await queue.deadLetters.revive(letter?.name ?? ''), true);
  assert.equal(await queue.deadLetters.revive(letter?.name ?? ''), false);
  const again = await queue.take();
  assert.deepEqual([again.value, again.tries], ['poison', 1]);
  await again.giveBack();
  await (await queue.take()).giveBack();
  assert.equal(await queue.tryTake(), undefined);
  const [last] = await queue.deadLetters.list();
  assert.equal(await queue.deadLetters.discard(last?.name ?? ''), true);
  assert.equal(await queue.deadLetters.discard(last?.name ?? ''), false);
  assert.equal(await queue.size(), 0);
});

test('an item that does not fit is nobody’s job, and is not in the way', async () => {
  await using ground = await MemoryGround.open();
  await new Queue<unknown>(ground.program(), 'mails').put({ to: 7 });
  const queue = new Queue(ground.program(), 'mails', { schema: z.object({ to: z.string() }) });
  await failsWith('value-invalid', queue.put({ to: 7 } as never));
  await queue.put({ to: 'x' });
  assert.equal((await queue.take()).value.to, 'x');
  assert.equal((await queue.deadLetters.list())[0]?.text, '{"to":7}');
});

test('priorities go in their order, and items of one priority in theirs', async () => {
  await using ground = await MemoryGround.open();
  const queue = new Queue<string>(ground.program(), 'mails', { priorities: 3 });
  await queue.put('later', { priority: 2 });
  await queue.put('soon 1', { priority: 1 });
  await queue.put('soon 2', { priority: 1 });
  await queue.put('now', { priority: 0 });
  const order: string[] = [];
  for await (const job of queue.jobs()) {
    order.push(job.value);
    await job.done();
    if (order.length === 4) break;
  }
  assert.deepEqual(order, ['now', 'soon 1', 'soon 2', 'later']);
  await failsWith('invalid-option', queue.put('x', { priority: 3 }));
});

test('a queue that is full refuses, also while it is raced, and who sees it otherwise is refused too', async () => {
  await using ground = await MemoryGround.open();
  const queues = [1, 2, 3].map(() => new Queue<number>(ground.program(), 'mails', { itemsMax: 2 }));
  const puts = await Promise.allSettled(queues.map((queue, at) => queue.put(at)));
  assert.equal(puts.filter(({ status }) => status === 'rejected').length, 1);
  const error = await failsWith('queue-full', (queues[0] as Queue<number>).put(3));
  assert.deepEqual(error.data, { queue: 'mails', limit: 2 });
  const job = await queues[0]?.take();
  await failsWith('queue-full', (queues[0] as Queue<number>).put(3));
  await job?.done();
  await queues[1]?.put(3);
  await failsWith('settings-differ', new Queue<number>(ground.program(), 'mails').put(1));
  throwsWith('invalid-option', () => new Queue(ground.program(), 'mails', { triesMax: 0 }));
});

test('answers that are lost: a taking is undone, and a finishing is found done', async () => {
  await using ground = await MemoryGround.open();
  const queue = new Queue<string>(ground.program(), 'mails');
  await queue.put('a');
  let losses = 0;
  const losesAnswer = ({
    operations,
  }: {
    readonly operations: readonly { readonly kind: string }[];
  }): boolean => losses > 0 && operations.length > 1 && losses-- > 0;
  const unlucky = new Queue<string>(ground.program({ losesAnswer }), 'mails');
  losses = 1;
  await failsWith('engine-unreachable', unlucky.tryTake());
  const job = await unlucky.take();
  assert.equal(job.tries, 2);
  losses = 1;
  await job.done();
  assert.equal(losses, 0);
  assert.equal(await queue.size(), 0);
  assert.equal(await queue.tryTake(), undefined);
});

test('any number of items that do not fit or have failed too often keep nobody from what lies behind them', async () => {
  await using ground = await MemoryGround.open();
  const careless = new Queue<unknown>(ground.program(), 'mails');
  for (let item = 0; item < 20; item += 1) await careless.put(item);
  await careless.put('for you');
  await careless.put('for you too');
  const queue = new Queue(ground.program(), 'mails', { schema: z.string() });
  assert.equal((await queue.tryTake())?.value, 'for you');
  assert.equal((await queue.take({ wait: '5s' })).value, 'for you too');
  assert.equal((await queue.deadLetters.list()).length, 20);
});

test('who is outrun at all that he has seen looks again before he says that there is nothing', async () => {
  await using ground = await MemoryGround.open();
  const fast = new Queue<number>(ground.program(), 'mails');
  for (let item = 0; item < 12; item += 1) await fast.put(item);
  // Whatever the slow one is about to take, the fast one takes before, ten times.
  let outrun = 0;
  const before = async (): Promise<void> => {
    if (outrun < 10) assert.equal((await fast.tryTake())?.value, outrun++);
  };
  const slow = new Queue<number>(ground.program({ before }), 'mails');
  assert.equal((await slow.tryTake())?.value, 10);
});

test('who does not know whether a job was finished hears that it may have been', async () => {
  await using ground = await MemoryGround.open();
  let [isSilent, nowMs] = [false, 0];
  const losesAnswer = (): boolean => {
    if (isSilent) nowMs += 10_000;
    return isSilent;
  };
  const engine = byClock(ground.engine, { now: () => nowMs });
  const queue = new Queue<string>(ground.program({ engine, losesAnswer }), 'mails');
  await queue.put('a');
  const job = await queue.take();
  isSilent = true;
  const error = await failsWith('deadline-exceeded', job.done());
  assert.equal(error.outcome, 'unknown');
  assert.equal(await queue.size(), 0);
});

test('who takes under a session that has ended unheard takes under the next one', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const queue = coordination.queue<string>('mails');
  await queue.put('a');
  await (await queue.take()).giveBack();
  await engine.sessions[0]?.endUnheard();
  const taking = queue.take();
  await engine.pass(20_000);
  assert.equal((await taking).value, 'a');
});

test('the time of a job whose program is closed leaves no timer behind', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const queue = coordination.queue<string>('mails');
  await queue.put('a');
  await queue.take({ visibility: '5m' });
  await coordination.close();
  assert.equal(engine.clock.timers, 0);
});

test('what a call asks of the engine shares its deadline', async () => {
  await using ground = await MemoryGround.open();
  let nowMs = 0;
  const left: unknown[] = [];
  const before = async ({ deadline }: { readonly deadline?: unknown }): Promise<void> => {
    left.push(deadline);
    nowMs += 400;
  };
  const engine = byClock(ground.engine, { now: () => nowMs });
  const program = ground.program({ engine, before });
  await new Queue<string>(program, 'mails').put('a', { deadline: 1_000 });
  await new Latch(program, 'loaded', 2).countDown({ deadline: 1_000 });
  assert.deepEqual(left, [1_000, 600, 1_000, 600]);
});
