/** Queues and topics: nothing lost, nothing with two at once, and again to another where somebody died. */
import { check, refusal, same } from '../../engines/conformance/index.ts';
import type { TopicEvent } from '../topic-group.ts';
import { at, next, numbersTo, programs, type RecipeStory, shortTtlMs } from './story.ts';

export const queueStories: readonly RecipeStory[] = [
  {
    recipe: 'queue',
    name: 'many who take at once have each item once, and nothing is left',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const queues = many.map(({ recipes }) => recipes.queue<number>(stage.name));
      for (const item of numbersTo(12)) await at(queues, 0).put(item);
      const done: number[] = [];
      const working = queues.map(async (queue) => {
        while (true) {
          const job = await queue.tryTake({ deadline: '30s' });
          if (job === undefined) return;
          done.push(job.value);
          await job.done({ deadline: '30s' });
        }
      });
      await Promise.all(working);
      same(
        done.toSorted((left, right) => left - right),
        numbersTo(12),
        'what was done',
      );
      same(await at(queues, 2).size(), 0, 'what is left');
    },
  },
  {
    recipe: 'queue',
    name: 'an item whose taker stands still goes to the next one, and the first cannot finish it',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const queue = first.recipes.queue<string>(stage.name);
      await queue.put('work');
      const job = await queue.take({ ttl: shortTtlMs(first) });
      const waiting = second.recipes.queue<string>(stage.name).take();
      first.standStill();
      const again = await waiting;
      same([again.value, again.tries, again.isHeld], ['work', 2, true], 'the job of the next one');
      same([job.signal.aborted, job.isHeld], [true, false], 'what the first one is told');
      check(again.fence.token > job.fence.token, 'the next token is larger');
      first.goOn();
      same(await refusal(job.done(), 'what the first one says is done'), 'not-held', 'its code');
      await again.done();
      same(await queue.size(), 0, 'what is left');
    },
  },
  {
    recipe: 'queue',
    name: 'what is given back too often lies with the dead letters until somebody revives it',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const [one, two] = [first, second].map(({ recipes }) =>
        recipes.queue<string>(stage.name, { triesMax: 2, itemsMax: 2 }),
      );
      check(one !== undefined && two !== undefined, 'both are there');
      await one.put('poison');
      for (const queue of [one, two]) await (await queue.take()).giveBack();
      await two.put('good');
      const job = await one.take();
      same(job.value, 'good', 'what is taken');
      same(await refusal(two.put('more'), 'more than it takes'), 'queue-full', 'its code');
      await job.done();
      const letters = await two.deadLetters.list();
      same(
        letters.map(({ text }) => text),
        ['"poison"'],
        'the dead letters',
      );
      const waiting = one.take();
      same(await two.deadLetters.revive(at(letters, 0).name), true, 'whether it was there');
      const revived = await waiting;
      same([revived.value, revived.tries], ['poison', 1], 'what is taken then');
      await revived.done();
    },
  },
  {
    recipe: 'priority queue',
    name: 'what is urgent goes first, and what is as urgent in the order of coming',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const queue = first.recipes.priorityQueue<string>(stage.name);
      const put: readonly (readonly [string, number])[] = [
        ['c', 2],
        ['b1', 1],
        ['a', 0],
        ['b2', 1],
      ];
      for (const [value, priority] of put) await queue.put(value, { priority });
      const order: string[] = [];
      for await (const job of second.recipes.priorityQueue<string>(stage.name).jobs()) {
        order.push(job.value);
        await job.done();
        if (order.length === put.length) break;
      }
      same(order, ['a', 'b1', 'b2', 'c'], 'the order');
    },
  },
  {
    recipe: 'topic',
    name: 'what is told reaches all who listen',
    run: async (stage) => {
      const many = await programs(stage, 3);
      const topics = many.map(({ recipes }) => recipes.topic<string>(stage.name));
      const listening = await Promise.all(topics.map((topic) => topic.listen()));
      await at(topics, 0).tell('news');
      for (const readings of listening) same(await next(readings), 'news', 'what is heard');
      await Promise.all(listening.map((readings) => readings.return()));
    },
  },
  {
    recipe: 'topic',
    name: 'each group has every event in order, and what was not done comes again to the next reader',
    run: async (stage) => {
      const [first, second] = [await stage.program(), await stage.program()];
      const [one, two] = [first, second].map(({ recipes }) => recipes.topic<number>(stage.name));
      check(one !== undefined && two !== undefined, 'both are there');
      const ttl = shortTtlMs(first);
      await Promise.all([one.group('mail', { ttl }).begin(), two.group('audit').begin()]);
      for (const value of numbersTo(4)) await one.publish(value);
      const reading = one.group('mail', { ttl }).events();
      const begun = [await next(reading), await next(reading)];
      await at(begun, 0).done();
      const over = new AbortController();
      const following = two.group('mail').events({ signal: over.signal });
      const following1 = next(following);
      first.standStill();
      const again = await following1;
      same([again.value, at(begun, 1).signal.aborted], [2, true], 'what comes again, and who reads');
      await again.done();
      first.goOn();
      same(await refusal(at(begun, 1).done(), 'what the first reader says'), 'not-held', 'its code');
      same(await readTo(following, 4), [3, 4], 'what comes next');
      const audit = two.group('audit').events({ signal: over.signal });
      same(await readTo(audit, 4), numbersTo(4), 'what the other group has');
      await Promise.all([audit.return(undefined as never), following.return(undefined as never)]);
    },
  },
];

async function readTo(events: AsyncIterator<TopicEvent<number>>, last: number): Promise<number[]> {
  const values: number[] = [];
  while (values.at(-1) !== last) {
    const event = await next(events);
    values.push(event.value);
    await event.done();
  }
  return values;
}
